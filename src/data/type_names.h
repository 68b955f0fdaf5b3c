#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/type_tree.h"

namespace thalweg::data {

/// The kind that a single word stands for, canonical name or alias, in any case. None for an
/// unknown word.
std::optional<TypeKind> KindOfName(std::string_view word);

/// The canonical name of a kind, without arguments.
std::string_view NameOfKind(TypeKind kind);

/// All words that KindOfName knows.
std::vector<std::string> KnownTypeNames();

/// Whether DuckDB 1.5 takes the word as a field name only in quotes (its reserved and
/// type-or-function keywords).
bool IsReservedWord(std::string_view lower_case_word);

}  // namespace thalweg::data
