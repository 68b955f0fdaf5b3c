#include "connectors/files/options.h"

#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "connectors/text_keys.h"
#include "data/type_tree.h"
#include "data/types.h"
#include "formats/column_builder.h"
#include "formats/compression.h"
#include "formats/row_builder.h"

namespace thalweg::connectors {

using component::OptionsOf;
using component::Value;

namespace {

constexpr std::array<std::pair<std::string_view, FileFormat>, 8> kEndings = {{
    {".csv", FileFormat::kCsv},
    {".tsv", FileFormat::kCsv},
    {".txt", FileFormat::kCsv},
    {".json", FileFormat::kJson},
    {".ndjson", FileFormat::kNdjson},
    {".jsonl", FileFormat::kNdjson},
    {".parquet", FileFormat::kParquet},
    {".pq", FileFormat::kParquet},
}};

std::optional<FileFormat> FormatByName(std::string_view name) {
  for (const FileFormat format :
       {FileFormat::kCsv, FileFormat::kJson, FileFormat::kNdjson, FileFormat::kParquet}) {
    if (name == ToString(format)) return format;
  }
  return std::nullopt;
}

class SourceChecker {
 public:
  SourceChecker(FilesSourceBody& body, const Value& value, Diagnostics& diagnostics)
      : body_(body), value_(value), diagnostics_(diagnostics) {}

  void CheckAll() {
    if (body_.files.empty()) {
      diagnostics_.Error("empty-value", "\"files\" names no file", PlaceOfKey(value_, "files"), {},
                         "write a path or a pattern, or a list of them");
    }
    for (const std::string& file : body_.files) {
      if (file.empty())
        diagnostics_.Error("empty-value", "a name in \"files\" is empty",
                           PlaceOfKey(value_, "files"));
    }
    CheckText();
    CheckColumns();
    body_.rejects = ReadRejectPolicy(value_, body_.bad_rows, body_.max_bad_rows, diagnostics_);
    const auto format = KnownFormat();
    if (format == FileFormat::kParquet) {
      RefuseKeys(value_,
                 {"date_format", "timestamp_format", "compression", "encoding", "bad_rows",
                  "max_bad_rows"},
                 "csv, json and ndjson", ToString(*format), diagnostics_);
    }
    if (format && *format != FileFormat::kCsv) {
      RefuseKeys(value_, {"delimiter", "quote", "escape", "header", "skip", "nulls"}, "csv",
                 ToString(*format), diagnostics_);
    }
  }

 private:
  /// What the pipeline file alone says about it.
  std::optional<FileFormat> KnownFormat() const {
    if (body_.format != "auto") return FormatByName(body_.format);
    std::optional<FileFormat> common;
    for (const std::string& file : body_.files) {
      const auto format = FormatOfPath(file);
      if (!format || (common && *common != *format)) return std::nullopt;
      common = format;
    }
    return common;
  }

  void CheckText() {
    CheckOneByte(value_, "quote", body_.quote, diagnostics_);
    CheckOneByte(value_, "escape", body_.escape, diagnostics_);
    if (body_.delimiter) CheckDelimiter(value_, *body_.delimiter, diagnostics_);
    if (body_.skip < 0) {
      diagnostics_.Error("bad-value", "\"skip\" must not be negative", PlaceOfKey(value_, "skip"));
    }
    const auto encoding = formats::TextEncodingOf(body_.encoding);
    if (encoding.ok()) {
      body_.text_encoding = *encoding;
    } else {
      Report(encoding.status(), PlaceOfKey(value_, "encoding"), diagnostics_);
    }
    CheckForm("date_format", body_.date_format, "date");
    CheckForm("timestamp_format", body_.timestamp_format, "timestamp");
  }

  void CheckForm(std::string_view key, const std::string& form, std::string type) {
    if (form.empty()) return;
    const auto rows = formats::RowBuilder::Make(
        {{.name = std::string(key), .type = std::move(type), .from = form}}, {});
    if (!rows.ok()) Report(rows.status(), PlaceOfKey(value_, key), diagnostics_);
  }

