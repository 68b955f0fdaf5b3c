#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg::formats {

/// How delimited text is cut. RFC 4180 with the defaults.
struct CsvDialect {
  std::string delimiter = ",";  ///< 1 to 4 bytes
  char quote = '"';             ///< '\0': no field is quoted
  char escape = '"';            ///< before a quote (or itself) inside of a quoted field; '\0': none
};

/// One field of a row: bytes [begin, end) of the row, without its quotes.
struct CsvField {
  std::size_t begin = 0, end = 0;
  bool quoted = false;
  bool escaped = false;  ///< holds escapes that must be taken out
};

/// Finds rows in delimited text. A row ends at "\n", "\r\n" or "\r" outside of quotes. Blanks
/// between a delimiter and a quote are skipped. After a quote is closed only blanks may follow:
/// else the row is bad up to the end of its line.
class CsvSplitter {
 public:
  explicit CsvSplitter(const CsvDialect& dialect);

  /// Looks for the end of the row that begins at text[0]. False: not in here, call again with more
  /// of the same text (it goes on where it stopped), or nothing is left. `end`: no more text
  /// follows.
  bool Find(std::string_view text, bool end);

  // Of the row that was found, until Next().
  const std::vector<CsvField>& fields() const { return fields_; }
  std::size_t size() const { return size_; }             ///< with the line end
  std::size_t content_size() const { return content_; }  ///< without it
  std::int64_t line_ends() const { return line_ends_; }  ///< inside quotes and at the end
  const std::string& error() const { return error_; }    ///< empty: well formed
  bool blank() const { return content_ == 0; }
  /// The field's text; `scratch` holds it where escapes had to be taken out.
  std::string_view Text(std::string_view row, const CsvField& field, std::string* scratch) const;

  /// Begins with the next row.
  void Next();

 private:
  enum class State { kFieldBegin, kPlain, kQuoted, kAfterQuote, kBroken };
  enum class Step { kOn, kWait, kFound };
  enum CharKind : std::uint8_t {
    kOrdinary = 0,
    kDelimiter = 1,
    kLineEnd = 2,
    kQuote = 4,
    kEscape = 8
  };

  std::uint8_t KindAt(std::string_view text) const {
    return kinds_[static_cast<unsigned char>(text[at_])];
  }
  /// The common case, without a state for each step: fields without quotes that end at a delimiter.
  void TakePlainFields(std::string_view text);
  Step BeginField(std::string_view text);
  Step ReadPlain(std::string_view text, bool end);
  Step ReadQuoted(std::string_view text, bool end);
  Step ReadAfterQuote(std::string_view text, bool end);
  Step ReadBroken(std::string_view text, bool end);
  Step TakeDelimiter(std::string_view text, bool end, std::size_t field_end, bool* taken);
  Step TakeLineEnd(std::string_view text, bool end, std::size_t field_end);
  void CloseField(std::size_t end);
  bool FinishAtEnd(std::string_view text);

  CsvDialect dialect_;
  bool skip_blanks_;
  std::array<std::uint8_t, 256> kinds_{};

  State state_ = State::kFieldBegin;
  std::size_t at_ = 0;
  CsvField field_;
  std::vector<CsvField> fields_;
  std::size_t size_ = 0, content_ = 0;
  std::int64_t line_ends_ = 0;
  std::string error_;
};

}  // namespace thalweg::formats
