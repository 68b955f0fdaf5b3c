#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "data/element.h"
#include "data/types.h"

namespace thalweg::formats {

/// A row that is not what was declared. It is left out of the rows as a whole.
struct BadRow {
  std::int64_t line = 0;  ///< where the row begins, from 1
  std::string
      column;  ///< the first column, from the left, that cannot be read; empty: the whole row
  std::string reason;  ///< "not an integer"
  std::string raw;     ///< the row's text, cut at 64 KiB, made valid UTF-8
};

/// A place between two rows of a text: in bytes of the plain UTF-8 text, whatever compression or
/// encoding it lies in.
struct TextPosition {
  std::int64_t offset = 0;
  std::int64_t line = 1;      ///< of the byte at `offset`
  bool inside_array = false;  ///< JSON only: between two elements of the outermost array
  bool operator==(const TextPosition&) const = default;
};

/// What one step gave, and what must come next.
struct Decoded {
  enum class Next {
    kMore,   ///< call Decode again
    kInput,  ///< every whole row was decoded: push more bytes
    kEnd,    ///< nothing follows
  };
  Next next = Next::kEnd;
  data::Batch rows;         ///< null: no good row in this step
  std::vector<BadRow> bad;  ///< found on the way, in order
};

/// Bytes in, batches out. What comes out does not depend on where the bytes are cut.
/// Lifecycle: (Push -> Decode until it asks for input)* with `end` on the last Push. One thread.
class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual const data::SchemaRef& schema() const = 0;

  /// Adds the next bytes; `end`: none follow. They are copied.
  virtual void Push(std::string_view bytes, bool end) = 0;

  /// Decodes about `budget` bytes (of text, or of what it becomes in memory, whichever is more),
  /// but at least one row when a whole one is there. An error, given after all that came before it,
  /// means that the rest of the text cannot be made sense of.
  virtual Result<Decoded> Decode(Bytes budget) = 0;

  /// After the last row that was decoded, good or bad. A decoder made with it as its start, given
  /// the bytes from there on, continues without gap or repeat.
  virtual TextPosition At() const = 0;
};

/// A column to find in a text and to turn into a typed column.
struct TextColumnSpec {
  std::string name;
  std::string type;  ///< canonical
  /// How a date or time is written: empty: ISO 8601 or the decoder's own format; epoch_s, epoch_ms,
  /// epoch_us, epoch_ns; else a strptime form (time_format.h).
  std::string from;
  std::optional<std::string>
      default_text;  ///< stands for a null or a missing value; read like a field's text
  int position = 0;  ///< CSV: number of the field in the row, from 1; 0: by `name` in the header
};

/// No row may be longer than this: what is held in memory is bounded by it.
inline constexpr Bytes kLongestRow = Bytes::MiB(64);

}  // namespace thalweg::formats
