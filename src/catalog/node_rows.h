#pragma once

#include <span>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/sqlite.h"

namespace thalweg::catalog {

/// What the catalog knows of some wished nodes: ids in their order, empty for unknown ones.
struct KnownNodes {
  std::vector<NodeId> ids;
  /// Nothing to write: every id is there, under its name of today and with its kind.
  bool settled = true;
};
Result<KnownNodes> LookUpNodeRows(Connection& db, const std::string& pipeline,
                                  std::span<const Catalog::NodeWish> nodes);

Result<std::vector<NodeId>> ResolveNodeRows(Connection& db, Instant now,
                                            const std::string& pipeline,
                                            std::span<const Catalog::NodeWish> nodes);
Result<std::vector<NodeRecord>> ListNodes(Connection& db);

}  // namespace thalweg::catalog
