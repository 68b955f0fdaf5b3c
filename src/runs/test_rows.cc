#include "runs/test_rows.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "component/fields.h"
#include "formats/json_decoder.h"
#include "formats/json_encoder.h"

namespace thalweg::runs {

using component::Value;

namespace {

/// Larger comparisons in order say only what is missing and what is too much.
constexpr std::size_t kLargestTable = 4'000'000;

void AppendJson(const Value& value, std::string* out) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      *out += "null";
      return;
    case Value::Kind::kBoolean:
      *out += value.boolean() ? "true" : "false";
      return;
    case Value::Kind::kNumber:
      *out += value.text();
      return;
    case Value::Kind::kString:
      *out += nlohmann::json(value.text()).dump();
      return;
    case Value::Kind::kList: {
      *out += '[';
      bool first = true;
      for (const Value& item : value.items()) {
        if (!std::exchange(first, false)) *out += ", ";
        AppendJson(item, out);
      }
      *out += ']';
      return;
    }
    case Value::Kind::kMap: {
      *out += '{';
      bool first = true;
      for (const Value::Entry& entry : value.entries()) {
        if (!std::exchange(first, false)) *out += ", ";
        *out += nlohmann::json(entry.key).dump() + ": ";
        AppendJson(entry.value, out);
      }
      *out += '}';
      return;
    }
  }
}

struct Guess {
  bool boolean = true, integer = true, number = true, instant = true, any = false;

  void Add(const Value& value) {
    if (value.is_null()) return;
    any = true;
    const bool is_number = value.kind() == Value::Kind::kNumber;
    boolean &= value.kind() == Value::Kind::kBoolean;
    number &= is_number;
    integer &= is_number && value.text().find_first_of(".eE") == std::string::npos;
    instant &= value.kind() == Value::Kind::kString && ParseInstant(value.text()).ok();
  }
  std::string Type() const {
    if (!any) return "varchar";
    return boolean   ? "boolean"
           : integer ? "bigint"
           : number  ? "double"
           : instant ? "timestamptz"
                     : "varchar";
  }
};

std::vector<formats::TextColumnSpec> TextColumns(const data::Columns& columns) {
  std::vector<formats::TextColumnSpec> specs;
  for (const auto& column : columns) {
    formats::TextColumnSpec spec;
    spec.name = column.name;
    spec.type = column.type;
    specs.push_back(std::move(spec));
  }
  return specs;
}

void CheckColumns(const std::vector<Value>& rows, const data::Columns& columns,
                  const std::string& what, Diagnostics& diagnostics) {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  std::set<std::string> told;
  for (const Value& row : rows) {
    for (const Value::Entry& cell : row.entries()) {
      if (std::find(names.begin(), names.end(), cell.key) != names.end()) continue;
      if (!told.insert(cell.key).second) continue;
      const std::string near = Nearest(cell.key, names);
      diagnostics.Error("unknown-column",
                        fmt::format("{} has no column {}", what, component::QuoteName(cell.key)),
                        cell.key_span,
                        near.empty() ? "" : fmt::format("did you mean \"{}\"?", near),
                        fmt::format("its columns: {}", data::ToString(columns)));
    }
  }
}

bool Near(const nlohmann::json& a, const nlohmann::json& b, double tolerance) {
  if (a.is_number() && b.is_number()) {
    return a == b || std::abs(a.get<double>() - b.get<double>()) <= tolerance;
  }
  if (a.type() != b.type() || a.size() != b.size()) return false;
  if (a.is_array()) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!Near(a[i], b[i], tolerance)) return false;
    }
    return true;
  }
  if (a.is_object()) {
    for (const auto& [key, value] : a.items()) {
      if (!b.contains(key) || !Near(value, b[key], tolerance)) return false;
    }
    return true;
  }
  return a == b;
}

/// Rows as texts, or as numbers that may differ a little.
class RowEquality {
 public:
  RowEquality(const std::vector<std::string>& expected, const std::vector<std::string>& actual,
              std::optional<double> tolerance)
      : expected_(expected), actual_(actual), tolerance_(tolerance) {
    if (!tolerance) return;
    for (const auto& row : expected) {
      expected_json_.push_back(nlohmann::json::parse(row, nullptr, false));
    }
    for (const auto& row : actual) {
      actual_json_.push_back(nlohmann::json::parse(row, nullptr, false));
    }
  }
  bool operator()(std::size_t expected, std::size_t actual) const {
    return expected_[expected] == actual_[actual] ||
           (tolerance_ && Near(expected_json_[expected], actual_json_[actual], *tolerance_));
  }

 private:
  const std::vector<std::string>& expected_;
  const std::vector<std::string>& actual_;
  const std::optional<double> tolerance_;
  std::vector<nlohmann::json> expected_json_, actual_json_;
};

RowDifference CompareUnordered(const std::vector<std::string>& expected,
                               const std::vector<std::string>& actual,
                               std::optional<double> tolerance) {
  std::map<std::string_view, std::vector<std::size_t>> same;
  for (std::size_t a = 0; a < actual.size(); ++a) same[actual[a]].push_back(a);
  std::vector<bool> taken(actual.size());
  std::vector<std::size_t> left;
  for (std::size_t e = 0; e < expected.size(); ++e) {
    const auto found = same.find(expected[e]);
    if (found == same.end() || found->second.empty()) {
      left.push_back(e);
      continue;
    }
    taken[found->second.back()] = true;
    found->second.pop_back();
  }
  const RowEquality equal(expected, actual, tolerance);
  RowDifference difference;
  for (const std::size_t e : left) {
    std::size_t a = tolerance ? 0 : actual.size();
    while (a < actual.size() && (taken[a] || !equal(e, a))) ++a;
    if (a < actual.size()) {
      taken[a] = true;
    } else {
      ++difference.missing;
      difference.lines.push_back("- " + expected[e]);
    }
  }
  for (std::size_t a = 0; a < actual.size(); ++a) {
    if (taken[a]) continue;
    ++difference.unexpected;
    difference.lines.push_back("+ " + actual[a]);
  }
  return difference;
}

