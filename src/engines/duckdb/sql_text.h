#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace thalweg::engines {

/// A `$name` in a statement, outside of texts, quoted names and comments.
struct ParameterUse {
  std::size_t begin = 0, end = 0;
  std::string name;
};
std::vector<ParameterUse> FindParameters(const std::string& text);

/// SQL for DuckDB, put together from a user's text and ours, that knows where its bytes come from.
class SqlText {
 public:
  /// Text of ours.
  void Add(std::string_view text);
  /// Bytes of the user's text that begin at `origin` there.
  void AddCopy(std::string_view text, std::size_t origin);
  /// Text of ours in place of the user's bytes [begin, end).
  void AddInPlaceOf(std::string_view text, std::size_t begin, std::size_t end);
  /// Text of ours that makes an output column what a table can hold. `misfit` describes a value
  /// that it cannot: "column x: the value does not fit bigint".
  void AddColumn(std::string_view text, Status misfit);
  void Append(const SqlText& other);

  const std::string& text() const { return text_; }

  /// A failure of text() with its place moved into the user's text; without a place when it lies in
  /// ours. A failed conversion in a column of AddColumn becomes that column's misfit.
  Status MapError(const Status& status) const;

 private:
  enum class Source { kOurs, kCopy, kReplacement, kColumn };
  struct Piece {
    std::size_t at = 0;  ///< first byte in text_
    Source source = Source::kOurs;
    std::size_t begin = 0, end = 0;  ///< in the user's text
    Status misfit;                   ///< kColumn
  };
  void AddPiece(std::string_view text, Piece piece);

  std::string text_;
  std::vector<Piece> pieces_;
};

}  // namespace thalweg::engines
