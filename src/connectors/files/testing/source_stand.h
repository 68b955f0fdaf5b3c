#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/testing/temp_directory.h"
#include "component/testing/sampling_engine.h"
#include "connectors/files/files_source.h"

namespace thalweg::connectors {

/// A directory with files, and what a source over them needs.
class SourceStand {
 public:
  const TempDirectory& directory() const { return directory_; }

  std::unique_ptr<FilesSource> Make(FilesSourceBody body) const;
  /// From the body of a source in the pipeline file, as JSON. Mistakes are failures of the test.
  std::unique_ptr<FilesSource> Make(std::string_view body) const;

 private:
  component::SourceContext Context() const;

  TempDirectory directory_;
  mutable component::SamplingEngine engine_;
};

/// A body in JSON as the component's Value.
component::Value ParseBody(std::string_view json);

}  // namespace thalweg::connectors
