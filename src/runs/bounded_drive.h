#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>
#include <vector>

#include "component/engine.h"
#include "component/fields.h"
#include "component/operator.h"
#include "spec/pipeline.h"

namespace thalweg::runs {

/// All rows of one port of an operator.
struct DriveInput {
  std::unique_ptr<component::RowStream> rows;
  data::EdgeType edge;
  bool looked_into = false;  ///< a table beside `from`: goes first, as one frame
};

/// Rows of the operator; `side` is empty for its own table.
using DriveSink = std::function<Status(std::string_view side, const data::Batch& rows)>;

struct DriveOptions {
  std::string node;  ///< for rows that it rejects
  bool stateless = false;
  /// For stateless operators: a batch that fails is halved until the bad rows are found.
  spec::OnError on_error = spec::OnError::kFail;
  std::stop_token stop;
  std::vector<component::SqlText> expressions = {};  ///< for the message of a row that fails
  component::MakeEvaluator make_evaluator = nullptr;
};

struct DriveCounts {
  std::int64_t rows_in = 0;
  std::int64_t rows_dropped = 0;  ///< by on_error: drop
};

/// Gives an opened operator whole tables, as a flow would give it streams that end. Rows come as
/// their stream has them; where all ports of `from` have event time, they must come in its order,
/// and no row is ever late: ports are merged by time, and the watermark follows. At most one batch
/// per port is held.
Result<DriveCounts> DriveBounded(component::Operator& op, std::vector<DriveInput> inputs,
                                 const DriveOptions& options, const DriveSink& sink);

}  // namespace thalweg::runs
