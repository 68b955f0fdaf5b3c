#include "operators/register.h"

#include <memory>
#include <string>
#include <utility>

#include "operators/aggregate.h"

namespace thalweg::operators {
namespace {

using component::DescriptionOf;
using component::Descriptor;
using component::Registry;

struct Facts {
  std::string example;
  int state_version = 0;
};

/// Name, summary and fields come from the description of the options.
template <typename Spec>
void Add(Registry& registry, Facts facts) {
  using Options = typename Spec::Options;
  Descriptor descriptor;
  descriptor.options = DescriptionOf<Options>().info();
  descriptor.name = descriptor.options.name;
  descriptor.summary = descriptor.options.doc;
  descriptor.example = std::move(facts.example);
  descriptor.state_version = facts.state_version;
  descriptor.promise = facts.state_version > 0 ? "its state is part of each epoch: exact across a crash"
                                               : "it has no state";
  registry.Add(std::move(descriptor),
               [](const component::Value& body, Diagnostics& diagnostics) -> std::unique_ptr<component::OperatorSpec> {
                 Options options;
                 if (!DescriptionOf<Options>().Read(body, {}, &options, diagnostics)) return nullptr;
                 return std::make_unique<Spec>(std::move(options));
               });
}

}  // namespace

void RegisterOperators(Registry& registry) {
  Add<AggregateSpec>(registry,
                     {"counts: {from: views, aggregate: {by: [page], window: {tumbling: 10s}, columns: {n: \"count(*)\"}}}", 1});
}

}  // namespace thalweg::operators
