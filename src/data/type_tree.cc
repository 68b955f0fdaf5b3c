#include "data/type_tree.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/diagnostic.h"
#include "data/type_names.h"

namespace thalweg::data {
namespace {

// Deeper nesting is no table; the limit keeps recursion over types off the end of the stack.
constexpr int kMaxDepth = 64;
constexpr int kDefaultDecimalPrecision = 18, kDefaultDecimalScale = 3;
constexpr int kMaxDecimalPrecision = 38;
constexpr int kMaxRealBits = 24, kMaxDoubleBits = 53;

bool IsWordStart(char c) {
  return IsLetter(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

class TypeParser {
 public:
  explicit TypeParser(std::string_view text) : text_(text) {}

  Result<TypeTree> Parse() {
    TW_ASSIGN_OR_RETURN(TypeTree type, Type());
    SkipBlanks();
    if (at_ < text_.size()) return Wrong("unexpected text behind the type");
    return type;
  }

 private:
  struct Name {
    std::string text;
    bool quoted = false;
  };

  Result<TypeTree> Type() {
    if (++depth_ > kMaxDepth) return Wrong("types are nested too deeply");
    TW_ASSIGN_OR_RETURN(TypeTree type, Base());
    const int outer_depth = depth_ - 1;
    while (true) {
      const bool array = TakeWord("array");
      const bool bracket = Take('[');
      if (!array && !bracket) break;
      if (++depth_ > kMaxDepth) return Wrong("types are nested too deeply");
      type = ListOf(std::move(type));
      if (!bracket || Take(']')) continue;
      TW_ASSIGN_OR_RETURN(type.length, Number());
      type.kind = TypeKind::kArray;
      if (type.length < 1 || type.length > kMaxArrayLength) {
        return Wrong("an array has 1 to 100000 elements");
      }
      if (!Take(']')) return Wrong("a ']' is missing");
    }
    depth_ = outer_depth;
    return type;
  }

  static TypeTree ListOf(TypeTree element) {
    TypeTree list;
    list.kind = TypeKind::kList;
    list.children.push_back(std::move(element));
    return list;
  }

  Result<TypeTree> Base() {
    TW_ASSIGN_OR_RETURN(const std::optional<Name> word, TakeName());
    if (!word) return Wrong(Peek() == '\0' ? "a type name is missing" : "a type name is expected");
    const std::optional<TypeKind> kind = KindOfName(word->text);
    if (!kind) return Unknown(word->text);
    switch (*kind) {
      case TypeKind::kDecimal:
        return Decimal();
      case TypeKind::kReal:
        return ToLower(word->text) == "float" ? Float() : TypeTree::Of(*kind);
      case TypeKind::kDouble:
        TakeWord("precision");
        return TypeTree::Of(*kind);
      case TypeKind::kVarchar:
        if (ToLower(word->text) == "character") TakeWord("varying");
        return Sized(*kind);
      case TypeKind::kBit:
        return Sized(*kind);
      case TypeKind::kTime:
        return Zoned(*kind, TypeKind::kTimetz);
      case TypeKind::kTimestamp:
        return Timestamp(ToLower(word->text) == "timestamp");
      case TypeKind::kEnum:
        return Enum();
      case TypeKind::kStruct:
      case TypeKind::kUnion:
        return Members(*kind);
      case TypeKind::kMap:
        return Map();
      case TypeKind::kGeometry:
        return Geometry();
      default:
        return TypeTree::Of(*kind);
    }
  }

  // A length that SQL allows and that has no effect.
  Result<TypeTree> Sized(TypeKind kind) {
    TW_RETURN_IF_ERROR(Numbers(1).status());
    return TypeTree::Of(kind);
  }

  Result<TypeTree> Decimal() {
    TW_ASSIGN_OR_RETURN(const std::vector<int> numbers, Numbers(2));
    TypeTree type = TypeTree::Of(TypeKind::kDecimal);
    type.precision = numbers.empty() ? kDefaultDecimalPrecision : numbers[0];
    type.scale = numbers.empty() ? kDefaultDecimalScale : numbers.size() > 1 ? numbers[1] : 0;
    if (type.precision < 1 || type.precision > kMaxDecimalPrecision) {
      return Wrong("a decimal has 1 to 38 digits");
    }
    if (type.scale > type.precision) {
      return Wrong("a decimal's second number is at most its first");
    }
    return type;
  }

  Result<TypeTree> Float() {
    TW_ASSIGN_OR_RETURN(const std::vector<int> bits, Numbers(1));
    if (bits.empty()) return TypeTree::Of(TypeKind::kReal);
    if (bits[0] < 1 || bits[0] > kMaxDoubleBits) return Wrong("a float has 1 to 53 bits");
    return TypeTree::Of(bits[0] <= kMaxRealBits ? TypeKind::kReal : TypeKind::kDouble);
  }

  Result<TypeTree> Zoned(TypeKind plain, TypeKind zoned) {
    const bool with = TakeWord("with");
    if (!with && !TakeWord("without")) return TypeTree::Of(plain);
    if (!TakeWord("time") || !TakeWord("zone")) return Wrong("\"time zone\" is expected");
    return TypeTree::Of(with ? zoned : plain);
  }

  Result<TypeTree> Timestamp(bool takes_precision) {
    if (takes_precision) {
      TW_ASSIGN_OR_RETURN(const std::vector<int> digits, Numbers(1));
      if (!digits.empty()) {
        if (digits[0] > 9) return Wrong("a timestamp has 0 to 9 digits of a second");
        if (digits[0] == 0) return TypeTree::Of(TypeKind::kTimestampS);
        if (digits[0] <= 3) return TypeTree::Of(TypeKind::kTimestampMs);
        if (digits[0] > 6) return TypeTree::Of(TypeKind::kTimestampNs);
      }
    }
    return Zoned(TypeKind::kTimestamp, TypeKind::kTimestamptz);
  }

  Result<TypeTree> Enum() {
    TypeTree type = TypeTree::Of(TypeKind::kEnum);
    if (!Take('(')) return Wrong("an enum lists its values: enum('a', 'b')");
    do {
      SkipBlanks();
      if (Peek() != '\'') return Wrong("an enum's values are texts: enum('a', 'b')");
      TW_ASSIGN_OR_RETURN(std::string value, Quoted('\''));
      type.names.push_back(std::move(value));
    } while (Take(','));
    if (!Take(')')) return Wrong("a ')' is missing");
    if (std::set<std::string>(type.names.begin(), type.names.end()).size() != type.names.size()) {
      return Wrong("an enum's values differ");
    }
    return type;
  }

  Result<TypeTree> Members(TypeKind kind) {
    TypeTree type = TypeTree::Of(kind);
    if (!Take('(')) return Wrong("fields are expected: struct(a integer, b varchar)");
    std::set<std::string> seen;
    std::size_t unnamed = 0;
    do {
      TW_ASSIGN_OR_RETURN(std::string name, MemberName());
      unnamed += name.empty() ? 1 : 0;
      if (!name.empty() && !seen.insert(ToLower(name)).second) {
        return Wrong("a field name stands twice: " + name);
      }
      TW_ASSIGN_OR_RETURN(TypeTree member, Type());
      type.names.push_back(std::move(name));
      type.children.push_back(std::move(member));
    } while (Take(','));
    if (!Take(')')) return Wrong("a ')' is missing");
    const bool none_named = unnamed == type.names.size();
    if (unnamed > 0 && (!none_named || kind == TypeKind::kUnion)) {
      return Wrong("a field has no name or no type");
    }
    return type;
  }

  // The name in front of a member's type; empty when a type stands there alone, as in DuckDB's
  // STRUCT(INTEGER, VARCHAR) for row(1, 'a').
  Result<std::string> MemberName() {
    const std::size_t start = at_;
    TW_ASSIGN_OR_RETURN(std::optional<Name> name, TakeName());
    if (!name) return Wrong("a field name is expected");
    if (name->quoted) {
      if (name->text.empty()) return Wrong("a field name is empty");
      return std::move(name->text);
    }
    SkipBlanks();
    const char next = Peek();
    const bool alone = next == ',' || next == ')' || next == '(' || next == '[' ||
                       SeesWord("with") || SeesWord("without");
    if (!alone) return std::move(name->text);
    at_ = start;
    return std::string();
  }

  Result<TypeTree> Map() {
    TypeTree type = TypeTree::Of(TypeKind::kMap);
    if (!Take('('))
      return Wrong("a map names the types of its keys and values: map(varchar, bigint)");
    TW_ASSIGN_OR_RETURN(TypeTree key, Type());
    if (!Take(','))
      return Wrong("a map names the types of its keys and values: map(varchar, bigint)");
    TW_ASSIGN_OR_RETURN(TypeTree value, Type());
    if (!Take(')')) return Wrong("a ')' is missing");
    type.children.push_back(std::move(key));
    type.children.push_back(std::move(value));
    return type;
  }

  // DuckDB names the reference system: GEOMETRY('OGC:CRS84').
  Result<TypeTree> Geometry() {
    if (!Take('(')) return TypeTree::Of(TypeKind::kGeometry);
    SkipBlanks();
    if (Peek() != '\'') return Wrong("a reference system in quotes is expected");
    TW_RETURN_IF_ERROR(Quoted('\'').status());
    if (!Take(')')) return Wrong("a ')' is missing");
    return TypeTree::Of(TypeKind::kGeometry);
  }

  // "(1, 2)": up to `most` numbers; none when there is no '('.
  Result<std::vector<int>> Numbers(std::size_t most) {
    std::vector<int> numbers;
    if (!Take('(')) return numbers;
    do {
      TW_ASSIGN_OR_RETURN(const int number, Number());
      numbers.push_back(number);
    } while (Take(','));
    if (!Take(')')) return Wrong("a ')' is missing");
    if (numbers.size() > most) return Wrong("too many numbers in parentheses");
    return numbers;
  }

  Result<int> Number() {
    SkipBlanks();
    int number = 0;
    const char* end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(text_.data() + at_, end, number);
    if (error != std::errc() || !IsDigit(Peek())) return Wrong("a number is expected");
    at_ = static_cast<std::size_t>(stop - text_.data());
    return number;
  }

  // A word or a quoted identifier; none when something else stands there.
  Result<std::optional<Name>> TakeName() {
    SkipBlanks();
    if (Peek() == '"') {
      TW_ASSIGN_OR_RETURN(std::string text, Quoted('"'));
      return std::optional<Name>(Name{std::move(text), true});
    }
    const std::string_view word = Word();
    if (word.empty()) return std::optional<Name>();
    at_ += word.size();
    return std::optional<Name>(Name{std::string(word), false});
  }

  // From one quote to the next; a doubled one stands for itself.
  Result<std::string> Quoted(char quote) {
    std::string text;
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] != quote) {
        text += text_[i];
      } else if (i + 1 < text_.size() && text_[i + 1] == quote) {
        text += text_[i++];
      } else {
        at_ = i + 1;
        return text;
      }
    }
    return Wrong("a quote is not closed");
  }

