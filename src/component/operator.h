#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "component/snapshot.h"
#include "data/element.h"

namespace thalweg::component {

/// State is cut into this many parts by a hash of the key (docs/specs/state.md); an instance owns a
/// range of them.
inline constexpr int kKeyGroups = 256;
struct KeyGroups {
  int begin = 0;
  int end = kKeyGroups;
  bool Contains(int group) const { return group >= begin && group < end; }
};

/// An input of an operator: its place in the node's `from`.
struct Port {
  int index = 0;
};

/// A call that was asked for with Output::SetTimer. Processing time, from the flow's clock.
struct Timer {
  std::chrono::steady_clock::time_point at;
  std::int64_t tag = 0;
};

/// kBlocked: the output is full and the operator still has something to emit; the flow calls
/// Continue when there is room.
enum class Progress { kReady, kBlocked };

/// Where an operator puts its results. Owned by the flow; valid during the call only.
class Output {
 public:
  virtual ~Output() = default;
  /// Never refuses. An operator that emits much asks Full() between batches and returns kBlocked
  /// when it is.
  virtual void Emit(data::Element element) = 0;
  /// A second stream of the node: "late", "rejects". Counted; dropped when nobody reads it.
  virtual void EmitSide(std::string_view side, data::Batch batch) = 0;
  virtual bool Full() const = 0;
  virtual void SetTimer(Timer timer) = 0;
};

/// Evaluates SQL expressions over whole batches: `SELECT <list> FROM input WHERE <condition>`,
/// prepared once.
class BatchEvaluator {
 public:
  virtual ~BatchEvaluator() = default;
  virtual Result<data::Batch> Eval(const data::Batch& batch) = 0;
  virtual data::SchemaRef schema() const = 0;  ///< of what Eval returns
};

/// Binding time: how an operator learns the types of SQL expressions. `select` may name the columns
/// of `input` only.
using MakeEvaluator = std::function<Result<std::unique_ptr<BatchEvaluator>>(
    const data::SchemaRef& input, const std::string& select, const std::string& condition)>;

/// What an operator may use while it runs. Outlives the operator.
struct OperatorContext {
  const Clock* clock = nullptr;
  MakeEvaluator make_evaluator;
  KeyGroups groups;
};

/// The state of one instance of an operator node; its configuration lies in the OperatorSpec. One
/// task touches it at a time. What the flow guarantees: barriers never arrive here (the flow aligns
/// them and calls Snapshot between two elements); a Watermark arrives only when the least over all
/// inputs has moved, on port 0; End arrives once per port, after its last element; after the last
/// End the operator emits everything it still holds, but not End itself.
class Operator {
 public:
  virtual ~Operator() = default;
  virtual Status Open(const OperatorContext& context) = 0;
  virtual Result<Progress> On(Port port, data::Element element, Output& output) = 0;
  /// Goes on with what On left when it returned kBlocked. No other call comes before it returned
  /// kReady.
  virtual Result<Progress> Continue(Output& output) = 0;
  virtual Result<Progress> OnTimer(const Timer& timer, Output& output) = 0;
  /// Writes everything that Restore needs: all of it, or what changed since the last Snapshot
  /// (writer.mode()).
  virtual Status Snapshot(SnapshotWriter& writer) = 0;
  /// Takes the rows of the key groups it owns; others are skipped. Called once, after Open, before
  /// the first element.
  virtual Status Restore(SnapshotReader& reader) = 0;
};

enum class Dialect { kDuckDb, kSpark };

/// What an operator makes of its inputs; known and checked at plan time.
struct Bound {
  data::EdgeType output;
  std::vector<std::pair<std::string, data::EdgeType>> sides;  ///< "late", "rejects"
  /// Key columns by port: rows of equal keys must reach the same instance. Empty: one instance, or
  /// stateless.
  std::vector<std::vector<std::string>> partition_by;
  bool stateless = false;  ///< any number of instances, any cut; On changes nothing when it fails
};

/// Immutable configuration of one operator node.
class OperatorSpec {
 public:
  virtual ~OperatorSpec() = default;
  /// Errors name the column or option and are user faults.
  virtual Result<Bound> Bind(std::span<const data::EdgeType> inputs,
                             const MakeEvaluator& make_evaluator) const = 0;
  /// The same as one SQL SELECT over inputs named in_0, in_1 ...; none where SQL cannot say it.
  virtual std::optional<std::string> Lower(Dialect dialect,
                                           std::span<const data::EdgeType> inputs) const = 0;
  /// Nodes whose whole tables the operator looks into, beside what it reads in `from`. Each is one
  /// more input, behind those of `from`: all rows of one version, between FrameBegin and FrameEnd,
  /// before any element of another port; again, with the rows of a newer version, in front of an
  /// epoch's first element. Never End. An epoch that is replayed sees the versions it saw before.
  virtual std::vector<std::string> tables() const { return {}; }
  /// How often the tables are looked at for newer versions; none: never.
  virtual std::optional<std::chrono::nanoseconds> refresh() const { return std::nullopt; }
  /// After Bind with the same inputs.
  virtual Result<std::unique_ptr<Operator>> Make(std::span<const data::EdgeType> inputs) const = 0;
};

}  // namespace thalweg::component
