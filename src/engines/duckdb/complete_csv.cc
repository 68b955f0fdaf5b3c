#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/diagnostic.h"
#include "data/types.h"
#include "engines/duckdb/complete_scan.h"
#include "engines/duckdb/text_blocks.h"
#include "engines/duckdb/type_guess.h"
#include "formats/byte_stream.h"
#include "formats/utf8_text.h"

namespace thalweg::engines {
namespace {

using component::CsvScan;
using component::TextColumn;

constexpr std::size_t kCsvSample = 4 << 20;
constexpr std::size_t kHeadBytes = 64 << 10;
constexpr std::size_t kDialectRows = 200;
constexpr std::int64_t kSampleRows = 20'000;

/// The first bytes of a file.
struct Beginning {
  std::string text;
  bool whole = false;  ///< nothing follows
};

Result<Beginning> ReadBeginning(FileSystem& files, const CsvScan& scan, const std::string& path,
                                std::size_t bytes) {
  TW_ASSIGN_OR_RETURN(const formats::Compression compression,
                      formats::CompressionOf(scan.compression, path));
  TW_ASSIGN_OR_RETURN(const auto stream,
                      formats::OpenText(files, path, compression, formats::TextEncoding::kUtf8));
  Beginning beginning;
  while (!beginning.whole && beginning.text.size() < bytes) {
    TW_ASSIGN_OR_RETURN(const bool more,
                        stream->Read(bytes - beginning.text.size(), &beginning.text));
    beginning.whole = !more;
  }
  if (beginning.text.find('\0') != std::string::npos) {
    return Status::Invalid(fmt::format("{}: this is not text: it holds zero bytes", path))
        .WithSlug("not-text")
        .WithHint("is it compressed, a Parquet file, or in another encoding than UTF-8?");
  }
  return beginning;
}

/// Rows of fields at the beginning of a text; the last row is left out when it may go on.
class SampleRows {
 public:
  SampleRows(const CsvScan& scan, std::string_view text, bool whole)
      : splitter_(DialectOf(scan)), rest_(text), whole_(whole) {}

  /// False: no more. Rows that are not well formed, and empty ones, are passed over.
  bool Next(std::vector<std::string>* fields) {
    fields->clear();
    while (splitter_.Find(rest_, whole_)) {
      const bool good = splitter_.error().empty() && !splitter_.blank();
      if (good) {
        for (const auto& field : splitter_.fields())
          fields->emplace_back(splitter_.Text(rest_, field, &scratch_));
      }
      rest_.remove_prefix(splitter_.size());
      splitter_.Next();
      if (good) return true;
    }
    return false;
  }

