#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/ascii.h"
#include "base/diagnostic.h"
#include "base/utf8.h"

namespace thalweg {
inline namespace base {
namespace {

/// Names longer than this are no slips of somebody's fingers, and the distance takes quadratic
/// time.
constexpr std::size_t kLongestWord = 128;

std::vector<char32_t> FoldedCodePoints(std::string_view text) {
  std::vector<char32_t> points;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = DecodeUtf8(text, at);
    const bool ascii = point.value < 0x80;
    points.push_back(ascii ? static_cast<unsigned char>(ToLower(static_cast<char>(point.value)))
                           : point.value);
    at += point.bytes;
  }
  return points;
}

/// Damerau-Levenshtein, restricted: insert, delete, change, swap two neighbours; no part edited
/// twice.
std::size_t Distance(const std::vector<char32_t>& a, const std::vector<char32_t>& b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

}  // namespace

std::string Nearest(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.empty() || word.size() > kLongestWord) return {};
  const std::vector<char32_t> wanted = FoldedCodePoints(word);
  const std::string* nearest = nullptr;
  std::size_t least = 0;
  for (const std::string& candidate : candidates) {
    if (candidate.empty() || candidate.size() > kLongestWord) continue;
    const std::vector<char32_t> points = FoldedCodePoints(candidate);
    const std::size_t distance = Distance(wanted, points);
    if (distance * 3 > std::max(wanted.size(), points.size())) continue;
    if (nearest == nullptr || distance < least) {
      nearest = &candidate;
      least = distance;
    }
  }
  return nearest == nullptr ? std::string() : *nearest;
}

}  // namespace base
}  // namespace thalweg
