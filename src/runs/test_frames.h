#pragma once

#include <memory>
#include <vector>

#include "component/operator.h"
#include "data/element.h"
#include "data/types.h"

namespace thalweg::runs {

// A source gives rows, not frames. A test's rows carry the frame that they lie in as one more
// column, and an operator behind the source makes frames of it.

/// The columns or the schema of rows, and the column behind them that says their frame.
data::Columns WithFrames(data::Columns columns);
Result<data::SchemaRef> WithFrames(const data::SchemaRef& schema);
/// All rows of one frame, from 1; 0: of none.
Result<std::vector<data::Batch>> InFrame(std::int64_t frame, const data::SchemaRef& schema,
                                         std::vector<data::Batch> rows);

/// Rows with their frames to frames of rows.
std::shared_ptr<const component::OperatorSpec> MakeFramesSpec();

}  // namespace thalweg::runs