  void CheckColumns() {
    const Value* columns = value_.Find("columns");
    if (columns == nullptr) return;
    std::set<std::string> names;
    for (std::size_t i = 0; i < body_.columns.size(); ++i) {
      const auto& [name, options] = body_.columns[i];
      const Value::Entry& entry = columns->entries()[i];
      if (name.empty()) diagnostics_.Error("empty-value", "a column has no name", entry.key_span);
      if (!names.insert(ToLower(name)).second) {
        diagnostics_.Error("repeated-column", fmt::format("column \"{}\" stands twice", name),
                           entry.key_span, {}, "names of columns differ in more than case");
      }
      CheckColumn(name, options, entry);
    }
    if (!body_.file_name.empty() && names.contains(ToLower(body_.file_name))) {
      diagnostics_.Error("repeated-column", "\"file_name\" names a column of the file",
                         PlaceOfKey(value_, "file_name"));
    }
  }

  void CheckColumn(const std::string& name, const FileColumnOptions& options,
                   const Value::Entry& entry) {
    if (options.position && *options.position < 1) {
      diagnostics_.Error("bad-value", "\"position\" counts from 1",
                         PlaceOfKey(entry.value, "position"));
    }
    if (!options.type) {
      if (!options.from.empty()) {
        diagnostics_.Error("missing-type",
                           fmt::format("column \"{}\" has \"from\" and no type", name),
                           entry.key_span, {}, "add type: timestamptz, timestamp or date");
      }
      return;
    }
    if (const Status status = data::CheckStorable({0, name, options.type->text}); !status.ok()) {
      return Report(status, PlaceOfKey(entry.value, "type"), diagnostics_);
    }
    const auto type = data::ParseType(options.type->text);
    if (type.ok() && !type->children.empty() && KnownFormat() == FileFormat::kCsv) {
      diagnostics_.Error("nested-column", "delimited text holds no lists, structs or maps",
                         PlaceOfKey(entry.value, "type"), {},
                         "declare it json, and take it apart in SQL");
      return;
    }
    formats::TextColumnSpec spec{.name = name, .type = options.type->text, .from = options.from};
    if (options.default_value) spec.default_text = options.default_value->text;
    const auto rows =
        formats::RowBuilder::Make({spec}, {body_.date_format, body_.timestamp_format});
    if (!rows.ok()) Report(rows.status(), entry.value.span(), diagnostics_);
  }

