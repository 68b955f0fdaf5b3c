#pragma once

#include <string>
#include <string_view>

#include "base/diagnostic.h"
#include "spec/pipeline.h"

namespace thalweg::spec::testing {

/// A text that was loaded with ExampleRegistry.
struct LoadedText {
  SourceTextRef source;
  Pipeline pipeline;
  Diagnostics diagnostics;
};

LoadedText LoadExample(std::string text, const LoadOptions& options = {},
                       std::string name = "p.yaml");

/// One line per message: "slug line:column+length label", in order.
std::string Brief(const Diagnostics& diagnostics);
/// The message in full, for failing tests.
std::string Full(const Diagnostics& diagnostics);

/// The bytes of the source under a span; what a reader sees above the carets.
std::string Under(const Span& span);

}  // namespace thalweg::spec::testing
