#include "runs/gate.h"

#include <algorithm>
#include <charconv>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "data/parquet_file.h"
#include "data/row_digest.h"
#include "formats/cell_writer.h"
#include "runs/checks.h"
#include "runs/gate_wait.h"
#include "runs/outside_files.h"
#include "runs/pipeline_parameters.h"
#include "runs/run_state.h"

namespace thalweg::runs {

using nlohmann::json;

namespace {

constexpr std::string_view kDigestCache = "digest";
constexpr std::size_t kShownRows = 1000;

std::string EvidencePath(const Workspace& workspace, std::int64_t run, const std::string& gate) {
  return JoinPath(workspace.home().EvidenceDirectory(run), gate + ".json");
}

std::optional<std::string> CellText(const formats::CellWriter& writer, const arrow::Array& column,
                                    std::int64_t row) {
  if (column.IsNull(row)) return std::nullopt;
  std::string text;
  writer.AppendText(column, row, &text);
  return text;
}

/// Runs an evidence query, keeps all its rows as Parquet and the first ones as text.
Status Collect(Workspace& workspace, const BoundSql& sql,
               const std::vector<catalog::VersionRecord>& versions,
               const std::vector<component::Parameter>& parameters, const std::string& path,
               std::stop_token stop, Evidence::Query* query) {
  std::vector<component::Input> inputs;
  for (const auto& version : versions) {
    TW_ASSIGN_OR_RETURN(auto table, TableOf(workspace, version));
    inputs.push_back(std::move(table));
  }
  TW_ASSIGN_OR_RETURN(component::Engine * engine, workspace.engine());
  TW_ASSIGN_OR_RETURN(
      const auto rows,
      engine->Query(sql::MakeStatement(sql.text.text, sql.analysis, std::move(inputs), parameters),
                    stop));
  std::vector<formats::CellWriter> cell_writers;
  for (const auto& field : rows->schema()->fields()) {
    query->columns.push_back(field->name());
    cell_writers.emplace_back(*field);
  }
  TW_ASSIGN_OR_RETURN(const auto writer,
                      data::ParquetWriter::Open(workspace.files(), path, rows->schema(), {}));
  while (true) {
    TW_ASSIGN_OR_RETURN(const data::Batch batch, rows->Next());
    if (!batch) break;
    TW_RETURN_IF_ERROR(writer->Write(*batch));
    for (std::int64_t row = 0; row < batch->num_rows() && query->rows.size() < kShownRows; ++row) {
      auto& cells = query->rows.emplace_back();
      for (int column = 0; column < batch->num_columns(); ++column) {
        cells.push_back(
            CellText(cell_writers[static_cast<std::size_t>(column)], *batch->column(column), row));
      }
    }
  }
  query->file = workspace.home().Relative(path);
  return writer->Finish().status();
}

struct Approval {
  catalog::VersionRecord version;
  std::string by;
};

/// By the signatures: the gate's own table has only what a run has passed on.
Result<std::optional<Approval>> LastApproval(Workspace& workspace, const NodeId& gate) {
  TW_ASSIGN_OR_RETURN(const auto signatures, workspace.catalog().Signatures(gate));
  for (const auto& signature : signatures) {
    if (signature.decision != catalog::Decision::kApproved || signature.versions.empty()) continue;
    TW_ASSIGN_OR_RETURN(auto version, workspace.catalog().FindVersion(signature.versions.front()));
    if (version) return std::optional(Approval{*std::move(version), signature.actor});
  }
  return std::optional<Approval>();
}

Result<std::vector<std::string>> FailedWarnings(Workspace& workspace,
                                                const catalog::VersionRecord& input) {
  std::vector<std::string> lines;
  TW_ASSIGN_OR_RETURN(const auto nodes, workspace.catalog().NodeRuns(input.run));
  for (const auto& node : nodes) {
    TW_ASSIGN_OR_RETURN(const auto checks, DecodeChecks(node.checks));
    for (const auto& check : checks) {
      if (!check.passed)
        lines.push_back(fmt::format("{}: {} ({})", node.node_name, check.name, check.found));
    }
  }
  return lines;
}

}  // namespace

std::string Encode(const Evidence& evidence) {
  const auto& approved = evidence.approved;
  json document = {{"v", 1},
                   {"gate", evidence.gate},
                   {"question", evidence.question},
                   {"pipeline", evidence.pipeline},
                   {"run", evidence.run_number},
                   {"input", evidence.input.str()},
                   {"input_number", evidence.input_number},
                   {"input_table", evidence.input_table},
                   {"digest", evidence.digest},
                   {"rows", evidence.rows},
                   {"approved_rows", approved ? json(approved->rows) : json()},
                   {"schema_changes", evidence.schema_changes},
                   {"failed_checks", evidence.failed_checks},
                   {"queries", json::array()},
                   {"versions", json::array()}};
  if (approved) {
    document["approved_table"] = approved->table;
    document["approved_version"] = approved->version;
    document["approved_by"] = approved->by;
  }
  if (evidence.timeout) document["timeout_ns"] = evidence.timeout->count();
  if (evidence.until) document["until"] = FormatInstant(*evidence.until);
  for (const auto& query : evidence.queries) {
    json rows = json::array();
    for (const auto& row : query.rows) {
      json cells = json::array();
      for (const auto& cell : row) cells.push_back(cell ? json(*cell) : json());
      rows.push_back(std::move(cells));
    }
    document["queries"].push_back({{"sql", query.sql},
                                   {"columns", query.columns},
                                   {"rows", std::move(rows)},
                                   {"file", query.file},
                                   {"error", query.error}});
  }
  for (const auto& version : evidence.versions) document["versions"].push_back(version.str());
  return document.dump(1, ' ', false, json::error_handler_t::replace);
}

Result<Evidence> DecodeEvidence(const std::string& text) {
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object()) return Status(Code::kCorrupt, "stored evidence cannot be read");
  Evidence evidence;
  evidence.gate = document.value("gate", "");
  evidence.question = document.value("question", "");
  evidence.pipeline = document.value("pipeline", "");
  evidence.run_number = document.value("run", std::int64_t{0});
  evidence.input = VersionId(document.value("input", ""));
  evidence.input_number = document.value("input_number", std::int64_t{0});
  evidence.input_table = document.value("input_table", "");
  evidence.digest = document.value("digest", "");
  evidence.rows = document.value("rows", std::int64_t{0});
  if (document.contains("approved_rows") && document["approved_rows"].is_number()) {
    evidence.approved = {
        document.value("approved_table", ""), document.value("approved_version", std::int64_t{0}),
        document["approved_rows"].get<std::int64_t>(), document.value("approved_by", "")};
  }
  if (document.contains("timeout_ns") && document["timeout_ns"].is_number_integer())
    evidence.timeout = component::Duration(document["timeout_ns"].get<std::int64_t>());
  evidence.schema_changes = document.value("schema_changes", std::vector<std::string>());
  evidence.failed_checks = document.value("failed_checks", std::vector<std::string>());
  for (const auto& entry : document.value("queries", json::array())) {
    Evidence::Query query;
    query.sql = entry.value("sql", "");
    query.columns = entry.value("columns", std::vector<std::string>());
    query.file = entry.value("file", "");
    query.error = entry.value("error", "");
    for (const auto& row : entry.value("rows", json::array())) {
      auto& cells = query.rows.emplace_back();
      for (const auto& cell : row)
        cells.push_back(cell.is_string() ? std::optional(cell.get<std::string>()) : std::nullopt);
    }
    evidence.queries.push_back(std::move(query));
  }
  for (const auto& version : document.value("versions", json::array()))
    evidence.versions.emplace_back(version.get<std::string>());
  return evidence;
}

