#pragma once

#include "base/hash.h"
#include "sql/syntax_tree.h"

namespace thalweg::sql {

/// Hash of what a tree means: equal for other white space, comments, letters of keywords and names,
/// and other ways to write the same (x::int, CAST(x AS INTEGER)); different for anything else.
/// Names of result columns count as written, because they end up in files.
Hash128 Fingerprint(const Node& node);

/// The same for one expression, without its alias.
Hash128 ExpressionHash(const Node& expression);

}  // namespace thalweg::sql
