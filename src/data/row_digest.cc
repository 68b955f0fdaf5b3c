#include "data/row_digest.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "base/hash.h"
#include "data/row_bytes.h"

namespace thalweg::data {
namespace {

// Rows are laid out side by side, a block at a time, column by column; a block stays in the cache
// and one of long rows stays small.
constexpr std::int64_t kBlockRows = 1024;
constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

class BlockHasher {
 public:
  explicit BlockHasher(std::vector<std::unique_ptr<ValueBytes>> columns)
      : columns_(std::move(columns)), lengths_(kBlockRows), cursors_(kBlockRows) {}

  // Calls `take` with the hash of each row of [begin, begin + count), count <= kBlockRows.
  template <typename Take>
  void Hash(std::int64_t begin, std::int64_t count, const Take& take) {
    std::fill_n(lengths_.begin(), count, std::size_t{0});
    for (const auto& column : columns_) column->AddLengths(begin, count, lengths_.data());
    for (std::int64_t done = 0; done < count;) {
      const std::int64_t rows = LayOut(begin, done, count);
      const char* row = bytes_.get();
      for (std::int64_t i = done; i < done + rows; ++i) {
        const std::size_t length = lengths_[static_cast<std::size_t>(i)];
        take(HashBytes(std::string_view(row, length)));
        row += length;
      }
      done += rows;
    }
  }

 private:
  // Writes as many rows from begin + done on as fit the block, one at least; their number.
  std::int64_t LayOut(std::int64_t begin, std::int64_t done, std::int64_t count) {
    std::size_t size = 0;
    std::int64_t rows = 0;
    for (; done + rows < count; ++rows) {
      const std::size_t length = lengths_[static_cast<std::size_t>(done + rows)];
      if (rows > 0 && size + length > kBlockBytes) break;
      size += length;
    }
    if (size > capacity_) {
      capacity_ = std::max(size, kBlockBytes);
      bytes_ = std::make_unique_for_overwrite<char[]>(capacity_);
    }
    char* cursor = bytes_.get();
    for (std::int64_t i = 0; i < rows; ++i) {
      cursors_[static_cast<std::size_t>(i)] = cursor;
      cursor += lengths_[static_cast<std::size_t>(done + i)];
    }
    for (const auto& column : columns_) column->Scatter(begin + done, rows, cursors_.data());
    return rows;
  }

  const std::vector<std::unique_ptr<ValueBytes>> columns_;
  std::vector<std::size_t> lengths_;
  std::vector<char*> cursors_;
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
};

}  // namespace

Status RowDigest::Add(const arrow::RecordBatch& batch) {
  std::vector<std::unique_ptr<ValueBytes>> columns;
  for (int i = 0; i < batch.num_columns(); ++i) {
    TW_ASSIGN_OR_RETURN(std::unique_ptr<ValueBytes> column,
                        MakeValueBytes(*batch.schema()->field(i), *batch.column(i)));
    columns.push_back(std::move(column));
  }
  BlockHasher hasher(std::move(columns));
  for (std::int64_t begin = 0; begin < batch.num_rows(); begin += kBlockRows) {
    const std::int64_t count = std::min(kBlockRows, batch.num_rows() - begin);
    hasher.Hash(begin, count, [this](const Hash128& row) { AddHash(row.high, row.low, 1); });
  }
  return Status::Ok();
}

void RowDigest::Add(const RowDigest& other) {
  AddHash(other.high_, other.low_, other.rows_);
}

void RowDigest::AddHash(std::uint64_t high, std::uint64_t low, std::int64_t rows) {
  low_ += low;
  high_ += high + (low_ < low ? 1 : 0);
  rows_ += rows;
}

std::string RowDigest::ToHex() const {
  return fmt::format("{}:{:016x}{:016x}", rows_, high_, low_);
}

}  // namespace thalweg::data
