#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostic.h"
#include "base/status.h"
#include "component/fields.h"
#include "component/scan.h"
#include "component/value.h"

namespace thalweg::connectors {

// Checks of the keys that say how text is written: the same for files and for streams.

/// The place of a key's value, else of the whole body.
const Span& PlaceOfKey(const component::Value& body, std::string_view key);

/// An error from elsewhere becomes one of this place.
void Report(const Status& status, const Span& span, Diagnostics& diagnostics);

/// Keys that only some formats have, for example "csv and ndjson"; `format` is the one there is.
void RefuseKeys(const component::Value& body, std::initializer_list<std::string_view> keys,
                std::string_view formats, std::string_view format, Diagnostics& diagnostics);

void CheckDelimiter(const component::Value& body, const std::string& delimiter,
                    Diagnostics& diagnostics);

/// Of a quote or an escape.
void CheckOneByte(const component::Value& body, std::string_view key,
                  const std::optional<std::string>& text, Diagnostics& diagnostics);

/// What "bad_rows" and "max_bad_rows" say together.
component::RejectPolicy ReadRejectPolicy(const component::Value& body, std::string_view bad_rows,
                                         const std::optional<component::Scalar>& max_bad_rows,
                                         Diagnostics& diagnostics);

}  // namespace thalweg::connectors
