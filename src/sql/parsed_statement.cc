#include "sql/parsed_statement.h"

#include <algorithm>

namespace thalweg::sql {

TextRange ParsedStatement::WholeRange() const {
  if (tokens.size() == 0) return {0, tokens.text().size()};
  return {tokens[0].begin, tokens[tokens.size() - 1].end};
}

TextRange ParsedStatement::TokenRange(std::size_t index) const {
  return {tokens[index].begin, tokens[index].end};
}

TextRange ParsedStatement::NameRange(std::size_t offset) const {
  const std::size_t first = tokens.IndexAt(offset);
  if (first >= tokens.size()) return WholeRange();
  std::size_t last = first;
  if (tokens.IsName(first)) {
    while (tokens.IsSymbol(last + 1, ".") && tokens.IsName(last + 2)) last += 2;
  }
  return {tokens[first].begin, tokens[last].end};
}

TextRange ParsedStatement::RangeOf(const Node& node) const {
  for (Node at = node; at; at = at.parent()) {
    const auto location = at.location();
    if (!location) continue;
    const std::string_view sign = at.Get("is_operator").truth() ? at.Text("function_name") : "";
    if (!sign.empty() && std::string_view(tokens.text()).substr(*location).starts_with(sign)) {
      return {*location, *location + sign.size()};
    }
    return NameRange(*location);
  }
  return WholeRange();
}

std::optional<std::size_t> ParsedStatement::FirstLocation(const Node& node) const {
  if (!node) return {};
  std::optional<std::size_t> first;
  for (std::size_t i = node.index(); i < node.end(); ++i) {
    const Node child = tree[i];
    if (child.key() != "query_location") continue;
    const auto at = child.integer();
    if (at == 0 && child.parent().Is("STAR")) continue;  // of FROM t: no star is written
    if (at && *at >= 0 && (!first || static_cast<std::size_t>(*at) < *first)) {
      first = static_cast<std::size_t>(*at);
    }
  }
  return first;
}

std::size_t ParsedStatement::WordBefore(std::size_t index, std::string_view upper_case) const {
  for (std::size_t i = std::min(index, tokens.size()); i-- > 0;) {
    if (tokens.IsWord(i, upper_case)) return i;
  }
  return tokens.size();
}

std::size_t ParsedStatement::WordFrom(std::size_t index, std::string_view upper_case) const {
  for (std::size_t i = index; i < tokens.size(); ++i) {
    if (tokens.IsWord(i, upper_case)) return i;
  }
  return tokens.size();
}

}  // namespace thalweg::sql
