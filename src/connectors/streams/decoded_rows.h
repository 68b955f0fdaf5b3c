#pragma once

#include <string>

#include "component/source.h"
#include "formats/decoder.h"

namespace thalweg::connectors {

/// What a decoder gave, as a reader gives it. `source` stands in the rejects.
component::Polled ToPolledRows(formats::Decoded decoded, const data::SchemaRef& schema,
                               const std::string& source);

inline component::Polled Blocked() {
  component::Polled polled;
  polled.state = component::Polled::State::kBlocked;
  return polled;
}

/// The columns that a stream's rows have.
data::Columns ColumnsOf(const std::vector<formats::TextColumnSpec>& specs);

/// What a source of a stream binds to.
Result<data::EdgeType> StreamEdge(const data::Columns& columns);

}  // namespace thalweg::connectors