Result<GateDecision> FindDecision(Workspace& workspace, const NodeId& gate,
                                  const catalog::VersionRecord& input, bool compare_rows) {
  TW_ASSIGN_OR_RETURN(const auto signatures, workspace.catalog().Signatures(gate));
  GateDecision decision;
  for (const auto& signature : signatures) {
    if (signature.versions.empty() || signature.versions.front() != input.manifest.id) continue;
    decision.state = signature.decision == catalog::Decision::kApproved
                         ? GateDecision::State::kApproved
                         : GateDecision::State::kRejected;
    decision.signature = signature;
    return decision;
  }
  if (!compare_rows || signatures.empty()) return decision;
  TW_ASSIGN_OR_RETURN(const std::string digest, DigestOf(workspace, input, {}));
  for (const auto& signature : signatures) {
    if (signature.decision != catalog::Decision::kApproved || signature.digest != digest) continue;
    TW_ASSIGN_OR_RETURN(const auto approved,
                        workspace.catalog().FindVersion(signature.versions.front()));
    if (!approved ||
        !data::SchemaChanges(approved->manifest.columns, input.manifest.columns).empty())
      continue;
    decision.state = GateDecision::State::kApproved;
    decision.signature = signature;
    decision.same_rows_as_approved = true;
    return decision;
  }
  return decision;
}

