#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "data/element.h"

namespace thalweg::component {

/// A half-open range of the 256 key groups that an instance is responsible for (docs: flow).
struct KeyGroups { int begin = 0; int end = 256; };

/// An input of an operator, in the order of the node's `from`.
struct Port { int index = 0; };

struct Timer {
  data::EventTime at;
  std::string tag;
};

/// Whether more may be given now. kBlocked: the output is full; the flow calls again when it has room.
enum class Progress { kReady, kBlocked };

/// Where an operator puts its results. Owned by the flow; valid during the call only.
class Output {
 public:
  virtual ~Output() = default;
  virtual Status Emit(data::Element element) = 0;
  /// A second stream of the node: "late", "rejects".
  virtual Status EmitSide(std::string_view side, data::Batch batch) = 0;
  virtual Status SetTimer(Timer timer) = 0;
};

class SnapshotWriter;
class SnapshotReader;

/// Configuration is in its OperatorSpec; this is its state. One task touches it at a time.
class Operator {
 public:
  virtual ~Operator() = default;
  virtual Result<Progress> On(Port port, data::Element element, Output& output) = 0;
  virtual Result<Progress> OnTimer(const Timer& timer, Output& output) = 0;
  virtual Status Snapshot(SnapshotWriter& writer) = 0;
  virtual Status Restore(KeyGroups groups, SnapshotReader& reader) = 0;
};

enum class Dialect { kDuckDb, kSpark };

/// What an operator makes of its inputs; checked at plan time.
struct Bound {
  data::EdgeType output;
  std::vector<std::pair<std::string, data::EdgeType>> sides;
  bool keyed = false;  ///< runs in parallel over key groups of `output.keys`
};

/// Immutable configuration of one operator node.
class OperatorSpec {
 public:
  virtual ~OperatorSpec() = default;
  virtual Result<Bound> Bind(std::span<const data::EdgeType> inputs) const = 0;
  /// The same as one SQL statement over inputs named in_0, in_1 ...; none where SQL cannot say it.
  virtual std::optional<std::string> Lower(Dialect dialect) const = 0;
  virtual std::unique_ptr<Operator> Make(KeyGroups groups) const = 0;
};

}  // namespace thalweg::component
