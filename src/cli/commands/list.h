#pragma once

#include "cli/command.h"

// One function per file of this folder; commands.cc puts them into the list.
namespace thalweg::cli {

Command ApproveCommand();
Command BenchCommand();
Command CompletionCommand();
Command DescribeCommand();
Command DoctorCommand();
Command GcCommand();
Command GraphCommand();
Command InitCommand();
Command LsCommand();
Command PlanCommand();
Command QueryCommand();
Command RejectCommand();
Command ResumeCommand();
Command RunCommand();
Command RunsCommand();
Command SchemaCommand();
Command ShowCommand();
Command StateCommand();
Command TapCommand();
Command TestCommand();
Command ValidateCommand();
Command VersionCommand();

inline constexpr std::string_view kWriteGroup = "Write a pipeline";
inline constexpr std::string_view kRunGroup = "Run it";
inline constexpr std::string_view kLookGroup = "Look at the results";
inline constexpr std::string_view kHomeGroup = "Look after the home";
inline constexpr std::string_view kProgramGroup = "The program itself";

}  // namespace thalweg::cli
