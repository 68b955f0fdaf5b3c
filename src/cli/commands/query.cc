#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/arguments.h"
#include "cli/commands/list.h"
#include "cli/row_printer.h"
#include "cli/session.h"
#include "runs/query.h"

namespace thalweg::cli {
namespace {

struct QueryOptions {
  std::string sql, pipeline;
  std::int64_t rows = 40;
};

/// Longer texts are no statements.
constexpr std::size_t kLongestStatement = 16 << 20;

Result<std::string> ReadStandardInput() {
  std::string text;
  char buffer[64 * 1024];
  while (true) {
    const ssize_t count = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Status::FromErrno(errno, "cannot read the statement from standard input");
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > kLongestStatement)
      return Status::Invalid("the statement on standard input is too long")
          .WithHint("thalweg query -o csv - < FILE.sql");
  }
}

/// A table that does not exist is another thing than a statement that is wrong.
ExitCode ExitForStatement(const Diagnostics& diagnostics) {
  const auto& all = diagnostics.all();
  const bool missing = std::all_of(all.begin(), all.end(), [](const Diagnostic& d) {
    return d.severity != Severity::kError || d.code == Code::kNotFound;
  });
  return missing ? ExitCode::kNotFound : ExitCode::kUsage;
}

/// As they come. What fails here is the data, not the statement.
Result<ExitCode> PrintRows(Context& context, const QueryOptions& options,
                           component::RowStream& rows) {
  Console& console = context.console();
  TW_ASSIGN_OR_RETURN(const auto printer, MakeRowPrinter(context.options().form, rows.schema(),
                                                         rows.columns(), options.rows, console));
  while (!console.broken() && !printer->enough()) {
    const auto batch = rows.Next();
    if (!batch.ok() && batch.status().code() == Code::kInvalid)
      return context.Fail(batch.status(), ExitCode::kFailed);
    TW_RETURN_IF_ERROR(batch.status());
    if (!*batch) break;
    TW_RETURN_IF_ERROR(printer->Add(**batch));
  }
  TW_RETURN_IF_ERROR(printer->Finish());
  return context.InterruptedOr(ExitCode::kOk);
}

Result<ExitCode> Query(Context& context, const QueryOptions& options) {
  const std::string& form = context.options().form;
  if (IsBinaryForm(form) && context.console().out().terminal) {
    return Status::Invalid(fmt::format("{} is not for terminals", form))
        .WithSlug("binary-to-terminal")
        .WithHint(fmt::format("write it to a file: thalweg query -o {0} … > result.{0}", form));
  }
  std::string sql = options.sql;
  if (sql == "-") {
    TW_ASSIGN_OR_RETURN(sql, ReadStandardInput());
  }
  const std::stop_token stop = context.StopOnInterrupt();
  TW_ASSIGN_OR_RETURN(const auto session, Session::Open(context, HomeUse::kExisting));
  Diagnostics diagnostics;
  auto query = runs::Query(session->workspace(), sql, options.pipeline, stop, diagnostics);
  if (diagnostics.has_errors())
    return context.Fail(diagnostics, "thalweg query \"…\"", ExitForStatement(diagnostics));
  TW_RETURN_IF_ERROR(query.status());
  context.Warn(diagnostics);
  return PrintRows(context, options, *query->rows);
}

}  // namespace

Command QueryCommand() {
  return {
      .name = "query",
      .group = kLookGroup,
      .summary = "Ask a question in SQL over all tables",
      .usage = "\"SQL\"|-",
      .details =
          "Tables go by their name or as pipeline.name; x AT (VERSION => 3), AT (VERSION => "
          "'run:12') and\n"
          "AT (TIMESTAMP => '2026-01-31T12:00:00Z') look back. thalweg.runs, .nodes, .attempts, "
          ".versions, .signatures,\n"
          ".events and .metrics are what the home knows of itself. Rows are printed as they come; "
          "only the table form stops\n"
          "at --rows. With - the statement is read from standard input.",
      .example =
          "thalweg query \"FROM by_country ORDER BY revenue DESC\"\nthalweg query -o parquet "
          "\"FROM sales\" > sales.parquet",
      .forms = {std::begin(kRowForms), std::end(kRowForms)},
      .build = [](CLI::App& parser) -> Action {
        auto options = std::make_shared<QueryOptions>();
        parser.add_option("SQL", options->sql, "One SELECT, or - for standard input")->required();
        parser
            .add_option("--rows", options->rows, "How many rows the table form shows; default 40")
            ->type_name("N")
            ->check(WholeNumber(0, 1'000'000'000));
        parser
            .add_option("--pipeline", options->pipeline,
                        "Whose tables are meant by names without one")
            ->type_name("NAME");
        return [options](Context& context) { return Query(context, *options); };
      }};
}

}  // namespace thalweg::cli
