#pragma once

#include <string>
#include <string_view>

#include "base/diagnostic.h"

namespace thalweg::spec {

/// [a-z][a-z0-9_]*, at most 63 bytes.
bool IsName(std::string_view text);

/// Reports a name that has not the form of one, or is reserved. `what`: "node", "parameter",
/// "pipeline".
bool CheckName(std::string_view what, std::string_view name, const Span& span,
               Diagnostics& diagnostics);
/// Of nodes, beside CheckName: the endings of tables that nodes make beside their own.
bool CheckNodeName(std::string_view name, const Span& span, Diagnostics& diagnostics);

/// The node that makes table `name` beside its own ("flights_rejects" -> "flights"); empty when it
/// is no such name.
std::string_view OwnerOfSideTable(std::string_view name);

}  // namespace thalweg::spec
