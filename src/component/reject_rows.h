#pragma once

#include <string>
#include <vector>

#include "component/source.h"
#include "data/element.h"

namespace thalweg::component {

/// Rejects as rows of RejectColumns.
Result<data::Batch> RejectRows(const std::vector<Reject>& rejects);

/// Rows of a node that it cannot use, as rows of RejectColumns: `raw` is the row as JSON.
Result<data::Batch> RejectRows(const std::string& node, const std::string& reason,
                               const data::Batch& rows);

/// The same rows, which tell OwnRejectRows why they are rejects.
data::Batch WithReason(const data::Batch& rows, const std::string& reason);

/// Rows that an operator gave to its side "rejects", whatever its columns are, as rows of
/// RejectColumns. Without a reason (WithReason) they have no key or no event time.
Result<data::Batch> OwnRejectRows(const std::string& node, const data::Batch& rows);

/// "flights.csv:17: column dep_delay: not an integer".
std::string DescribeReject(const Reject& reject);

}  // namespace thalweg::component
