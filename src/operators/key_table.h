#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "operators/bytes_index.h"
#include "operators/integer_index.h"
#include "operators/key_codec.h"

namespace thalweg::operators {

/// Numbers the distinct keys of an operator 0, 1, 2 ... in the order in which they are first seen,
/// so that state can lie in plain arrays. One integer-like column and one text column have their
/// own fast forms. NULL is a key.
class KeyTable {
 public:
  /// No columns: all rows have the one key 0. Errors as KeyCodec::Make.
  static Result<KeyTable> Make(const arrow::Schema& schema,
                               const std::vector<std::string>& columns);

  /// slots[i] = number of row i's key. `batch` has the schema's columns (others may differ).
  void Map(const arrow::RecordBatch& batch, std::uint32_t* slots);
  /// The same for key columns alone, in the order of `columns`: what Columns gave.
  void MapKeys(const arrow::RecordBatch& keys, std::uint32_t* slots);

  static constexpr std::uint32_t kAbsent = UINT32_MAX;
  /// The same without adding: kAbsent for a key that is not there, and for a key with a NULL in it,
  /// which equals nothing here. At least one column.
  void FindKeys(const arrow::RecordBatch& keys, std::uint32_t* slots) const;

  std::size_t size() const;
  /// docs/specs/state.md, section 1.
  int KeyGroup(std::uint32_t slot) const;
  const std::vector<std::shared_ptr<arrow::Field>>& fields() const { return codec_.fields(); }
  /// The key columns of these keys.
  std::vector<std::shared_ptr<arrow::Array>> Columns(std::span<const std::uint32_t> slots) const;
  /// Forgets all keys but these, which are numbered anew in this order.
  void Keep(std::span<const std::uint32_t> slots);

 private:
  enum class Form { kNone, kInteger, kText, kEncoded };
  explicit KeyTable(KeyCodec codec) : codec_(std::move(codec)), own_codec_(codec_) {}
  void MapColumn(const arrow::ArrayData& column, std::uint32_t* slots);
  void MapEncoded(const KeyCodec& codec, const arrow::RecordBatch& batch, std::uint32_t* slots);
  /// Fast forms keep NULL as a number of its own, beside the index: the index numbers the others
  /// without it.
  std::uint32_t AddNull();
  std::size_t indexed() const;
  std::uint32_t InIndex(std::uint32_t slot) const { return slot > null_slot_ ? slot - 1 : slot; }

  KeyCodec codec_;      // over the input's columns
  KeyCodec own_codec_;  // over the key columns alone
  Form form_ = Form::kNone;
  int column_ = 0;
  int width_ = 8;
  bool is_signed_ = true, large_ = false;
  IntegerIndex integers_;
  BytesIndex bytes_;
  static constexpr std::uint32_t kNoNull = UINT32_MAX;
  std::uint32_t null_slot_ = kNoNull;
};

}  // namespace thalweg::operators
