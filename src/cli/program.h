#pragma once

#include <functional>
#include <string>

#include "base/bytes.h"
#include "component/registry.h"
#include "runs/workspace.h"

namespace thalweg::cli {

/// "0.1.0", from the build.
std::string ProgramVersion();

struct EngineOptions {
  Bytes memory;
  int threads = 0;  ///< 0: one per core
  std::string spill_directory;
};

/// What main.cc puts together: everything that commands use without knowing it by name. Nothing is
/// made before a command needs it.
struct Program {
  std::string version = ProgramVersion();
  std::string engine_name, engine_version;
  std::function<component::Registry()> make_registry;
  std::function<Result<runs::OpenedEngine>(const EngineOptions&)> open_engine;
};

/// All of `thalweg`: reads the command line, executes one command, returns its exit code.
int Main(int argc, char** argv, const Program& program);

}  // namespace thalweg::cli
