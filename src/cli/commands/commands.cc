#include "cli/commands/list.h"

namespace thalweg::cli {

const std::vector<Command>& Commands() {
  static const std::vector<Command> commands = {
      InitCommand(),     ValidateCommand(),  TestCommand(),   PlanCommand(),   GraphCommand(),
      DescribeCommand(), SchemaCommand(),    RunCommand(),    ResumeCommand(), ApproveCommand(),
      RejectCommand(),   QueryCommand(),     LsCommand(),     RunsCommand(),   ShowCommand(),
      StateCommand(),    TapCommand(),       DoctorCommand(), GcCommand(),     BenchCommand(),
      VersionCommand(),  CompletionCommand()};
  return commands;
}

}  // namespace thalweg::cli
