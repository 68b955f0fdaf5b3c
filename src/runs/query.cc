#include "runs/query.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "runs/graph.h"
#include "runs/plan.h"
#include "runs/run_state.h"
#include "runs/system_tables.h"

namespace thalweg::runs {

namespace {

/// Which pipeline an unqualified table name means: the given one if it has the table, else the only
/// one that has it.
Result<std::string> PipelineOf(const std::string& table, const std::string& preferred,
                               const std::vector<catalog::Catalog::TableRecord>& tables) {
  std::vector<std::string> owners, names;
  for (const auto& known : tables) {
    names.push_back(known.table);
    if (known.table == table) owners.push_back(known.pipeline);
  }
  if (std::find(owners.begin(), owners.end(), preferred) != owners.end()) return preferred;
  if (owners.size() == 1) return owners.front();
  if (owners.size() > 1) {
    return Status::Invalid(fmt::format("several pipelines have a table \"{}\": {}", table,
                                       fmt::join(owners, ", ")))
        .WithSlug("ambiguous-table")
        .WithHint(fmt::format("write {}.{}", owners.front(), table));
  }
  const std::string near = Nearest(table, names);
  return Status::NotFound(fmt::format("there is no table \"{}\"", table))
      .WithSlug("unknown-table")
      .WithHint(near.empty() ? "thalweg ls lists the tables"
                             : fmt::format("did you mean \"{}\"?", near));
}

/// Versions that stood together: a stream commits all its tables at once, and a commit may come
/// between two look-ups. What is the same in two rounds was there at one moment between them.
Status ChooseTogether(catalog::Catalog& catalog, const std::vector<InputTable>& tables,
                      std::vector<catalog::VersionRecord>* versions) {
  if (tables.size() < 2) return {};
  while (true) {
    bool same = true;
    for (std::size_t i = 0; i < tables.size(); ++i) {
      TW_ASSIGN_OR_RETURN(auto version, ChooseVersion(catalog, tables[i]));
      same &= version.manifest.id == (*versions)[i].manifest.id;
      (*versions)[i] = std::move(version);
    }
    if (same) return {};
  }
}

}  // namespace

Result<OpenQuery> Query(Workspace& workspace, const std::string& sql, const std::string& pipeline,
                        std::stop_token stop, Diagnostics& diagnostics) {
  const auto source = std::make_shared<const SourceText>("query", sql);
  component::SqlText text{sql, component::Value::String(sql, {source, 0, sql.size()}, {{0, 0}})};
  TW_ASSIGN_OR_RETURN(sql::Analyzer * analyzer, workspace.analyzer());
  TW_ASSIGN_OR_RETURN(auto outcomes, analyzer->Analyze(std::span(&sql, 1)));
  if (const auto* rejection = std::get_if<sql::Rejection>(&outcomes.front())) {
    for (const auto& finding : rejection->findings) {
      diagnostics.Error(finding.slug, finding.message,
                        SpanIn(text, finding.range.begin, finding.range.end), "", finding.help);
    }
    return diagnostics.ToStatus();
  }
  const auto& analysis = std::get<sql::Analysis>(outcomes.front());
  if (!analysis.parameters.empty()) {
    const std::size_t at = sql.find("$" + analysis.parameters.front());
    diagnostics.Error("unknown-parameter", "a query has no parameters",
                      SpanIn(text, at, at + analysis.parameters.front().size() + 1), "",
                      "write the value itself");
    return diagnostics.ToStatus();
  }

  OpenQuery query;
  SystemTables system(workspace);
  std::set<std::string> directories{workspace.home().TablesDirectory(),
                                    workspace.home().SpillDirectory()};
  std::vector<component::Input> inputs;
  std::vector<InputTable> stored;   // as query.versions
  std::vector<std::size_t> places;  // in inputs
  TW_ASSIGN_OR_RETURN(const auto tables, workspace.catalog().Tables());
  for (const auto& reference : analysis.tables) {
    const Span place = SpanIn(text, reference.range.begin, reference.range.end);
    auto fail = [&](const Status& status) {
      diagnostics.Add({.slug = status.slug(),
                       .message = status.message(),
                       .span = place,
                       .help = status.hint(),
                       .code = status.code()});
    };
    if (reference.pipeline == SystemTables::kPipeline) {
      auto input = system.Read(reference.table);
      if (input.ok()) inputs.push_back(std::move(input).value());
      if (!input.ok()) fail(input.status());
      continue;
    }
    InputTable table{-1, reference.pipeline, reference.table, reference.at, place};
    if (table.pipeline.empty()) {
      auto owner = PipelineOf(table.table, pipeline, tables);
      if (!owner.ok()) {
        fail(owner.status());
        continue;
      }
      table.pipeline = *owner;
    }
    auto version = ChooseVersion(workspace.catalog(), table);
    if (!version.ok()) {
      fail(version.status());
      continue;
    }
    places.push_back(inputs.size());
    inputs.push_back(component::EmptyInput{});
    stored.push_back(std::move(table));
    query.versions.push_back(std::move(version).value());
  }
  if (diagnostics.has_errors()) return diagnostics.ToStatus();
  TW_RETURN_IF_ERROR(ChooseTogether(workspace.catalog(), stored, &query.versions));
  for (std::size_t i = 0; i < stored.size(); ++i) {
    for (const auto& file : query.versions[i].manifest.files) {
      if (file.outside()) directories.insert(ParentPath(file.path));
    }
    TW_ASSIGN_OR_RETURN(inputs[places[i]], TableOf(workspace, query.versions[i]));
  }

  TW_ASSIGN_OR_RETURN(component::Engine * engine, workspace.engine());
  if (!system.directory().empty()) directories.insert(system.directory());
  TW_RETURN_IF_ERROR(engine->Confine({directories.begin(), directories.end()}));
  auto rows = engine->Query(sql::MakeStatement(sql, analysis, std::move(inputs), {}), stop);
  if (!rows.ok()) {
    if (!rows.status().place()) return rows.status();
    Diagnostic located = Locate(rows.status(), text, "");
    located.message = rows.status().message();
    diagnostics.Add(std::move(located));
    return diagnostics.ToStatus();
  }
  query.rows = std::move(rows).value();
  return query;
}

}  // namespace thalweg::runs
