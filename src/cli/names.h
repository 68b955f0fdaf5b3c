#pragma once

#include <string>
#include <utility>

#include "base/clock.h"
#include "catalog/catalog.h"

namespace thalweg::cli {

/// "p.x" -> {"p", "x"}; "x" -> {"", "x"}.
std::pair<std::string, std::string> SplitName(const std::string& name);

/// The table that a word of the command line means: `x` or `p.x`. kNotFound with a near name,
/// kInvalid when several pipelines have it.
Result<catalog::Catalog::TableRecord> FindTable(catalog::Catalog& catalog, const std::string& name);

/// The same for a node.
Result<catalog::NodeRecord> FindNode(catalog::Catalog& catalog, const std::string& name);

/// "336,776", or "<= 336,776" where only reading would tell: an upsert table with changes.
std::string RowCount(const data::Manifest& manifest);

/// "2013-01-01 05:00:00Z", for lists.
std::string ShortInstant(Instant instant);

}  // namespace thalweg::cli
