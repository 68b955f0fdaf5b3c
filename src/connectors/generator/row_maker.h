#pragma once

#include <cstdint>

#include "base/clock.h"
#include "connectors/generator/generator_body.h"
#include "data/element.h"

namespace thalweg::connectors {

/// Makes rows [first, first + count): a pure function of the options and the row's number, but for
/// stamps. Column by column, without a branch a row. Thread-safe.
class RowMaker {
 public:
  RowMaker(const GeneratorBody& body, data::SchemaRef schema, const Clock& clock);
  Result<data::Batch> Make(std::int64_t first, std::int64_t count) const;
  std::int64_t row_bytes() const { return row_bytes_; }  ///< about

 private:
  const GeneratorBody& body_;
  data::SchemaRef schema_;
  const Clock& clock_;
  std::int64_t row_bytes_ = 0;
};

}  // namespace thalweg::connectors