 private:
  formats::CsvSplitter splitter_;
  std::string_view rest_;
  const bool whole_;
  std::string scratch_;
};

/// Everything behind the lines to skip.
Result<std::string_view> BehindSkipped(const CsvScan& scan, const Beginning& beginning) {
  CsvScan headless = scan;
  headless.header = false;
  TW_ASSIGN_OR_RETURN(const auto head, FindCsvHead(headless, beginning.text, true));
  return std::string_view(beginning.text).substr(static_cast<std::size_t>(head->rows.offset));
}

/// How many of the first rows have the most frequent number of fields, and that number.
std::pair<std::size_t, std::size_t> Regularity(const CsvScan& scan, std::string_view text,
                                               bool whole) {
  SampleRows rows(scan, text, whole);
  std::map<std::size_t, std::size_t> rows_of_width;
  std::vector<std::string> fields;
  for (std::size_t n = 0; n < kDialectRows && rows.Next(&fields); ++n)
    ++rows_of_width[fields.size()];
  std::pair<std::size_t, std::size_t> best{0, 1};
  for (const auto& [width, count] : rows_of_width) {
    if (count >= best.first) best = {count, width};
  }
  return best;
}

/// The delimiter that cuts the most rows into equally many fields.
std::string GuessDelimiter(const CsvScan& scan, std::string_view text, bool whole) {
  std::string best = ",";
  std::pair<std::size_t, std::size_t> most{0, 1};
  for (const char* candidate : {",", "\t", ";", "|"}) {
    CsvScan tried = scan;
    tried.delimiter = candidate;
    const auto regularity = Regularity(tried, text, whole);
    if (regularity.second > 1 && regularity > most) {
      most = regularity;
      best = candidate;
    }
  }
  return best;
}

bool IsNull(const CsvScan& scan, const std::string& text) {
  return std::ranges::find(scan.nulls, text) != scan.nulls.end();
}

std::vector<TypeGuess> GuessTypes(const CsvScan& scan, std::string_view text, bool whole,
                                  std::size_t width) {
  std::vector<TypeGuess> guesses(width);
  SampleRows rows(scan, text, whole);
  std::vector<std::string> fields;
  for (std::int64_t n = 0; n < kSampleRows && rows.Next(&fields); ++n) {
    if (fields.size() < width) continue;
    for (std::size_t i = 0; i < width; ++i) {
      if (!IsNull(scan, fields[i])) guesses[i].Add(fields[i]);
    }
  }
  return guesses;
}

/// Of digits alone, with what stands in numbers: may be a code ("007") that no other row is like.
bool IsDigits(const std::string& text) {
  return text.find_first_not_of("0123456789+-., ") == std::string::npos;
}

/// Whether a text is none of the values that stand below it, but a word over numbers, dates ...
bool IsNameAbove(const std::string& text, TypeGuess below) {
  if (below.Type() == "varchar" || IsDigits(text)) return false;
  below.Add(text);
  return below.Type() == "varchar";
}

/// The first row is a header when one of its texts is no value of the column below. Where that does
/// not tell, it is one unless it looks like a row of values, or could not name columns.
bool GuessHeader(const CsvScan& scan, std::string_view text, bool whole) {
  const bool by_name =
      std::ranges::any_of(scan.columns, [](const TextColumn& c) { return c.position == 0; });
  if (by_name) return true;
  std::vector<std::string> first, next;
  SampleRows rows(scan, text, whole);
  if (!rows.Next(&first)) return true;
  std::vector<TypeGuess> below(first.size());
  for (std::size_t n = 0; n < kDialectRows && rows.Next(&next); ++n) {
    for (std::size_t i = 0; i < std::min(first.size(), next.size()); ++i) {
      if (!IsNull(scan, next[i])) below[i].Add(next[i]);
    }
  }
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (!IsNull(scan, first[i]) && IsNameAbove(first[i], below[i])) return true;
  }
  for (std::size_t i = 0; i < first.size(); ++i) {
    TypeGuess alone;
    alone.Add(first[i]);
    if (IsDigits(first[i]) || alone.Type() != "varchar") return false;
  }
  return std::set<std::string>(first.begin(), first.end()).size() == first.size();
}

/// The n-th of the scan's columns, from 1, as a place (complete_scan.h).
Place PlaceOfColumn(std::size_t n) {
  return {.file = "", .line = 1, .column = static_cast<int>(n)};
}

std::optional<std::size_t> FindField(const std::vector<std::string>& header,
                                     const std::string& name) {
  const auto exact = std::ranges::find(header, name);
  if (exact != header.end()) return static_cast<std::size_t>(exact - header.begin());
  const auto folded = std::ranges::find_if(
      header, [&](const std::string& other) { return EqualIgnoringCase(other, name); });
  if (folded == header.end()) return std::nullopt;
  return static_cast<std::size_t>(folded - header.begin());
}

Status MissingColumn(const std::string& path, const std::string& name,
                     const std::vector<std::string>& header) {
  const std::string near = Nearest(name, header);
  const std::string known = formats::ToValidUtf8(fmt::format("{}", fmt::join(header, ", ")), 400);
  return Status::Invalid(fmt::format("{}: the header has no column \"{}\"", path, name))
      .WithSlug("missing-column")
      .WithHint(near.empty() ? "it has " + known : fmt::format("did you mean \"{}\"?", near));
}

Status NoSuchField(const std::string& path, const TextColumn& column, std::size_t width) {
  return Status::Invalid(fmt::format("{}: there is no field {} for column \"{}\": rows have {}",
                                     path, column.position, column.name, width))
      .WithSlug("missing-column")
      .WithHint("count fields from 1");
}

/// Which field each declared column stands for.
Result<std::map<std::size_t, TextColumn>> Declared(const CsvScan& scan, const std::string& path,
                                                   const std::vector<std::string>& fields) {
  const bool by_order =
      !*scan.header &&
      std::ranges::none_of(scan.columns, [](const TextColumn& c) { return c.position > 0; });
  std::map<std::size_t, TextColumn> declared;
  for (std::size_t i = 0; i < scan.columns.size(); ++i) {
    TextColumn column = scan.columns[i];
    if (by_order) column.position = static_cast<int>(i) + 1;
    std::optional<std::size_t> field;
    if (column.position > 0) {
      field = static_cast<std::size_t>(column.position) - 1;
      if (*field >= fields.size())
        return NoSuchField(path, column, fields.size()).WithPlace(PlaceOfColumn(i + 1));
    } else {
      field = FindField(fields, column.name);
      if (!field) return MissingColumn(path, column.name, fields).WithPlace(PlaceOfColumn(i + 1));
    }
    if (!declared.emplace(*field, column).second) {
      return Status::Invalid(fmt::format("two columns stand for field {}: \"{}\" and \"{}\"",
                                         *field + 1, declared[*field].name, column.name))
          .WithSlug("duplicate-column")
          .WithPlace(PlaceOfColumn(i + 1));
    }
  }
  return declared;
}

/// The scan's columns: declared ones in their order, or all fields of the file in theirs.
Status FillColumns(CsvScan& scan, const std::string& path, const std::vector<std::string>& fields,
                   const std::vector<TypeGuess>& guesses) {
  TW_ASSIGN_OR_RETURN(const auto declared, Declared(scan, path, fields));
  std::vector<TextColumn> columns;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto found = declared.find(i);
    if (found == declared.end() && scan.only_declared) continue;
    TextColumn column = found == declared.end() ? TextColumn{.name = fields[i]} : found->second;
    if (column.type.empty()) column.type = guesses[i].Type();
    if (!*scan.header) column.position = static_cast<int>(i) + 1;
    columns.push_back(std::move(column));
  }
  if (scan.only_declared) {
    const auto rank = [&](const TextColumn& column) {
      return std::ranges::find(scan.columns, column.name, &TextColumn::name) - scan.columns.begin();
    };
    std::ranges::stable_sort(columns, {}, rank);
  }
  scan.columns = std::move(columns);
  return {};
}

