#include "catalog/node_rows.h"

#include <set>

namespace thalweg::catalog {
namespace {

struct NodeRow {
  NodeId id;
  std::string kind;
};

Result<NodeRow> FindByName(Connection& db, const std::string& pipeline, const std::string& name) {
  Query rows(db, "SELECT id, kind FROM nodes WHERE pipeline = ? AND name = ?", pipeline, name);
  NodeRow row;
  if (rows.Next()) rows.Into(row.id, row.kind);
  TW_RETURN_IF_ERROR(rows.status());
  return row;
}

/// The node that `wish` was under an earlier name, if it still has that name and no node of the
/// file does.
Result<NodeRow> FindByEarlierName(Connection& db, const std::string& pipeline,
                                  const Catalog::NodeWish& wish,
                                  const std::set<std::string>& names) {
  for (const std::string& earlier : wish.was) {
    if (names.contains(earlier)) continue;
    TW_ASSIGN_OR_RETURN(NodeRow row, FindByName(db, pipeline, earlier));
    if (!row.id.empty()) return row;
  }
  return NodeRow{};
}

std::set<std::string> NamesOf(std::span<const Catalog::NodeWish> nodes) {
  std::set<std::string> names;
  for (const auto& node : nodes) names.insert(node.name);
  return names;
}

Result<NodeId> ResolveOne(Connection& db, Instant now, const std::string& pipeline,
                          const Catalog::NodeWish& wish, const std::set<std::string>& names) {
  TW_ASSIGN_OR_RETURN(NodeRow row, FindByName(db, pipeline, wish.name));
  if (row.id.empty()) {
    TW_ASSIGN_OR_RETURN(row, FindByEarlierName(db, pipeline, wish, names));
  } else if (row.kind == wish.kind) {
    return row.id;
  }
  if (row.id.empty()) {
    row.id = NodeId::New();
    TW_RETURN_IF_ERROR(
        db.Run("INSERT INTO nodes (id, pipeline, name, kind, created) VALUES (?, ?, ?, ?, ?)",
               row.id, pipeline, wish.name, wish.kind, now));
  } else {
    TW_RETURN_IF_ERROR(
        db.Run("UPDATE nodes SET name = ?, kind = ? WHERE id = ?", wish.name, wish.kind, row.id));
  }
  return row.id;
}

}  // namespace

Result<KnownNodes> LookUpNodeRows(Connection& db, const std::string& pipeline,
                                  std::span<const Catalog::NodeWish> nodes) {
  const std::set<std::string> names = NamesOf(nodes);
  KnownNodes known;
  for (const auto& wish : nodes) {
    TW_ASSIGN_OR_RETURN(NodeRow row, FindByName(db, pipeline, wish.name));
    if (row.id.empty()) {
      known.settled = false;
      TW_ASSIGN_OR_RETURN(row, FindByEarlierName(db, pipeline, wish, names));
    } else if (row.kind != wish.kind) {
      known.settled = false;
    }
    known.ids.push_back(row.id);
  }
  return known;
}

Result<std::vector<NodeId>> ResolveNodeRows(Connection& db, Instant now,
                                            const std::string& pipeline,
                                            std::span<const Catalog::NodeWish> nodes) {
  const std::set<std::string> names = NamesOf(nodes);
  std::vector<NodeId> ids;
  for (const auto& wish : nodes) {
    TW_ASSIGN_OR_RETURN(NodeId id, ResolveOne(db, now, pipeline, wish, names));
    ids.push_back(std::move(id));
  }
  return ids;
}

Result<std::vector<NodeRecord>> ListNodes(Connection& db) {
  Query rows(db, "SELECT id, pipeline, name, kind FROM nodes ORDER BY pipeline, name");
  std::vector<NodeRecord> nodes;
  while (rows.Next()) {
    NodeRecord& node = nodes.emplace_back();
    rows.Into(node.id, node.pipeline, node.name, node.kind);
  }
  TW_RETURN_IF_ERROR(rows.status());
  return nodes;
}

}  // namespace thalweg::catalog
