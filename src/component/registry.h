#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "component/fields.h"
#include "component/operator.h"
#include "component/source.h"
#include "component/target.h"

namespace thalweg::component {

enum class Kind { kSource, kTarget, kOperator };

/// Everything that is known of a component without building one.
struct Descriptor {
  Kind kind = Kind::kSource;
  std::string name;        ///< the key in the file: files, tcp, filter ...
  std::string summary;     ///< one sentence
  int version = 1;         ///< part of the recipe key: raised when the same options give other rows
  int state_version = 0;   ///< of operators: format of their snapshots; 0: stateless
  bool unbounded = false;  ///< sources whose rows come over time: their pipelines are streams
  /// The body of the node's kind: for sources and targets the map that holds the connector's key,
  /// for operators its value.
  ObjectInfo options;
  std::string promise;  ///< what holds across a crash, one sentence
  std::string example;  ///< a node in YAML
};

/// The options of one node, read and checked; made once per node at parse time, without I/O.
struct SourceOptions {
  virtual ~SourceOptions() = default;
  virtual std::unique_ptr<Source> Make(const SourceContext& context) const = 0;
};
struct TargetOptions {
  virtual ~TargetOptions() = default;
  virtual std::unique_ptr<Target> Make(const TargetContext& context) const = 0;
};

/// All components by name. Built once in main.cc, then only read.
class Registry {
 public:
  /// Null after reporting what is wrong with `body`. `ignored`: keys of the body that all sources
  /// or targets share.
  using MakeSource = std::function<std::unique_ptr<SourceOptions>(
      const Value& body, const std::vector<std::string>& ignored, Diagnostics&)>;
  using MakeTarget = std::function<std::unique_ptr<TargetOptions>(
      const Value& body, const std::vector<std::string>& ignored, Diagnostics&)>;
  using MakeOperator =
      std::function<std::unique_ptr<OperatorSpec>(const Value& body, Diagnostics&)>;

  void Add(Descriptor descriptor, MakeSource make);
  void Add(Descriptor descriptor, MakeTarget make);
  void Add(Descriptor descriptor, MakeOperator make);

  /// Exactly one of the three functions is set.
  struct Entry {
    Descriptor descriptor;
    MakeSource source;
    MakeTarget target;
    MakeOperator op;
  };
  const Entry* Find(Kind kind, std::string_view name) const;
  std::vector<const Entry*> All() const;  ///< sources, targets, operators; each by name
  std::vector<std::string> Names(Kind kind) const;

 private:
  void Insert(Entry entry);
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace thalweg::component
