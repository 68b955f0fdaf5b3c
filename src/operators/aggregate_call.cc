#include "operators/aggregate_call.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "operators/columns.h"

namespace thalweg::operators {
namespace {

constexpr std::array<std::pair<std::string_view, Aggregation>, 11> kFunctions = {{
    {"count", Aggregation::kCount},
    {"sum", Aggregation::kSum},
    {"mean", Aggregation::kMean},
    {"avg", Aggregation::kMean},
    {"min", Aggregation::kMin},
    {"max", Aggregation::kMax},
    {"first", Aggregation::kFirst},
    {"last", Aggregation::kLast},
    {"count_distinct", Aggregation::kCountDistinct},
    {"quantile", Aggregation::kQuantile},
    {"quantile_disc", Aggregation::kQuantile},
}};

/// Takes words, quoted names, numbers and signs from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool Take(char sign) {
    Skip();
    if (text_.empty() || text_.front() != sign) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::string Word() {
    Skip();
    std::size_t end = 0;
    while (end < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[end])) != 0 || text_[end] == '_' ||
            static_cast<unsigned char>(text_[end]) >= 0x80)) {
      ++end;
    }
    return Cut(end);
  }
  std::string Name() {
    if (!Take('"')) return Word();
    std::string name;
    while (!text_.empty()) {
      const std::size_t end = std::min(text_.find('"'), text_.size());
      name += Cut(end);
      if (!Take('"')) return {};
      if (text_.empty() || text_.front() != '"') return name;
      name += Cut(1);
    }
    return {};
  }
  bool Number(double* value) {
    Skip();
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), *value);
    if (error != std::errc()) return false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return true;
  }
  bool AtEnd() {
    Skip();
    return text_.empty();
  }

 private:
  void Skip() {
    while (!text_.empty() && std::isspace(static_cast<unsigned char>(text_.front())) != 0)
      text_.remove_prefix(1);
  }
  std::string Cut(std::size_t length) {
    std::string word(text_.substr(0, length));
    text_.remove_prefix(length);
    return word;
  }
  std::string_view text_;
};

Status Bad(const std::string& output, std::string_view text) {
  return UserError(
      "bad-aggregate",
      fmt::format(
          "column \"{}\": \"{}\" is not one aggregate of one column, like sum(x), count(*) or "
          "quantile(x, 0.99); compute expressions in a map node before it",
          output, text));
}

}  // namespace

Result<AggregateCall> ParseAggregate(std::string output, std::string_view text) {
  AggregateCall call;
  call.output = std::move(output);
  Scanner scanner(text);
  const std::string word = ToLower(scanner.Word());
  const auto* found = kFunctions.begin();
  while (found != kFunctions.end() && found->first != word) ++found;
  if (found == kFunctions.end() || !scanner.Take('(')) return Bad(call.output, text);
  call.what = found->second;
  if (call.what == Aggregation::kCount && scanner.Take('*')) {
    call.what = Aggregation::kCountRows;
  } else {
    call.column = scanner.Name();
    if (call.what == Aggregation::kCount && ToLower(call.column) == "distinct") {
      const std::string column = scanner.Name();
      if (!column.empty()) call.what = Aggregation::kCountDistinct, call.column = column;
    }
    if (call.column.empty()) return Bad(call.output, text);
  }
  if (call.what == Aggregation::kQuantile) {
    if (!scanner.Take(',') || !scanner.Number(&call.fraction)) return Bad(call.output, text);
    if (!(call.fraction >= 0 && call.fraction <= 1)) {
      return UserError("bad-aggregate",
                       fmt::format("column \"{}\": the fraction of a quantile lies between 0 and 1",
                                   call.output));
    }
  }
  if (!scanner.Take(')') || !scanner.AtEnd()) return Bad(call.output, text);
  return call;
}

}  // namespace thalweg::operators
