#include "formats/lines_decoder.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/utf8.h"
#include "formats/utf8_text.h"

namespace thalweg::formats {
namespace {}  // namespace

Result<std::unique_ptr<LinesDecoder>> LinesDecoder::Make(const std::vector<TextColumnSpec>& columns,
                                                         TextPosition start) {
  std::vector<TextColumnSpec> specs = columns;
  if (specs.empty()) specs.push_back({.name = kColumn, .type = "varchar"});
  if (specs.size() > 1 || specs.front().type != "varchar") {
    return Status::Invalid(
               fmt::format("lines have one varchar column, and there is column=\"{}\" type={}",
                           specs.back().name, specs.back().type))
        .WithSlug("bad-columns")
        .WithHint("declare no column, or one that is varchar");
  }
  TW_ASSIGN_OR_RETURN(RowBuilder rows, RowBuilder::Make(specs, {}));
  return std::unique_ptr<LinesDecoder>(new LinesDecoder(std::move(rows), start));
}

LinesDecoder::LinesDecoder(RowBuilder rows, TextPosition start)
    : rows_(std::move(rows)), buffer_(start.offset), at_(start), past_mark_(start.offset > 0) {}

Result<Decoded> LinesDecoder::Decode(Bytes budget) {
  Decoded decoded;
  const auto finish = [&](Decoded::Next next) {
    decoded.next = next;
    decoded.rows = rows_.Finish();
    return std::move(decoded);
  };
  if (!past_mark_ && !SkipMark()) return finish(Decoded::Next::kInput);
  const std::int64_t begin = buffer_.offset();
  do {
    const std::string_view rest = buffer_.rest();
    if (rest.empty() && buffer_.ended()) return finish(Decoded::Next::kEnd);
    std::size_t end = rest.find('\n', searched_);
    if (end == std::string_view::npos) {
      searched_ = rest.size();
      if (static_cast<std::int64_t>(rest.size()) > kLongestRow.value) {
        // What came before is given out first.
        if (rows_.rows() > 0 || !decoded.bad.empty()) return finish(Decoded::Next::kMore);
        return RowTooLong(at_.line, "see whether the text is lines at all");
      }
      if (!buffer_.ended()) return finish(Decoded::Next::kInput);
      end = rest.size();
    }
    searched_ = 0;
    const bool terminated = end < rest.size();
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    DecodeLine(line, &decoded.bad);
    buffer_.Consume(end + (terminated ? 1 : 0));
    at_ = {buffer_.offset(), at_.line + (terminated ? 1 : 0), false};
  } while (std::max(buffer_.offset() - begin, rows_.fixed_bytes()) < budget.value);
  return finish(Decoded::Next::kMore);
}

void LinesDecoder::DecodeLine(std::string_view line, std::vector<BadRow>* bad) {
  std::string reason = "not UTF-8";
  if (IsUtf8(line) && rows_.column(0).AppendText(line, &reason)) return rows_.Commit();
  rows_.Rollback();
  bad->push_back(MakeBadRow(at_.line, {}, std::move(reason), line));
}

bool LinesDecoder::SkipMark() {
  const std::string_view begin = buffer_.rest().substr(0, kByteOrderMark.size());
  if (begin == kByteOrderMark) {
    buffer_.Consume(begin.size());
  } else if (!buffer_.ended() && begin == kByteOrderMark.substr(0, begin.size())) {
    return false;
  }
  return past_mark_ = true;
}

}  // namespace thalweg::formats
