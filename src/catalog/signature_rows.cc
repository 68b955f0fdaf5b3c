#include "catalog/signature_rows.h"

#include <fmt/format.h>

#include "catalog/event_rows.h"
#include "catalog/version_rows.h"

namespace thalweg::catalog {
namespace {

Result<std::string> NodeName(Connection& db, const NodeId& node) {
  Query rows(db, "SELECT name FROM nodes WHERE id = ?", node);
  std::string name;
  if (rows.Next()) rows.Into(name);
  TW_RETURN_IF_ERROR(rows.status());
  if (name.empty()) return Status::NotFound(fmt::format("no such gate node={}", node.str()));
  return name;
}

Status ReadSignedVersions(Connection& db, SignatureRecord& signature) {
  Query rows(db,
             "SELECT version_id FROM signature_versions WHERE signature_id = ? ORDER BY position",
             signature.id);
  while (rows.Next()) rows.Into(signature.versions.emplace_back());
  return rows.status();
}

}  // namespace

Result<SignatureRecord> InsertSignature(Connection& db, Instant now, const NewSignature& wanted) {
  TW_ASSIGN_OR_RETURN(const std::string gate, NodeName(db, wanted.gate));
  SignatureRecord signature;
  signature.id = SignatureId::New();
  signature.gate = wanted.gate;
  signature.decision = wanted.decision;
  signature.versions = wanted.versions;
  signature.digest = wanted.digest;
  signature.actor = wanted.actor.name;
  signature.comment = wanted.comment;
  signature.at = now;
  signature.run_number = wanted.run_number;
  TW_RETURN_IF_ERROR(db.Run(
      "INSERT INTO signatures (id, gate_id, decision, digest, comment, actor, run_number, signed) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      signature.id, signature.gate, signature.decision, signature.digest, signature.comment,
      signature.actor, signature.run_number, signature.at));
  std::int64_t position = 0;
  for (const VersionId& version : signature.versions) {
    TW_RETURN_IF_ERROR(CheckNotRetired(db, version));
    TW_RETURN_IF_ERROR(db.Run(
        "INSERT INTO signature_versions (signature_id, position, version_id) VALUES (?, ?, ?)",
        signature.id, position++, version));
  }
  EventRecord event;
  event.at = now;
  event.run_number = wanted.run_number;
  event.node = gate;
  event.what = ToString(wanted.decision);
  event.actor = wanted.actor.name;
  event.reason = wanted.comment.empty() ? wanted.actor.reason : wanted.comment;
  TW_RETURN_IF_ERROR(InsertEvent(db, event));
  return signature;
}

Result<std::vector<SignatureRecord>> ListSignatures(Connection& db, const NodeId& gate) {
  Query rows(
      db,
      "SELECT id, gate_id, decision, digest, comment, actor, run_number, signed FROM signatures "
      "WHERE gate_id = ? ORDER BY signed DESC, id DESC",
      gate);
  std::vector<SignatureRecord> signatures;
  while (rows.Next()) {
    SignatureRecord& signature = signatures.emplace_back();
    rows.Into(signature.id, signature.gate, signature.decision, signature.digest, signature.comment,
              signature.actor, signature.run_number, signature.at);
    TW_RETURN_IF_ERROR(ReadSignedVersions(db, signature));
  }
  TW_RETURN_IF_ERROR(rows.status());
  return signatures;
}

}  // namespace thalweg::catalog