Status CheckOtherHeaders(FileSystem& files, const CsvScan& scan, std::size_t first,
                         const std::vector<std::string>& header) {
  for (std::size_t i = first + 1; i < scan.paths.size(); ++i) {
    std::optional<CsvHead> head;
    for (std::size_t bytes = kHeadBytes; !head; bytes *= 8) {
      TW_ASSIGN_OR_RETURN(const Beginning beginning,
                          ReadBeginning(files, scan, scan.paths[i], bytes));
      auto found = FindCsvHead(scan, beginning.text, beginning.whole);
      if (!found.ok()) return found.status().Annotate(scan.paths[i]);
      head = *std::move(found);
    }
    if (!head->header) continue;
    TW_RETURN_IF_ERROR(CheckSameHeader(scan.paths[first], header, scan.paths[i], *head->header));
  }
  return {};
}

void FillDialect(CsvScan& scan, std::string_view text, bool whole) {
  if (!scan.quote) scan.quote = "\"";
  if (!scan.escape) scan.escape = scan.quote;
  if (!scan.delimiter) scan.delimiter = GuessDelimiter(scan, text, whole);
  if (!scan.header) scan.header = GuessHeader(scan, text, whole);
}

/// No file has a row or a header: what is declared is all there is.
Status CompleteEmpty(CsvScan& scan) {
  FillDialect(scan, {}, true);
  for (std::size_t i = 0; i < scan.columns.size(); ++i) {
    if (scan.columns[i].type.empty()) scan.columns[i].type = "varchar";
  }
  if (scan.columns.empty()) {
    return Status::Invalid(fmt::format("{}: the file is empty, and no columns are declared",
                                       scan.paths.empty() ? "no files" : scan.paths.front()))
        .WithSlug("no-columns")
        .WithHint("declare columns, so that an empty file is an empty table");
  }
  return {};
}

}  // namespace

Status CheckScanTypes(const std::vector<TextColumn>& columns) {
  data::Columns plain;
  for (const TextColumn& column : columns)
    plain.push_back({.field_id = 0, .name = column.name, .type = column.type});
  for (const data::Column& column : plain) TW_RETURN_IF_ERROR(data::CheckStorable(column));
  return data::StoredColumns(plain).status();
}

Status CompleteCsv(FileSystem& files, CsvScan& scan) {
  for (std::size_t file = 0; file < scan.paths.size(); ++file) {
    const std::string& path = scan.paths[file];
    TW_ASSIGN_OR_RETURN(const Beginning beginning, ReadBeginning(files, scan, path, kCsvSample));
    TW_ASSIGN_OR_RETURN(const std::string_view text, BehindSkipped(scan, beginning));
    if (text.empty()) continue;
    FillDialect(scan, text, beginning.whole);

    auto head = FindCsvHead(scan, beginning.text, true);
    if (!head.ok()) return head.status().Annotate(path);
    const auto rows =
        std::string_view(beginning.text).substr(static_cast<std::size_t>((*head)->rows.offset));
    std::vector<std::string> fields;
    if ((*head)->header) {
      fields = *(*head)->header;
    } else {
      const std::size_t width = Regularity(scan, rows, beginning.whole).second;
      for (std::size_t i = 0; i < width; ++i) fields.push_back(fmt::format("column{}", i));
    }
    const auto guesses = GuessTypes(scan, rows, beginning.whole, fields.size());
    TW_RETURN_IF_ERROR(FillColumns(scan, path, fields, guesses));
    if (*scan.header) TW_RETURN_IF_ERROR(CheckOtherHeaders(files, scan, file, fields));
    return CheckScanTypes(scan.columns);
  }
  TW_RETURN_IF_ERROR(CompleteEmpty(scan));
  return CheckScanTypes(scan.columns);
}

}  // namespace thalweg::engines
