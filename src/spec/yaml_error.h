#pragma once

#include <string_view>

#include "base/diagnostic.h"

namespace thalweg::spec {

/// Reports a syntax error of the YAML library in words for people, with what to do. `line` and
/// `column` count from 1; `open` is the place of the innermost bracket that is not closed yet, if
/// any.
void ReportYamlSyntax(std::string_view message, const SourceTextRef& source, int line, int column,
                      const Span* open, Diagnostics& diagnostics);

}  // namespace thalweg::spec
