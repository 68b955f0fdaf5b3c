#include "cli/evidence_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/table_printer.h"

namespace thalweg::cli {
namespace {

bool LooksNumeric(const std::string& text) {
  return text.find_first_not_of("0123456789.-+e") == std::string::npos;
}

std::string QueryText(const runs::Evidence::Query& query, const StreamFacts& facts) {
  constexpr std::size_t kShown = 20;
  std::string out = "\n  " + Paint(Tone::kDim, Cut(ShowCell(query.sql), 100), facts.color) + "\n";
  if (!query.error.empty())
    return out + Paint(Tone::kBad, "  failed: ", facts.color) + ShowCell(query.error) + "\n";
  std::vector<TableColumn> columns;
  for (std::size_t i = 0; i < query.columns.size(); ++i) {
    const bool right = std::all_of(query.rows.begin(), query.rows.end(), [&](const auto& row) {
      return !row[i] || LooksNumeric(*row[i]);
    });
    columns.push_back({query.columns[i], right && !query.rows.empty()});
  }
  TablePrinter table(columns, {.lines = true, .color = facts.color, .width = facts.width},
                     [&out](std::string_view text) { out += text; });
  for (std::size_t i = 0; i < std::min(kShown, query.rows.size()); ++i) table.Add(query.rows[i]);
  table.Finish(query.rows.size() > kShown
                   ? fmt::format("the first {} rows; all are in the home: {}", kShown, query.file)
                   : "");
  return out;
}

std::string Against(const runs::Evidence& evidence) {
  if (!evidence.approved) return "nothing was approved here before";
  const auto& last = *evidence.approved;
  const std::string table = last.table == evidence.input_table ? "" : " of " + last.table;
  const std::string which = fmt::format("version {}{} ({}), which {} approved last", last.version,
                                        table, FormatCount(last.rows, "row"), last.by);
  const std::int64_t more = evidence.rows - last.rows;
  if (more == 0) return "as many as " + which;
  return fmt::format("{} {} than {}", FormatCount(std::abs(more), "row"),
                     more > 0 ? "more" : "fewer", which);
}

}  // namespace

std::string EvidenceText(const runs::Evidence& evidence, const StreamFacts& facts) {
  std::string out =
      Paint(Tone::kBold, fmt::format("gate {}: {}", evidence.gate, ShowCell(evidence.question)),
            facts.color) +
      "\n";
  out += fmt::format("  {} version {}, {}: {}\n", evidence.input_table, evidence.input_number,
                     FormatCount(evidence.rows, "row"), Against(evidence));
  for (const auto& change : evidence.schema_changes)
    out += "  column change: " + ShowCell(change) + "\n";
  for (const auto& check : evidence.failed_checks) {
    out += "  " + Paint(Tone::kWarn, "warning: ", facts.color) + ShowCell(check) + "\n";
  }
  if (evidence.until)
    out += fmt::format("  fails if nobody signs before {}\n", FormatInstant(*evidence.until));
  for (const auto& query : evidence.queries) out += QueryText(query, facts);
  return out;
}

Json ToJson(const runs::Evidence& evidence) {
  return Json::parse(runs::Encode(evidence));
}

std::string SignatureAdvice(const runs::Evidence& evidence) {
  return fmt::format("thalweg approve {0} --resume\n  or: thalweg reject {0} --comment \"why\"",
                     evidence.gate);
}

}  // namespace thalweg::cli