  std::string_view Word() const {
    std::size_t end = at_;
    if (end < text_.size() && IsWordStart(text_[end])) {
      while (end < text_.size() && (IsWordStart(text_[end]) || IsDigit(text_[end]))) ++end;
    }
    return text_.substr(at_, end - at_);
  }

  bool SeesWord(std::string_view word) {
    SkipBlanks();
    return EqualIgnoringCase(Word(), word);
  }
  bool TakeWord(std::string_view word) {
    if (!SeesWord(word)) return false;
    at_ += word.size();
    return true;
  }
  bool Take(char c) {
    SkipBlanks();
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void SkipBlanks() {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
  }

  Status Wrong(std::string_view why) const {
    return Status::Invalid(fmt::format("invalid type: {} type=\"{}\" at={}", why, text_, at_ + 1))
        .WithSlug("invalid-type");
  }

  Status Unknown(const std::string& word) const {
    const std::string near = Nearest(ToLower(word), KnownTypeNames());
    return Status::Invalid(fmt::format("unknown type name=\"{}\"", word))
        .WithSlug("unknown-type")
        .WithHint(near.empty() ? "the types are listed in docs/specs/types.md"
                               : fmt::format("did you mean \"{}\"?", near));
  }

  static constexpr int kMaxArrayLength = 100000;

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

std::string DoubleQuotes(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    out += c;
    if (c == quote) out += c;
  }
  out += quote;
  return out;
}

bool NeedsQuotes(std::string_view name) {
  const bool plain = !name.empty() && !IsDigit(name[0]) && std::ranges::all_of(name, [](char c) {
    return IsLowerLetter(c) || IsDigit(c) || c == '_';
  });
  return !plain || IsReservedWord(name);
}

std::string MembersText(const TypeTree& type) {
  std::string out(NameOfKind(type.kind));
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    const std::string& name = type.names[i];
    out += i == 0 ? "(" : ", ";
    if (!name.empty()) out += (NeedsQuotes(name) ? DoubleQuotes(name, '"') : name) + " ";
    out += ToString(type.children[i]);
  }
  return out + ")";
}

std::string EnumText(const TypeTree& type) {
  std::string out = "enum";
  for (std::size_t i = 0; i < type.names.size(); ++i) {
    out += i == 0 ? "(" : ", ";
    out += DoubleQuotes(type.names[i], '\'');
  }
  return out + ")";
}

}  // namespace

Result<TypeTree> ParseType(std::string_view text) {
  return TypeParser(text).Parse();
}

std::string ToString(const TypeTree& type) {
  switch (type.kind) {
    case TypeKind::kDecimal:
      return fmt::format("decimal({},{})", type.precision, type.scale);
    case TypeKind::kList:
      return ToString(type.children[0]) + "[]";
    case TypeKind::kArray:
      return fmt::format("{}[{}]", ToString(type.children[0]), type.length);
    case TypeKind::kMap:
      return fmt::format("map({}, {})", ToString(type.children[0]), ToString(type.children[1]));
    case TypeKind::kStruct:
    case TypeKind::kUnion:
      return MembersText(type);
    case TypeKind::kEnum:
      return EnumText(type);
    default:
      return std::string(NameOfKind(type.kind));
  }
}

}  // namespace thalweg::data
