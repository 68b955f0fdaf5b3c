#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "component/source.h"
#include "flow/sink.h"
#include "flow/state_files.h"

namespace thalweg::flow {

/// One epoch of a flow, complete: every task has done what lies before its barrier, and nothing of
/// what lies behind it.
struct EpochParts {
  std::uint64_t epoch = 0;
  bool last = false;  ///< every input has ended: nothing follows
  /// By step: where its splits stand (sources), or {"version": id} (tables).
  std::map<int, std::map<std::string, component::Position>> positions;
  struct State {
    int step = 0, instance = 0;
    std::unique_ptr<StateBuffer> state;  ///< base or delta; null: the instance has ended, no state
  };
  std::vector<State> states;
  std::map<int, Sealed> sealed;  ///< by step: sinks
};

}  // namespace thalweg::flow