  FilesSourceBody& body_;
  const Value& value_;
  Diagnostics& diagnostics_;
};

}  // namespace

std::string_view ToString(FileFormat format) {
  switch (format) {
    case FileFormat::kCsv:
      return "csv";
    case FileFormat::kJson:
      return "json";
    case FileFormat::kNdjson:
      return "ndjson";
    case FileFormat::kParquet:
      break;
  }
  return "parquet";
}

std::optional<FileFormat> FormatOfPath(std::string_view path) {
  const std::string plain = ToLower(formats::WithoutCompressionEnding(path));
  for (const auto& [ending, format] : kEndings) {
    if (plain.ends_with(ending)) return format;
  }
  return std::nullopt;
}

std::string_view KnownEndings() {
  return ".csv .tsv .txt .json .ndjson .jsonl .parquet .pq, and .gz or .zst behind them";
}

OptionsOf<FileColumnOptions> FileColumnOptions::Describe() {
  return OptionsOf<FileColumnOptions>("column",
                                      "How a column is read. A type alone may stand in its place.")
      .Field("type", &FileColumnOptions::type,
             {.doc = "SQL type. In text, values that are not of it make a bad row; without it the "
                     "type is found from a sample. csv has no lists, structs and maps: declare "
                     "json.",
              .example = "integer"})
      .Field(
          "from", &FileColumnOptions::from,
          {.doc =
               "Text: how a date or time is written: epoch_s, epoch_ms, epoch_us, epoch_ns, or a "
               "strptime form.",
           .default_text = "ISO 8601",
           .example = "\"%d.%m.%Y\""})
      .Field("position", &FileColumnOptions::position,
             {.doc = "csv: number of the field in the row, from 1, instead of its name in the "
                     "header.",
              .example = "3"})
      .Field("default", &FileColumnOptions::default_value,
             {.doc = "Text: stands for a null or a missing value; written as the file would.",
              .example = "\"0\""})
      .Shorthand("type");
}

OptionsOf<FilesSourceBody> FilesSourceBody::Describe() {
  return OptionsOf<FilesSourceBody>("files", "Files on a disk.")
      .Field("files", &FilesSourceBody::files,
             {.doc = "Path or pattern (* ? [a-z] {a,b} **), or a list of them; from the directory "
                     "of the pipeline file. Parquet files are referred to where they lie, not "
                     "copied: once one is changed or removed, earlier versions of the table cannot "
                     "be read any more.",
              .example = "data/*.csv",
              .required = true,
              .scalar_or_list = true})
      .Field("format", &FilesSourceBody::format,
             {.doc = "json: an array of objects, or objects one after another; ndjson: one object "
                     "a line.",
              .default_text = "auto",
              .example = "csv",
              .choices = {"auto", "csv", "json", "ndjson", "parquet"}})
      .Field("columns", &FilesSourceBody::columns,
             {.doc = "Columns by name. A declared type wins over what a text looks like. Parquet "
                     "columns have a type of their own: what is declared must be that type.",
              .example = "{dep_delay: integer, time_hour: timestamptz}"})
      .Field("only_declared", &FilesSourceBody::only_declared,
             {.doc = "Keep only the columns that are declared.", .default_text = "false"})
      .Field(
          "delimiter", &FilesSourceBody::delimiter,
          {.doc = "csv: between two fields, 1 to 4 bytes. Without it, it is found from a sample.",
           .example = "\";\""})
      .Field("quote", &FilesSourceBody::quote,
             {.doc = "csv: around fields; empty: no field is quoted.", .example = "\"'\""})
      .Field("escape", &FilesSourceBody::escape,
             {.doc = "csv: in front of a quote inside of quotes.", .example = "\"\\\\\""})
      .Field("header", &FilesSourceBody::header,
             {.doc = "csv: whether the first line names the fields. Without it, it is found from a "
                     "sample."})
      .Field("skip", &FilesSourceBody::skip,
             {.doc = "csv: lines in front of the header or the first row.", .default_text = "0"})
      .Field("nulls", &FilesSourceBody::nulls,
             {.doc = "csv: texts that stand for null, quoted or not.",
              .default_text = "[\"\"]",
              .example = "[\"\", NA]",
              .scalar_or_list = true})
      .Field("date_format", &FilesSourceBody::date_format,
             {.doc = "How dates are written, as a strptime form.",
              .default_text = "ISO 8601",
              .example = "\"%d.%m.%Y\""})
      .Field("timestamp_format", &FilesSourceBody::timestamp_format,
             {.doc = "How timestamps are written, as a strptime form.",
              .default_text = "ISO 8601",
              .example = "\"%d.%m.%Y %H:%M\""})
      .Field("compression", &FilesSourceBody::compression,
             {.doc = "auto: by the ending.",
              .default_text = "auto",
              .choices = {"auto", "none", "gzip", "zstd"}})
      .Field("encoding", &FilesSourceBody::encoding,
             {.doc = "utf-8, latin-1, windows-1252, utf-16, utf-16le or utf-16be. Other than "
                     "utf-8, columns that are not "
                     "declared are varchar.",
              .default_text = "utf-8"})
      .Field("file_name", &FilesSourceBody::file_name,
             {.doc = "Adds a varchar column of this name with the path of the row's file.",
              .example = "source_file"})
      .Field("bad_rows", &FilesSourceBody::bad_rows,
             {.doc = "A row that cannot be read as declared fails the node, is dropped, or goes to "
                     "the table <node>_rejects.",
              .default_text = "fail",
              .choices = {"fail", "drop", "quarantine"}})
      .Field("max_bad_rows", &FilesSourceBody::max_bad_rows,
             {.doc = "More bad rows than this fail the node: a number, or a share of all rows.",
              .example = "0.1%",
              .changes_rows = false});
}

bool FilesSourceBody::Check(const Value& body, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  written = body;
  SourceChecker(*this, body, diagnostics).CheckAll();
  return diagnostics.errors() == before;
}

Span FilesSourceBody::SpanOf(std::string_view key) const {
  return PlaceOfKey(written, key);
}

Span FilesSourceBody::SpanOfColumn(std::size_t n) const {
  const Value* declared = written.Find("columns");
  if (declared == nullptr || n >= declared->entries().size()) return SpanOf("files");
  return declared->entries()[n].key_span;
}

Status WithPlaceOf(const Status& status, const Span& span) {
  return status.ok() || status.place() || !span.source ? status : status.WithPlace(span.ToPlace());
}

OptionsOf<FilesTargetBody::Roll> FilesTargetBody::Roll::Describe() {
  return OptionsOf<Roll>("roll", "When a file is closed and the next one begun.")
      .Field("size", &Roll::size,
             {.doc = "At about so many bytes.", .example = "64MB", .required = true})
      .Shorthand("size");
}

OptionsOf<FilesTargetBody> FilesTargetBody::Describe() {
  return OptionsOf<FilesTargetBody>("files", "A file, replaced as a whole.")
      .Field("files", &FilesTargetBody::files,
             {.doc = "Path from the directory of the pipeline file. With a / at its end, a "
                     "directory of files that is "
                     "replaced as a whole, or added to with write: append.",
              .example = "out/report.parquet",
              .required = true})
      .Field("format", &FilesTargetBody::format,
             {.doc = "auto: by the ending; parquet for a directory. json is one array, ndjson one "
                     "object a line.",
              .default_text = "auto",
              .choices = {"auto", "csv", "json", "ndjson", "parquet"}})
      .Field(
          "codec", &FilesTargetBody::codec,
          {.doc =
               "Compression. auto: zstd inside of Parquet files; text by the ending (.gz, .zst).",
           .default_text = "auto",
           .choices = {"auto", "none", "gzip", "snappy", "zstd"}})
      .Field("header", &FilesTargetBody::header,
             {.doc = "csv: whether the first line names the columns.", .default_text = "true"})
      .Field("delimiter", &FilesTargetBody::delimiter,
             {.doc = "csv: between two fields.", .default_text = "\",\"", .example = "\";\""})
      .Field("nulls", &FilesTargetBody::nulls,
             {.doc = "csv: the text of a null.", .default_text = "\"\"", .example = "NA"})
      .Field("max_rows_per_file", &FilesTargetBody::max_rows_per_file,
             {.doc = "A directory: rows in each of its files. Without it there is one file.",
              .example = "1000000"})
      .Field("roll", &FilesTargetBody::roll,
             {.doc = "A directory with write: append: begins another file inside of an epoch. "
                     "Without it an epoch has one file.",
              .example = "{size: 64MB}"});
}

bool FilesTargetBody::Check(const Value& body, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  directory = files.ends_with('/');
  if (files.empty())
    diagnostics.Error("empty-value", "\"files\" names no file", PlaceOfKey(body, "files"));
  const auto known = format != "auto" ? FormatByName(format)
                     : directory      ? FileFormat::kParquet
                                      : FormatOfPath(files);
  if (known) {
    file_format = *known;
  } else if (!files.empty()) {
    diagnostics.Error("unknown-format", "the name does not tell the format of the file",
                      PlaceOfKey(body, "files"), "add format: csv, json, ndjson or parquet",
                      fmt::format("known endings: {}", KnownEndings()));
  }
  if (known && *known != FileFormat::kCsv) {
    RefuseKeys(body, {"header", "delimiter", "nulls"}, "csv", ToString(*known), diagnostics);
  }
  if (body.Find("delimiter") != nullptr) CheckDelimiter(body, delimiter, diagnostics);
  const bool parquet = known == FileFormat::kParquet;
  if (!parquet && codec == "snappy") {
    diagnostics.Error("bad-value", "snappy is for parquet files", PlaceOfKey(body, "codec"),
                      "write gzip or zstd");
  }
  if (parquet && formats::WithoutCompressionEnding(files).size() != files.size()) {
    diagnostics.Error("bad-value", "Parquet is compressed inside: its name needs no other ending",
                      PlaceOfKey(body, "files"),
                      "write .parquet, and codec: gzip or zstd if you like");
  }
  if (roll && (!directory || roll->size.value < 1)) {
    diagnostics.Error("bad-value", "\"roll\" is for a directory, and its size is positive",
                      PlaceOfKey(body, "roll"));
  }
  if (max_rows_per_file && (!directory || *max_rows_per_file < 1)) {
    diagnostics.Error("bad-value",
                      directory ? "\"max_rows_per_file\" must be positive"
                                : "\"max_rows_per_file\" is for a directory: its name ends in /",
                      PlaceOfKey(body, "max_rows_per_file"));
  }
  return diagnostics.errors() == before;
}

}  // namespace thalweg::connectors
