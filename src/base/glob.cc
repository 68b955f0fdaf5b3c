#include <algorithm>
#include <cstddef>
#include <optional>

#include <fmt/format.h>

#include "base/file_system.h"
#include "base/utf8.h"

namespace thalweg {
inline namespace base {
namespace {

constexpr std::size_t kLongestPattern = 16 * 1024;
constexpr std::size_t kMostAlternatives = 10'000;

/// The part of a pattern between two slashes.
class Segment {
 public:
  explicit Segment(std::string_view text) : any_depth_(text == "**") {
    std::size_t at = 0;
    while (at < text.size()) tokens_.push_back(Read(text, at));
  }

  bool any_depth() const { return any_depth_; }
  bool wild() const {
    return std::any_of(tokens_.begin(), tokens_.end(),
                       [](const Token& token) { return token.kind != Kind::kLiteral; });
  }

  /// The name that a segment without wildcards stands for.
  std::string Literal() const {
    std::string name;
    for (const Token& token : tokens_) name += token.literal;
    return name;
  }

  bool Matches(std::string_view name) const {
    if (IsHidden(name) && (tokens_.empty() || tokens_[0].literal != name.substr(0, 1)))
      return false;
    // Greedy; on a mismatch the last star takes one more code point.
    std::size_t at = 0, token = 0, star = tokens_.size(), star_at = 0;
    while (at < name.size()) {
      const CodePoint point = DecodeUtf8(name, at);
      if (token < tokens_.size() && tokens_[token].kind == Kind::kStar) {
        star = token++;
        star_at = at;
      } else if (token < tokens_.size() &&
                 tokens_[token].Accepts(point, name.substr(at, point.bytes))) {
        ++token;
        at += point.bytes;
      } else if (star < tokens_.size()) {
        star_at += DecodeUtf8(name, star_at).bytes;
        at = star_at;
        token = star + 1;
      } else {
        return false;
      }
    }
    while (token < tokens_.size() && tokens_[token].kind == Kind::kStar) ++token;
    return token == tokens_.size();
  }

  static bool IsHidden(std::string_view name) {
    return name.starts_with('.') || name.starts_with('_');
  }

 private:
  enum class Kind { kLiteral, kAny, kStar, kClass };

  struct Token {
    Kind kind = Kind::kLiteral;
    std::string literal;  // one code point
    bool negated = false;
    std::vector<std::pair<char32_t, char32_t>> ranges;

    bool Accepts(const CodePoint& point, std::string_view bytes) const {
      if (kind == Kind::kLiteral) return literal == bytes;
      if (kind == Kind::kAny) return true;
      const bool inside = std::any_of(ranges.begin(), ranges.end(), [&](const auto& range) {
        return range.first <= point.value && point.value <= range.second;
      });
      return inside != negated;
    }
  };

  static Token Read(std::string_view text, std::size_t& at) {
    if (text[at] == '*') return ++at, Token{Kind::kStar, {}, false, {}};
    if (text[at] == '?') return ++at, Token{Kind::kAny, {}, false, {}};
    if (text[at] == '[') {
      if (auto token = ReadClass(text, at)) return *std::move(token);
    }
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    const std::size_t bytes = DecodeUtf8(text, at).bytes;
    Token token{Kind::kLiteral, std::string(text.substr(at, bytes)), false, {}};
    at += bytes;
    return token;
  }

  /// Nothing when the bracket is not closed: then it stands for itself.
  static std::optional<Token> ReadClass(std::string_view text, std::size_t& at) {
    Token token{Kind::kClass, {}, false, {}};
    std::size_t next = at + 1;
    if (next < text.size() && (text[next] == '!' || text[next] == '^')) {
      token.negated = true;
      ++next;
    }
    const std::size_t first = next;
    const auto take = [&] {
      if (text[next] == '\\' && next + 1 < text.size()) ++next;
      const CodePoint point = DecodeUtf8(text, next);
      next += point.bytes;
      return point.value;
    };
    while (next < text.size() && (text[next] != ']' || next == first)) {
      const char32_t low = take();
      char32_t high = low;
      if (next + 1 < text.size() && text[next] == '-' && text[next + 1] != ']') {
        ++next;
        high = take();
      }
      token.ranges.emplace_back(low, high);
    }
    if (next >= text.size()) return std::nullopt;
    at = next + 1;
    return token;
  }

  bool any_depth_;
  std::vector<Token> tokens_;
};

/// "{a,b}": where the alternatives of the first complete pair of braces at or after `from` lie.
struct Braces {
  std::size_t open = 0;
  std::vector<std::size_t> cuts;  // the commas, and the closing brace at last
};

std::optional<Braces> FindBraces(std::string_view pattern, std::size_t from) {
  for (std::size_t open = from; open < pattern.size(); ++open) {
    if (pattern[open] == '\\')
      ++open;
    else if (pattern[open] == '{') {
      Braces braces{open, {}};
      int depth = 1;
      for (std::size_t at = open + 1; at < pattern.size() && depth > 0; ++at) {
        const char c = pattern[at];
        if (c == '\\') ++at;
        if (c == '{') ++depth;
        if (c == '}') --depth;
        if ((c == ',' && depth == 1) || depth == 0) braces.cuts.push_back(at);
      }
      if (depth == 0 && braces.cuts.size() > 1) return braces;
    }
  }
  return std::nullopt;
}

Result<std::vector<std::string>> ExpandBraces(const std::string& pattern) {
  struct Open {
    std::string pattern;
    std::size_t from;  // no braces to expand before this
  };
  std::vector<Open> open{{pattern, 0}};
  std::vector<std::string> expanded;
  while (!open.empty()) {
    const Open current = std::move(open.back());
    open.pop_back();
    const auto braces = FindBraces(current.pattern, current.from);
    if (!braces) {
      expanded.push_back(current.pattern);
    } else {
      const std::string_view text = current.pattern;
      std::size_t begin = braces->open + 1;
      for (const std::size_t cut : braces->cuts) {
        std::string alternative(text.substr(0, braces->open));
        alternative += text.substr(begin, cut - begin);
        alternative += text.substr(braces->cuts.back() + 1);
        open.push_back({std::move(alternative), braces->open});
        begin = cut + 1;
      }
    }
    if (open.size() + expanded.size() > kMostAlternatives) {
      return Status::Invalid(fmt::format("a file pattern has too many alternatives limit={}",
                                         kMostAlternatives))
          .WithHint("use * or several entries instead of { }");
    }
  }
  return expanded;
}

/// Walks the directories that one pattern without braces leads to.
class Walk {
 public:
  Walk(FileSystem& files, std::string_view pattern, std::vector<std::string>& found)
      : files_(files), absolute_(pattern.starts_with('/')), found_(found) {
    while (!pattern.empty()) {
      const std::size_t slash = pattern.find('/');
      const std::string_view text = pattern.substr(0, slash);
      pattern.remove_prefix(slash == std::string_view::npos ? pattern.size() : slash + 1);
      const bool repeated = text == "**" && !segments_.empty() && segments_.back().any_depth();
      if (!text.empty() && !repeated) segments_.emplace_back(text);
    }
    // "**" at the end: the files at any depth.
    if (!segments_.empty() && segments_.back().any_depth()) segments_.emplace_back("*");
  }

  bool wild() const {
    return std::any_of(segments_.begin(), segments_.end(),
                       [](const Segment& segment) { return segment.wild(); });
  }

  Status Run() { return From(absolute_ ? "/" : "", 0); }

 private:
  Status From(const std::string& path, std::size_t index) {
    if (index == segments_.size()) return TakeIfThere(path);
    const Segment& segment = segments_[index];
    if (segment.any_depth()) return AnyDepth(path, index);
    if (!segment.wild()) return From(JoinPath(path, segment.Literal()), index + 1);
    TW_ASSIGN_OR_RETURN(const auto entries, Entries(path));
    for (const DirectoryEntry& entry : entries) {
      if (!segment.Matches(entry.name)) continue;
      const bool directory = entry.type == FileInfo::Type::kDirectory;
      const std::string child = JoinPath(path, entry.name);
      if (index + 1 == segments_.size()) {
        if (!directory) found_.push_back(child);
      } else if (directory) {
        TW_RETURN_IF_ERROR(From(child, index + 1));
      }
    }
    return Status::Ok();
  }

  Status AnyDepth(const std::string& path, std::size_t index) {
    TW_RETURN_IF_ERROR(From(path, index + 1));
    TW_ASSIGN_OR_RETURN(const auto entries, Entries(path));
    for (const DirectoryEntry& entry : entries) {
      const bool descend = entry.type == FileInfo::Type::kDirectory && !entry.link;
      if (!descend || Segment::IsHidden(entry.name)) continue;
      TW_RETURN_IF_ERROR(AnyDepth(JoinPath(path, entry.name), index));
    }
    return Status::Ok();
  }

  Status TakeIfThere(const std::string& path) {
    const auto info = files_.Stat(path);
    if (info.ok()) {
      if (!wild() || info->type != FileInfo::Type::kDirectory) found_.push_back(path);
      return Status::Ok();
    }
    return IsAbsence(info.status()) ? Status::Ok() : info.status();
  }

  Result<std::vector<DirectoryEntry>> Entries(const std::string& directory) {
    auto entries = files_.ListEntries(directory.empty() ? "." : directory);
    if (!entries.ok() && IsAbsence(entries.status())) return std::vector<DirectoryEntry>();
    return entries;
  }

  /// A missing part, or a file where a directory would be.
  static bool IsAbsence(const Status& status) {
    return status.code() == Code::kNotFound || status.code() == Code::kInvalid;
  }

  FileSystem& files_;
  bool absolute_;
  std::vector<Segment> segments_;
  std::vector<std::string>& found_;
};

}  // namespace

Result<std::vector<std::string>> Glob(FileSystem& files, const std::string& pattern) {
  if (pattern.empty() || pattern.size() > kLongestPattern ||
      pattern.find('\0') != std::string::npos) {
    return Status::Invalid(fmt::format("not a file pattern length={}", pattern.size()))
        .WithHint("name a file, or use * ? [a-z] {a,b} **");
  }
  TW_ASSIGN_OR_RETURN(const auto alternatives, ExpandBraces(pattern));
  std::vector<std::string> found;
  for (const std::string& alternative : alternatives) {
    TW_RETURN_IF_ERROR(Walk(files, alternative, found).Run());
  }
  if (found.empty() && files.Stat(pattern).ok()) found.push_back(pattern);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace base
}  // namespace thalweg
