#include "connectors/streams/stream_body.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "connectors/text_keys.h"
#include "data/types.h"
#include "formats/row_builder.h"

namespace thalweg::connectors {

using component::OptionsOf;
using component::Value;
using formats::StreamFormat;

namespace {

using Notes = OptionsOf<StreamColumn>::Notes;

const std::map<std::string_view, Notes, std::less<>>& AllNotes() {
  static const std::map<std::string_view, Notes, std::less<>> notes = {
      {"format",
       {.doc = "ndjson (or json): one object a line; csv; arrow: the Arrow IPC streaming format; "
               "lines: each line as one text.",
        .default_text = "ndjson",
        .choices = {"ndjson", "json", "csv", "arrow", "lines"}}},
      {"columns",
       {.doc =
            "Columns by name, each with its type: nothing is found from a sample. Other keys and "
            "fields are left out. lines: none, or one varchar.",
        .example = "{ad_id: varchar, ts: {type: timestamptz, from: epoch_ms}}"}},
      {"delimiter",
       {.doc = "csv: between two fields, 1 to 4 bytes.",
        .default_text = "\",\"",
        .example = "\";\""}},
      {"quote", {.doc = "csv: around fields; empty: no field is quoted.", .default_text = "'\"'"}},
      {"escape",
       {.doc = "csv: in front of a quote inside of quotes.",
        .default_text = "the quote",
        .example = "\"\\\\\""}},
      {"header",
       {.doc =
            "csv: whether the first line names the fields. Without it columns have a position, or "
            "stand in the order of \"columns\".",
        .default_text = "true"}},
      {"skip", {.doc = "csv: lines in front of the header or the first row.", .default_text = "0"}},
      {"nulls",
       {.doc = "csv: texts that stand for null, quoted or not.",
        .default_text = "[\"\"]",
        .example = "[\"\", NA]",
        .scalar_or_list = true}},
      {"date_format",
       {.doc = "How dates are written, as a strptime form.",
        .default_text = "ISO 8601",
        .example = "\"%d.%m.%Y\""}},
      {"timestamp_format",
       {.doc = "How timestamps are written, as a strptime form.",
        .default_text = "ISO 8601",
        .example = "\"%d.%m.%Y %H:%M\""}},
      {"bad_rows",
       {.doc = "A row that cannot be read as declared fails the node, is dropped, or goes to the "
               "table <node>_rejects.",
        .default_text = "fail",
        .choices = {"fail", "drop", "quarantine"}}},
      {"max_bad_rows",
       {.doc = "More bad rows than this fail the node: a number, or a share of all rows.",
        .example = "0.1%",
        .changes_rows = false}},
  };
  return notes;
}

void CheckColumn(const std::string& name, const StreamColumn& column, const Value::Entry& entry,
                 const formats::StreamDecoding& decoding, Diagnostics& diagnostics) {
  if (!column.type) {
    return diagnostics.Error("missing-type", fmt::format("column \"{}\" has no type", name),
                             entry.key_span, {}, "write name: type, for example id: bigint");
  }
  if (column.position && (*column.position < 1 || decoding.format != StreamFormat::kCsv)) {
    diagnostics.Error("bad-value", "\"position\" is for csv, and counts from 1",
                      PlaceOfKey(entry.value, "position"));
  }
  if (const Status status = data::CheckStorable({0, name, column.type->text}); !status.ok()) {
    return Report(status, PlaceOfKey(entry.value, "type"), diagnostics);
  }
  const auto rows = formats::RowBuilder::Make({decoding.columns.back()}, decoding.csv.times);
  if (!rows.ok()) Report(rows.status(), entry.value.span(), diagnostics);
}

}  // namespace

const Notes& StreamNote(std::string_view field) {
  const auto found = AllNotes().find(field);
  TW_CHECK(found != AllNotes().end());
  return found->second;
}

OptionsOf<StreamColumn> StreamColumn::Describe() {
  return OptionsOf<StreamColumn>("column",
                                 "How a column is read. A type alone may stand in its place.")
      .Field("type", &StreamColumn::type,
             {.doc = "SQL type. Values that are not of it make a bad row.", .example = "bigint"})
      .Field("from", &StreamColumn::from,
             {.doc = "How a date or time is written: epoch_s, epoch_ms, epoch_us, epoch_ns, or a "
                     "strptime form.",
              .default_text = "ISO 8601",
              .example = "epoch_ms"})
      .Field("position", &StreamColumn::position,
             {.doc = "csv: number of the field in the row, from 1, instead of its name in the "
                     "header.",
              .example = "3"})
      .Field("default", &StreamColumn::default_value,
             {.doc = "Stands for a null or a missing value; written as the text would.",
              .example = "\"0\""})
      .Shorthand("type");
}

bool StreamSourceKeys::CheckStream(const Value& body, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  decoding.format = formats::StreamFormatOf(format).value_or(StreamFormat::kNdjson);
  if (decoding.format != StreamFormat::kCsv) {
    RefuseKeys(body, {"delimiter", "quote", "escape", "header", "skip", "nulls"}, "csv", format,
               diagnostics);
  }
  if (decoding.format == StreamFormat::kArrow || decoding.format == StreamFormat::kLines) {
    RefuseKeys(body, {"date_format", "timestamp_format"}, "csv and ndjson", format, diagnostics);
  }
  CheckDelimiter(body, delimiter, diagnostics);
  CheckOneByte(body, "quote", quote, diagnostics);
  CheckOneByte(body, "escape", escape, diagnostics);
  if (skip < 0) {
    diagnostics.Error("bad-value", "\"skip\" must not be negative", PlaceOfKey(body, "skip"));
  }
  auto& csv = decoding.csv;
  csv.dialect.delimiter = delimiter;
  csv.dialect.quote = quote.empty() ? '\0' : quote.front();
  csv.dialect.escape = !escape ? csv.dialect.quote : escape->empty() ? '\0' : escape->front();
  csv.header = header;
  csv.skip = skip;
  if (!nulls.empty()) csv.nulls = nulls;
  csv.times = {date_format, timestamp_format};
  csv.only_declared = true;

  std::set<std::string> names;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& [name, column] = columns[i];
    const Value::Entry& entry = body.Find("columns")->entries()[i];
    formats::TextColumnSpec spec{.name = name,
                                 .type = column.type ? column.type->text : std::string(),
                                 .from = column.from,
                                 .position = static_cast<int>(column.position.value_or(0))};
    if (column.default_value) spec.default_text = column.default_value->text;
    decoding.columns.push_back(std::move(spec));
    CheckColumn(name, column, entry, decoding, diagnostics);
  }
  if (columns.empty() && decoding.format != StreamFormat::kLines) {
    diagnostics.Error("no-columns", "no columns are declared", PlaceOfKey(body, "columns"), {},
                      "write columns: {name: type, ...}: a stream cannot be looked at beforehand");
  } else if (diagnostics.errors() == before) {
    const auto decoder = formats::MakeDecoder(decoding);
    if (!decoder.ok()) Report(decoder.status(), PlaceOfKey(body, "columns"), diagnostics);
  }
  rejects = ReadRejectPolicy(body, bad_rows, max_bad_rows, diagnostics);
  return diagnostics.errors() == before;
}

bool StreamTargetKeys::CheckStream(const Value& body, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  encoding.format = formats::StreamFormatOf(format).value_or(StreamFormat::kNdjson);
  encoding.csv = {.delimiter = delimiter, .header = header, .null = nulls};
  if (encoding.format != StreamFormat::kCsv) {
    RefuseKeys(body, {"header", "delimiter", "nulls"}, "csv", format, diagnostics);
  }
  CheckDelimiter(body, delimiter, diagnostics);
  return diagnostics.errors() == before;
}

}  // namespace thalweg::connectors
