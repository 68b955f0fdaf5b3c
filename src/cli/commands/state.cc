#include <algorithm>
#include <memory>

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/builder_time.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/diagnostic.h"
#include "cli/arguments.h"
#include "cli/commands/list.h"
#include "cli/names.h"
#include "cli/row_printer.h"
#include "cli/session.h"
#include "flow/state_files.h"
#include "flow/state_fold.h"

namespace thalweg::cli {
namespace {

struct StateOptions {
  std::string what, node, table;
  std::int64_t rows = 40;
  bool raw = false;
};

/// A snapshot that a running stream replaces while it is being read is looked up again so often.
constexpr int kTries = 3;

Result<std::vector<std::string>> TablesOf(runs::Workspace& workspace,
                                          const catalog::StateRecord& state) {
  return flow::StateReader(workspace.files(), workspace.home().path(), state.files).Tables();
}

data::Columns ListColumns() {
  return {{1, "node", "varchar"}, {2, "operator", "varchar"},     {3, "tables", "varchar"},
          {4, "files", "bigint"}, {5, "rows", "bigint"},          {6, "bytes", "bigint"},
          {7, "epoch", "bigint"}, {8, "committed", "timestamptz"}};
}

Result<data::Batch> ListStates(runs::Workspace& workspace) {
  TW_ASSIGN_OR_RETURN(const auto schema, data::ToArrow(ListColumns()));
  arrow::StringBuilder node, name, tables;
  arrow::Int64Builder files, rows, bytes, epoch;
  arrow::TimestampBuilder committed(schema->field(7)->type(), arrow::default_memory_pool());
  arrow::Status added;
  std::int64_t count = 0;
  TW_ASSIGN_OR_RETURN(const auto nodes, workspace.catalog().Nodes());
  for (const auto& record : nodes) {
    TW_ASSIGN_OR_RETURN(const auto states, workspace.catalog().States(record.id));
    for (const auto& state : states) {
      std::int64_t of_files = 0;
      Bytes size;
      for (const auto& file : state.files) of_files += file.rows, size += file.size;
      TW_ASSIGN_OR_RETURN(const auto names, TablesOf(workspace, state));
      added &= node.Append(record.pipeline + "." + record.name);
      added &= name.Append(state.operator_name);
      added &= tables.Append(fmt::format("{}", fmt::join(names, ", ")));
      added &= files.Append(std::ssize(state.files));
      added &= rows.Append(of_files);
      added &= bytes.Append(size.value);
      added &= epoch.Append(static_cast<std::int64_t>(state.sequence));
      added &= committed.Append(state.committed.time_since_epoch().count());
      ++count;
    }
  }
  std::vector<std::shared_ptr<arrow::Array>> arrays(8);
  arrow::ArrayBuilder* const builders[] = {&node, &name,  &tables, &files,
                                           &rows, &bytes, &epoch,  &committed};
  for (std::size_t i = 0; i < arrays.size(); ++i) added &= builders[i]->Finish(&arrays[i]);
  if (!added.ok()) return data::FromArrowStatus(added, "list states");
  return arrow::RecordBatch::Make(schema, count, std::move(arrays));
}

Result<ExitCode> List(Context& context, const StateOptions& options) {
  TW_ASSIGN_OR_RETURN(const auto session, Session::Open(context, HomeUse::kExisting));
  TW_ASSIGN_OR_RETURN(const data::Batch batch, ListStates(session->workspace()));
  TW_ASSIGN_OR_RETURN(const auto printer,
                      MakeRowPrinter(context.options().form, batch->schema(), ListColumns(),
                                     options.rows, context.console()));
  TW_RETURN_IF_ERROR(printer->Add(*batch));
  TW_RETURN_IF_ERROR(printer->Finish());
  return ExitCode::kOk;
}

struct Chosen {
  std::string table;
  std::vector<data::DataFile> files;
};

/// The table that is meant, of the node's last committed state.
Result<Chosen> Choose(runs::Workspace& workspace, const catalog::NodeRecord& node,
                      const std::string& wanted) {
  TW_ASSIGN_OR_RETURN(const auto states, workspace.catalog().States(node.id));
  std::vector<std::string> known;
  Chosen chosen;
  for (const auto& state : states) {
    TW_ASSIGN_OR_RETURN(const auto tables, TablesOf(workspace, state));
    for (const auto& table : tables) {
      known.push_back(table);
      if (chosen.files.empty() && (wanted.empty() || table == wanted))
        chosen = {table, state.files};
    }
  }
  if (known.empty()) {
    return Status::NotFound(fmt::format("{}.{} keeps no state", node.pipeline, node.name))
        .WithHint("thalweg state ls");
  }
  if (wanted.empty() && known.size() > 1) {
    return Status::Invalid(fmt::format("the state of {}.{} has several tables: {}", node.pipeline,
                                       node.name, fmt::join(known, ", ")))
        .WithHint(fmt::format("thalweg state show {} {}", node.name, known.front()));
  }
  if (chosen.files.empty()) {
    const std::string near = Nearest(wanted, known);
    return Status::NotFound(fmt::format("the state of {}.{} has no table \"{}\"", node.pipeline,
                                        node.name, wanted))
        .WithHint(near.empty() ? fmt::format("it has: {}", fmt::join(known, ", "))
                               : fmt::format("did you mean \"{}\"?", near));
  }
  return chosen;
}

/// Prints the rows that the state has, or as they lie. `printer` is made with the first of them.
Status PrintRows(runs::Workspace& workspace, const Chosen& chosen, const StateOptions& options,
                 Context& context, std::unique_ptr<RowPrinter>& printer) {
  const Status enough = Status::Cancelled("enough");
  bool stopped = false;
  const auto print = [&](const data::Batch& batch) -> Status {
    if (!printer) {
      TW_ASSIGN_OR_RETURN(const auto columns, data::FromArrow(*batch->schema()));
      TW_ASSIGN_OR_RETURN(printer, MakeRowPrinter(context.options().form, batch->schema(), columns,
                                                  options.rows, context.console()));
    }
    TW_RETURN_IF_ERROR(printer->Add(*batch));
    stopped = printer->enough() || context.console().broken();
    return stopped ? enough : Status::Ok();
  };
  const std::string& home = workspace.home().path();
  const Status read =
      options.raw
          ? flow::StateReader(workspace.files(), home, chosen.files).Read(chosen.table, print)
          : flow::ReadFolded(workspace.files(), home, chosen.files, chosen.table, print);
  return stopped ? Status::Ok() : read;
}

Result<ExitCode> Show(Context& context, const StateOptions& options) {
  if (options.node.empty()) {
    return Status::Invalid("which node's state?").WithHint("thalweg state ls lists them");
  }
  TW_ASSIGN_OR_RETURN(const auto session, Session::Open(context, HomeUse::kExisting));
  runs::Workspace& workspace = session->workspace();
  TW_ASSIGN_OR_RETURN(const auto node, FindNode(workspace.catalog(), options.node));
  std::unique_ptr<RowPrinter> printer;
  for (int tries = 1;; ++tries) {
    TW_ASSIGN_OR_RETURN(const Chosen chosen, Choose(workspace, node, options.table));
    const Status printed = PrintRows(workspace, chosen, options, context, printer);
    if (printed.ok()) break;
    if (printer || tries == kTries) return printed;
  }
  if (!printer) {
    context.Say("the table is empty\n");
    return ExitCode::kOk;
  }
  TW_RETURN_IF_ERROR(printer->Finish());
  return ExitCode::kOk;
}

}  // namespace

Command StateCommand() {
  return {
      .name = "state",
      .group = kLookGroup,
      .summary = "Look at what operators of streams remember",
      .usage = "ls | show NODE [TABLE]",
      .details =
          "ls lists the operators with state, as of their last committed epoch. show prints the "
          "rows of a table of it. With\n"
          "--raw they come as they were written: a row with _op U stands for earlier ones with its "
          "key, one with _op D removes it.\n"
          "Both also work while the stream runs.",
      .example = "thalweg state ls\nthalweg state show totals panes",
      .forms = {std::begin(kRowForms), std::end(kRowForms)},
      .build = [](CLI::App& parser) -> Action {
        auto options = std::make_shared<StateOptions>();
        parser.add_option("WHAT", options->what, "ls, or show")
            ->required()
            ->check(CLI::IsMember({"ls", "show"}));
        parser.add_option("NODE", options->node, "A node: name or pipeline.name");
        parser.add_option("TABLE", options->table, "A table of its state");
        parser
            .add_option("--rows", options->rows, "How many rows the table form shows; default 40")
            ->type_name("N")
            ->check(WholeNumber(0, 1'000'000'000));
        parser.add_flag("--raw", options->raw, "show: all rows as they were written, with _op");
        return [options](Context& context) {
          return options->what == "ls" ? List(context, *options) : Show(context, *options);
        };
      }};
}

}  // namespace thalweg::cli