/// By the longest common sequence.
RowDifference CompareOrdered(const std::vector<std::string>& expected,
                             const std::vector<std::string>& actual,
                             std::optional<double> tolerance) {
  const RowEquality equal(expected, actual, tolerance);
  const std::size_t width = actual.size() + 1;
  std::vector<std::uint32_t> common((expected.size() + 1) * width);
  for (std::size_t e = expected.size(); e-- > 0;) {
    for (std::size_t a = actual.size(); a-- > 0;) {
      common[e * width + a] =
          equal(e, a) ? common[(e + 1) * width + a + 1] + 1
                      : std::max(common[(e + 1) * width + a], common[e * width + a + 1]);
    }
  }
  RowDifference difference;
  std::size_t e = 0, a = 0;
  while (e < expected.size() || a < actual.size()) {
    if (e < expected.size() && a < actual.size() && equal(e, a)) {
      difference.lines.push_back("  " + actual[a]);
      ++e, ++a;
    } else if (a == actual.size() ||
               (e < expected.size() && common[(e + 1) * width + a] >= common[e * width + a + 1])) {
      difference.lines.push_back("- " + expected[e++]);
      ++difference.missing;
    } else {
      difference.lines.push_back("+ " + actual[a++]);
      ++difference.unexpected;
    }
  }
  return difference;
}

}  // namespace

std::string JsonRow(const Value& row) {
  std::string text;
  AppendJson(row, &text);
  return text;
}

data::Columns GuessColumns(const std::vector<Value>& rows) {
  data::Columns columns;
  std::vector<Guess> guesses;
  for (const Value& row : rows) {
    for (const Value::Entry& cell : row.entries()) {
      const auto found = std::find_if(columns.begin(), columns.end(),
                                      [&](const auto& c) { return c.name == cell.key; });
      const auto at = static_cast<std::size_t>(found - columns.begin());
      if (found == columns.end()) {
        columns.push_back({0, cell.key, ""});
        guesses.emplace_back();
      }
      guesses[at].Add(cell.value);
    }
  }
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i].type = guesses[i].Type();
  return columns;
}

Result<data::SchemaRef> TestRowSchema(const data::Columns& columns) {
  TW_ASSIGN_OR_RETURN(const auto decoder, formats::JsonDecoder::Make(TextColumns(columns), {}));
  return decoder->schema();
}

Result<std::vector<data::Batch>> DecodeTestRows(const std::vector<Value>& rows,
                                                const data::Columns& columns,
                                                const std::string& what, Diagnostics& diagnostics) {
  std::vector<data::Batch> batches;
  const std::size_t errors = diagnostics.errors();
  CheckColumns(rows, columns, what, diagnostics);
  if (diagnostics.errors() > errors) return batches;
  TW_ASSIGN_OR_RETURN(const auto decoder, formats::JsonDecoder::Make(TextColumns(columns), {}));
  std::string text;
  for (const Value& row : rows) text += JsonRow(row) + "\n";
  decoder->Push(text, /*end=*/true);
  while (true) {
    TW_ASSIGN_OR_RETURN(formats::Decoded decoded, decoder->Decode(Bytes::MiB(4)));
    for (const formats::BadRow& bad : decoded.bad) {
      const auto at = static_cast<std::size_t>(std::max<std::int64_t>(bad.line, 1) - 1);
      const Value& row = rows[std::min(at, rows.size() - 1)];
      const Value* cell = row.Find(bad.column);
      const auto column = std::find_if(columns.begin(), columns.end(),
                                       [&](const auto& c) { return c.name == bad.column; });
      diagnostics.Error("wrong-type",
                        column == columns.end()
                            ? fmt::format("the row cannot be read: {}", bad.reason)
                            : fmt::format("column {} is {}: {}", component::QuoteName(bad.column),
                                          column->type, bad.reason),
                        cell == nullptr ? row.span() : cell->span());
    }
    if (decoded.rows != nullptr) batches.push_back(std::move(decoded.rows));
    if (decoded.next == formats::Decoded::Next::kEnd ||
        decoded.next == formats::Decoded::Next::kInput)
      break;
  }
  if (diagnostics.errors() > errors) batches.clear();
  return batches;
}

Result<std::vector<std::string>> RowTexts(const std::vector<data::Batch>& batches) {
  std::vector<std::string> rows;
  for (const data::Batch& batch : batches) {
    formats::JsonEncoder encoder(batch->schema(), formats::JsonEncoder::Layout::kLines);
    std::string text;
    TW_RETURN_IF_ERROR(encoder.Encode(*batch, &text));
    TW_RETURN_IF_ERROR(encoder.Finish(&text));
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      if (end > at) rows.push_back(text.substr(at, end - at));
      at = end + 1;
    }
  }
  return rows;
}

RowDifference CompareRows(std::vector<std::string> expected, std::vector<std::string> actual,
                          bool ordered, std::optional<double> tolerance) {
  if (ordered && expected.size() * actual.size() <= kLargestTable)
    return CompareOrdered(expected, actual, tolerance);
  RowDifference difference = CompareUnordered(expected, actual, tolerance);
  if (ordered && difference.none() && expected != actual) {
    difference.unexpected = difference.missing = 1;
    difference.lines.push_back("  the rows are the same, in another order");
  }
  return difference;
}

}  // namespace thalweg::runs
