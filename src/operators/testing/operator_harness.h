#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "component/operator.h"
#include "component/registry.h"
#include "data/testing/batch.h"

namespace thalweg::operators::testing {

/// One element of an input.
struct Step {
  data::Element element;
  int port = 0;
};
using Steps = std::vector<Step>;

/// How a run is disturbed. What comes out must not depend on it.
struct Disturbance {
  std::int64_t cut = 0;             ///< rows per batch; 0: as given
  bool checkpoints = false;         ///< snapshot and restore into new instances after every element
  bool deltas = true;               ///< snapshots after the first are deltas; else all are bases
  std::vector<int> parallel = {1};  ///< instances, one number per restart, over and over
  std::int64_t full_after = 0;      ///< the output takes so many elements per call; 0: any number
};
/// Everything that is promised not to matter.
std::vector<Disturbance> AllDisturbances();
std::string ToString(const Disturbance& disturbance);

struct Outcome {
  Status status;
  std::vector<std::string> rows;  ///< "a|b|null", in order of emission
  std::map<std::string, std::vector<std::string>> sides;
  std::vector<std::vector<std::string>> frames;  ///< rows by frame
  std::vector<data::Element> elements;
  std::vector<std::string> Sorted() const;  ///< rows
};

/// Runs one operator as the flow does: rows go to the instance that owns their key group,
/// everything else to all.
class Harness {
 public:
  Harness(std::shared_ptr<const component::OperatorSpec> spec, std::vector<data::EdgeType> inputs);

  Result<component::Bound> Bind() const;
  /// The steps, then End on every port (unless `end` is false).
  Outcome Run(const Steps& steps, const Disturbance& disturbance = {}, bool end = true) const;
  /// Runs under all disturbances and checks that the rows (and sides) are the same multiset as
  /// without. Returns the undisturbed outcome.
  Outcome RunAll(const Steps& steps) const;

  component::MakeEvaluator make_evaluator;
  /// Event time: with it, watermarks (running maximum less this) follow each batch, and batches are
  /// cut in front of late rows, so that what is late does not depend on batches.
  std::optional<std::int64_t> lateness_ns;

 private:
  Steps Prepare(const Steps& steps, const Disturbance& disturbance, bool end) const;
  std::shared_ptr<const component::OperatorSpec> spec_;
  std::vector<data::EdgeType> inputs_;
};

/// The operator `name` from its options in YAML-like JSON. Aborts on a mistake.
std::shared_ptr<const component::OperatorSpec> MakeSpec(const std::string& name,
                                                        const std::string& json);
/// What is wrong with the options: slugs of all errors.
std::string OptionErrors(const std::string& name, const std::string& json);

std::vector<std::string> Render(const data::Batch& batch);
data::EdgeType Edge(const data::Batch& batch, std::optional<std::string> event_time = std::nullopt);
/// Rows of a column of seconds as `timestamp with time zone` in microseconds: "[0, 5, null]".
data::Batch Rows(const std::vector<data::TestColumn>& columns);
inline constexpr std::int64_t kSecond = 1'000'000'000;

}  // namespace thalweg::operators::testing
