#include "operators/register.h"

#include <memory>
#include <string>
#include <utility>

#include "operators/aggregate.h"
#include "operators/default.h"
#include "operators/derivative.h"
#include "operators/distinct.h"
#include "operators/filter.h"
#include "operators/group.h"
#include "operators/join.h"
#include "operators/log.h"
#include "operators/lookup.h"
#include "operators/map.h"
#include "operators/sort.h"
#include "operators/threshold.h"
#include "operators/union.h"

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
  descriptor.promise = facts.state_version > 0
                           ? "its state is part of each epoch: exact across a crash"
                           : "it has no state";
  registry.Add(std::move(descriptor),
               [](const component::Value& body,
                  Diagnostics& diagnostics) -> std::unique_ptr<component::OperatorSpec> {
                 Options options;
                 if (!DescriptionOf<Options>().Read(body, {}, &options, diagnostics))
                   return nullptr;
                 return std::make_unique<Spec>(std::move(options));
               });
}

}  // namespace

void RegisterOperators(Registry& registry) {
  Add<AggregateSpec>(registry, {"counts: {from: views, aggregate: {by: [page], window: {tumbling: "
                                "10s}, columns: {n: \"count(*)\"}}}",
                                1});
  Add<DefaultSpec>(registry, {"known: {from: events, default: {columns: {region: eu}}}"});
  Add<DerivativeSpec>(
      registry,
      {"slopes: {from: loads, derivative: {by: [host], neighbourhood: 5s, columns: {slope: load}}}",
       1});
  Add<DistinctSpec>(
      registry,
      {"clean: {from: orders, distinct: {by: [id], order_by: updated_at desc, within: 1h}}", 1});
  Add<FilterSpec>(registry, {"views: {from: events, filter: \"event_type = 'view'\"}"});
  Add<GroupSpec>(registry, {"per_host: {from: events, group: {by: [host]}}", 1});
  Add<JoinSpec>(registry,
                {"matched: {from: [views, clicks], join: {on: [ad_id], within: 10s}}", 2});
  Add<LogSpec>(registry, {"seen: {from: events, log: {level: debug}}"});
  Add<LookupSpec>(registry, {"known: {from: views, lookup: {in: ads, match: [ad_id], take: "
                             "[campaign_id], missing: drop}}"});
  Add<MapSpec>(registry, {"priced: {from: orders, map: {columns: {total: price * amount}}}"});
  Add<SortSpec>(registry, {"ordered: {from: per_host, sort: {by: [ts, delay desc]}}", 1});
  Add<ThresholdSpec>(registry, {"judged: {from: loads, threshold: {watch: load, default: 10, "
                                "increase_scale: 2, increase_after: 5s}}",
                                1});
  Add<UnionSpec>(registry, {"all: {from: [eu, us], union: {}}"});
}

}  // namespace thalweg::operators
