#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sql/analysis.h"
#include "sql/scanner.h"
#include "sql/syntax_tree.h"

namespace thalweg::sql {

/// A SELECT as parsed: its tokens and its tree, and where the things of the tree stand in the text.
struct ParsedStatement {
  Tokens tokens;
  SyntaxTree tree;

  /// The query node of the only statement.
  Node query() const { return tree.root().Get("statements").Child(0).Get("node"); }

  TextRange WholeRange() const;
  TextRange TokenRange(std::size_t index) const;
  /// The name at `offset` with its qualifiers, without arguments; else one token.
  TextRange NameRange(std::size_t offset) const;
  /// The node's name or operator; for nodes without a place that of the nearest one around it.
  TextRange RangeOf(const Node& node) const;
  /// The least place in the subtree.
  std::optional<std::size_t> FirstLocation(const Node& node) const;
  /// The last token before `index` that is this word; none: size().
  std::size_t WordBefore(std::size_t index, std::string_view upper_case) const;
  /// The first token from `index` on that is this word; none: size().
  std::size_t WordFrom(std::size_t index, std::string_view upper_case) const;
};

}  // namespace thalweg::sql
