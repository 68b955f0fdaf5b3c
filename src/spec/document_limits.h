#pragma once

#include <cstddef>

#include "base/diagnostic.h"

namespace thalweg::spec {

/// What a document may be at most. Generous for people, small for machines that send nonsense.
inline constexpr std::size_t kMaxDocumentBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxDepth = 64;
inline constexpr std::size_t kMaxAliasedValues = 100'000;  ///< what all aliases together stand for

/// Size, encoding and characters, before any parser sees the text: it must be UTF-8 without control
/// characters other than tab and line ends. False after reporting.
bool CheckDocumentText(const SourceTextRef& source, Diagnostics& diagnostics);

/// Reports a document that is nested too deeply.
void ReportTooDeep(Span span, Diagnostics& diagnostics);

}  // namespace thalweg::spec
