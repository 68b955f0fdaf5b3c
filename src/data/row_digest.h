#pragma once

#include <cstdint>
#include <string>

#include <arrow/type_fwd.h>

#include "base/status.h"

namespace thalweg::data {

/// A digest of a multiset of rows that does not depend on their order or on how they are cut into
/// batches: per row XXH3-128 over each column's name-independent canonical bytes
/// (docs/specs/row-digest.md), the row hashes added modulo 2^128, with the number of rows. Columns
/// count in schema order; -0.0 equals 0.0, all NaN are one.
class RowDigest {
 public:
  /// kUnsupported for a type that no table holds; the digest is then as it was.
  Status Add(const arrow::RecordBatch& batch);
  /// Adds the rows that another digest has seen: digests of a table's files may be made apart.
  void Add(const RowDigest& other);
  std::int64_t rows() const { return rows_; }
  std::string ToHex() const;  ///< "<rows>:<32 hex digits>"

 private:
  void AddHash(std::uint64_t high, std::uint64_t low, std::int64_t rows);

  std::uint64_t high_ = 0, low_ = 0;
  std::int64_t rows_ = 0;
};

}  // namespace thalweg::data