Result<std::string> DigestOf(Workspace& workspace, const catalog::VersionRecord& version,
                             std::stop_token stop) {
  if (!version.digest.empty()) return version.digest;
  TW_ASSIGN_OR_RETURN(const auto known,
                      workspace.catalog().CacheGet(kDigestCache, version.manifest.id.str()));
  if (known) return *known;
  TW_ASSIGN_OR_RETURN(component::Engine * engine, workspace.engine());
  const std::string_view name = "thalweg_in";
  TW_ASSIGN_OR_RETURN(auto table, TableOf(workspace, version));
  component::Statement statement{fmt::format("SELECT * FROM {}", name), {}, {std::move(table)}, {}};
  statement.slots.push_back(
      {statement.text.size() - name.size(), statement.text.size(), std::string(name), 0});
  TW_ASSIGN_OR_RETURN(const auto rows, engine->Query(statement, stop));
  data::RowDigest digest;
  while (true) {
    TW_ASSIGN_OR_RETURN(const data::Batch batch, rows->Next());
    if (!batch) break;
    TW_RETURN_IF_ERROR(digest.Add(*batch));
  }
  const std::pair<std::string, std::string> entry(version.manifest.id.str(), digest.ToHex());
  TW_RETURN_IF_ERROR(workspace.catalog().CachePut(kDigestCache, std::span(&entry, 1)));
  return entry.second;
}

namespace {

/// Of an upsert table with changes only reading tells; its digest begins with the number.
Result<std::int64_t> ExactRows(Workspace& workspace, const catalog::VersionRecord& version,
                               std::stop_token stop) {
  if (version.manifest.rows_exact()) return version.manifest.rows;
  TW_ASSIGN_OR_RETURN(const std::string digest, DigestOf(workspace, version, stop));
  std::int64_t rows = 0;
  std::from_chars(digest.data(), digest.data() + digest.size(), rows);
  return rows;
}

}  // namespace

Result<Evidence> CollectEvidence(Workspace& workspace, const Graph& graph, const GraphNode& gate,
                                 const NodeId& gate_id, const catalog::VersionRecord& input,
                                 const std::vector<std::vector<catalog::VersionRecord>>& tables,
                                 std::int64_t run_number, std::stop_token stop) {
  const auto& body = std::get<spec::GateBody>(gate.spec->body);
  Evidence evidence{.gate = gate.name(),
                    .question = body.question,
                    .pipeline = graph.pipeline->name,
                    .run_number = run_number,
                    .input = input.manifest.id,
                    .input_number = input.number,
                    .input_table = input.table,
                    .timeout = body.timeout};
  evidence.versions.push_back(evidence.input);
  TW_RETURN_IF_ERROR(CheckOutsideFiles(workspace.files(), input));
  TW_ASSIGN_OR_RETURN(evidence.digest, DigestOf(workspace, input, stop));
  TW_ASSIGN_OR_RETURN(evidence.rows, ExactRows(workspace, input, stop));
  TW_ASSIGN_OR_RETURN(const auto approval, LastApproval(workspace, gate_id));
  if (approval) {
    const catalog::VersionRecord& version = approval->version;
    TW_ASSIGN_OR_RETURN(const std::int64_t rows, ExactRows(workspace, version, stop));
    evidence.approved = {version.table, version.number, rows, approval->by};
    evidence.schema_changes = data::SchemaChanges(version.manifest.columns, input.manifest.columns);
  }
  TW_ASSIGN_OR_RETURN(evidence.failed_checks, FailedWarnings(workspace, input));

  const std::string directory = workspace.home().EvidenceDirectory(run_number);
  TW_RETURN_IF_ERROR(MakeDirectories(workspace.files(), directory));
  const std::vector<component::Parameter> parameters = ParametersOf(*graph.pipeline);
  for (std::size_t i = 0; i < gate.evidence.size(); ++i) {
    Evidence::Query& query = evidence.queries.emplace_back();
    query.sql = gate.evidence[i].text.text;
    const Status status = Collect(
        workspace, gate.evidence[i], tables[i], parameters,
        JoinPath(directory, fmt::format("{}-{}.parquet", gate.name(), i + 1)), stop, &query);
    if (!status.ok() && (status.code() == Code::kCancelled || status.slug() == kSourceChanged))
      return status;
    if (!status.ok()) query.error = status.message();
    for (const auto& version : tables[i]) {
      if (std::find(evidence.versions.begin(), evidence.versions.end(), version.manifest.id) ==
          evidence.versions.end())
        evidence.versions.push_back(version.manifest.id);
    }
  }
  TW_RETURN_IF_ERROR(WriteFileAtomically(
      workspace.files(), EvidencePath(workspace, run_number, gate.name()), Encode(evidence)));
  return evidence;
}

Result<Evidence> StoredEvidence(const Workspace& workspace, std::int64_t run,
                                const std::string& gate) {
  TW_ASSIGN_OR_RETURN(const std::string text,
                      ReadFile(workspace.files(), EvidencePath(workspace, run, gate)));
  return DecodeEvidence(text);
}

