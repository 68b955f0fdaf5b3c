#pragma once

#include <string>
#include <vector>

#include "component/source.h"
#include "data/element.h"

namespace thalweg::component {

/// Rows in a form that tests compare and print: a JSON object each.
std::vector<std::string> RowsAsText(const data::Batch& batch);

/// What a reader gave: rows as JSON, rejects as "line|column|reason".
struct ReadText {
  std::vector<std::string> rows, rejects;
  std::string error;  ///< slug; empty: none
  bool operator==(const ReadText&) const = default;
};
std::ostream& operator<<(std::ostream& out, const ReadText& text);

void AddPolled(const Polled& polled, ReadText* text);
/// Polls to the end.
ReadText ReadAll(Reader& reader, Bytes budget = Bytes::MiB(1));

}  // namespace thalweg::component
