#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/commands/list.h"
#include "cli/context.h"
#include "cli/table_printer.h"
#include "spec/pipeline.h"

namespace thalweg::cli {
namespace {

std::string_view NameOf(component::Kind kind) {
  switch (kind) {
    case component::Kind::kSource:
      return "source";
    case component::Kind::kTarget:
      return "target";
    case component::Kind::kOperator:
      return "operator";
  }
  return "?";
}

ExitCode List(Context& context) {
  const auto components = context.registry().All();
  if (context.json()) {
    Json document = NewDocument();
    document["components"] = Json::array();
    for (const auto* entry : components) {
      const auto& descriptor = entry->descriptor;
      document["components"].push_back({{"name", descriptor.name},
                                        {"kind", NameOf(descriptor.kind)},
                                        {"summary", descriptor.summary},
                                        {"promise", descriptor.promise}});
    }
    context.Print(document);
    return ExitCode::kOk;
  }
  TablePrinter table = ListOn(context.console(), {{"component"}, {"kind"}, {"what it is"}});
  for (const auto* entry : components) {
    table.Add({entry->descriptor.name, std::string(NameOf(entry->descriptor.kind)),
               entry->descriptor.summary});
  }
  table.Finish();
  context.SayNext(
      "thalweg describe NAME, for one of these or a key of the file such as checks or gate");
  return ExitCode::kOk;
}

Result<ExitCode> Describe(Context& context, const std::string& name) {
  if (name.empty()) return List(context);
  TW_ASSIGN_OR_RETURN(std::string text, spec::DescribeText(context.registry(), name));
  if (context.json()) {
    Json document = NewDocument();
    document["name"] = name;
    document["text"] = text;
    context.Print(document);
    return ExitCode::kOk;
  }
  if (!text.ends_with('\n')) text += '\n';
  context.Out(text);
  return ExitCode::kOk;
}

}  // namespace

Command DescribeCommand() {
  return {.name = "describe",
          .group = kWriteGroup,
          .summary = "Explain a connector, an operator or a key of the file",
          .usage = "[NAME]",
          .details = "",
          .example = "thalweg describe\nthalweg describe files",
          .forms = {"text", "json"},
          .build = [](CLI::App& parser) -> Action {
            auto name = std::make_shared<std::string>();
            parser.add_option("NAME", *name, "What to explain");
            return [name](Context& context) { return Describe(context, *name); };
          }};
}

}  // namespace thalweg::cli