Result<Evidence> WaitingEvidence(Workspace& workspace, const std::string& gate) {
  const std::size_t dot = gate.find('.');
  const std::optional<std::string> pipeline =
      dot == std::string::npos ? std::nullopt : std::optional(gate.substr(0, dot));
  const std::string name = dot == std::string::npos ? gate : gate.substr(dot + 1);
  TW_ASSIGN_OR_RETURN(const auto runs, workspace.catalog().Runs(pipeline, 1000));
  std::vector<std::string> waiting;
  std::optional<catalog::NodeRunRecord> newest;
  std::optional<Evidence> found;
  for (const auto& run : runs) {
    if (found && run.state == catalog::RunState::kDone) continue;
    TW_ASSIGN_OR_RETURN(const auto nodes, workspace.catalog().NodeRuns(run.id));
    for (const auto& node : nodes) {
      if (node.node_name == name && !newest) newest = node;
      if (node.state != catalog::NodeState::kWaiting || run.state == catalog::RunState::kCancelled)
        continue;
      if (node.node_name != name) {
        waiting.push_back(node.node_name);
        continue;
      }
      if (found) {
        if (found->pipeline == run.pipeline || !CheckStillWaits(workspace, node).ok()) continue;
        return Status::Invalid(fmt::format("gates named \"{}\" wait in several pipelines", name))
            .WithSlug("ambiguous-gate")
            .WithHint(
                fmt::format("write {}.{} or {}.{}", found->pipeline, name, run.pipeline, name));
      }
      TW_ASSIGN_OR_RETURN(Evidence evidence, StoredEvidence(workspace, run.number, name));
      evidence.until = WaitsUntil(node, evidence);
      found = std::move(evidence);
    }
  }
  if (found) return *std::move(found);
  if (newest) TW_RETURN_IF_ERROR(CheckStillWaits(workspace, *newest));
  const std::string near = Nearest(name, waiting);
  return Status::NotFound(fmt::format("no run waits at a gate named \"{}\"", gate))
      .WithSlug("no-waiting-gate")
      .WithHint(!near.empty()     ? fmt::format("did you mean \"{}\"?", near)
                : waiting.empty() ? "thalweg runs lists the runs and what they wait for"
                                  : fmt::format("a run waits at \"{}\"", waiting.front()));
}

Result<catalog::SignatureRecord> Sign(Workspace& workspace, const Evidence& evidence,
                                      catalog::Decision decision, const std::string& comment) {
  TW_ASSIGN_OR_RETURN(const auto run, workspace.catalog().FindRun(evidence.run_number));
  if (!run) return Status::NotFound(fmt::format("there is no run {}", evidence.run_number));
  TW_ASSIGN_OR_RETURN(const auto nodes, workspace.catalog().NodeRuns(run->id));
  const auto gate = std::find_if(nodes.begin(), nodes.end(),
                                 [&](const auto& node) { return node.node_name == evidence.gate; });
  TW_RETURN_IF_ERROR(FailTimedOutGates(workspace, *run).status());
  if (gate != nodes.end()) TW_RETURN_IF_ERROR(CheckStillWaits(workspace, *gate));
  TW_ASSIGN_OR_RETURN(const auto shown, workspace.catalog().FindVersion(evidence.input));
  TW_ASSIGN_OR_RETURN(const auto latest,
                      workspace.catalog().LatestGood(evidence.pipeline, evidence.input_table));
  if (gate == nodes.end() || !shown || !latest || latest->manifest.id != evidence.input) {
    return Status(Code::kConflict,
                  fmt::format("the data at gate {} changed since its evidence was shown: version "
                              "{} of {} is no longer the newest",
                              evidence.gate, evidence.input_number, evidence.input_table))
        .WithSlug("stale-evidence")
        .WithHint("thalweg run shows the new data at the gate");
  }
  if (decision == catalog::Decision::kApproved)
    TW_RETURN_IF_ERROR(CheckOutsideFiles(workspace.files(), *shown));
  catalog::NewSignature signature{.gate = gate->node,
                                  .decision = decision,
                                  .versions = evidence.versions,
                                  .digest = evidence.digest,
                                  .comment = comment,
                                  .run_number = evidence.run_number,
                                  .actor = {workspace.actor(), comment}};
  TW_ASSIGN_OR_RETURN(auto record, workspace.catalog().Sign(signature));
  if (decision == catalog::Decision::kRejected) {
    const catalog::Actor actor{workspace.actor(), "rejected: " + comment};
    TW_RETURN_IF_ERROR(workspace.catalog().SetNodeRun(
        gate->id, {.state = catalog::NodeState::kFailed, .error = actor.reason, .actor = actor}));
    TW_RETURN_IF_ERROR(workspace.catalog().SetRunState(run->id, catalog::RunState::kFailed, actor));
  }
  return record;
}

}  // namespace thalweg::runs
