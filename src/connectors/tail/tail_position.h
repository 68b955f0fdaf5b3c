#pragma once

#include <vector>

#include "component/source.h"
#include "connectors/tail/tail_file.h"

namespace thalweg::connectors {

/// Where all files stand: {"files":[{"path":…,"device":…,"inode":…,"offset":…,"line":…}]}.
component::Position ToPosition(const std::vector<TailPlace>& places);
Result<std::vector<TailPlace>> ParseTailPosition(const component::Position& position);

}  // namespace thalweg::connectors
