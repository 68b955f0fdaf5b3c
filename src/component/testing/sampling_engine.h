#pragma once

#include "component/engine.h"

namespace thalweg::component {

/// Stands for an engine where a test needs scans completed and nothing executed: the dialect is RFC
/// 4180 with a header, the columns of the first file that are not declared are varchar, JSON
/// columns must be declared.
class SamplingEngine : public Engine {
 public:
  std::string name() const override { return "sampling"; }
  std::string version() const override { return "1.0.0"; }
  Result<Scan> Complete(Scan scan) override;
  Status Confine(const std::vector<std::string>& directories) override;
  Result<Description> Describe(const Statement& statement) override;
  Result<JobId> Submit(Job job, Wake wake) override;
  Result<JobState> Poll(const JobId& job) override;
  Status Cancel(const JobId& job) override;
  Result<std::unique_ptr<RowStream>> Query(const Statement& statement,
                                           std::stop_token stop) override;
};

}  // namespace thalweg::component
