#pragma once

#include <vector>

#include "component/fields.h"

namespace thalweg::spec {

/// All pieces of SQL in options that were read by `info`, in the order of the file.
std::vector<component::SqlText> SqlTextsIn(const component::Value& value,
                                           const component::ObjectInfo& info);

}  // namespace thalweg::spec
