// A flow with a million keys of state, with a checkpoint every second and with none: generator,
// then count and sum by key in windows of an hour. What an epoch gives is written as a run writes
// it, fsync included, but for the catalog's row. Prints one JSON line; `ratio` is CPU seconds with
// checkpoints over CPU seconds without, the median of alternating pairs in this process.
#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/clock.h"
#include "base/file_system.h"
#include "connectors/generator/generator_source.h"
#include "flow/flow.h"
#include "flow/state_files.h"
#include "operators/aggregate.h"

namespace thalweg::flow {
namespace {

constexpr std::int64_t kKeys = 1'000'000;

class Count : public Sink {
 public:
  Status Write(const data::Batch& batch) override {
    rows += batch->num_rows();
    return {};
  }
  Result<Sealed> Seal(std::uint64_t) override { return Sealed(); }
  void Abort() override {}
  std::int64_t rows = 0;
};

std::shared_ptr<component::Source> Generator(std::int64_t rows) {
  using connectors::GeneratedColumn;
  connectors::GeneratorBody body;
  body.rows = rows;
  GeneratedColumn k, x, t;
  k.key.emplace().count = kKeys;
  k.kind = GeneratedColumn::Kind::kKey;
  x.kind = GeneratedColumn::Kind::kIntegers;
  x.most = 999;
  t.time.emplace().step = std::chrono::microseconds(1);
  t.kind = GeneratedColumn::Kind::kTime;
  body.generator.emplace_back("k", k);
  body.generator.emplace_back("x", x);
  body.generator.emplace_back("t", t);
  component::SourceContext context;
  context.clock = &SystemClock();
  return std::make_shared<connectors::GeneratorSource>(std::move(body), context);
}

struct Figures {
  double cpu = 0, wall = 0;
  std::int64_t rows = 0, epochs = 0, bytes = 0;
};

Figures Run(std::int64_t rows, std::chrono::nanoseconds every, const std::string& directory) {
  operators::AggregateOptions options;
  options.by = {"k"};
  options.window.emplace();
  options.window->tumbling = std::chrono::hours(1);
  options.columns = {{"n", {"count(*)", {}}}, {"s", {"sum(x)", {}}}};
  const auto spec = std::make_shared<operators::AggregateSpec>(options);

  Graph graph;
  SourceStep source{Generator(rows), {}, {}, EventTime{"t", {}, {}}, {}};
  source.edge = source.source->Bind().value();
  source.edge.event_time = "t";
  OperatorStep aggregate;
  aggregate.spec = spec;
  aggregate.inputs = {source.edge};
  aggregate.bound = spec->Bind(aggregate.inputs, nullptr).value();
  const auto sink = std::make_shared<Count>();
  graph.steps.push_back({"rows", std::move(source), {}});
  graph.steps.push_back({"counts", std::move(aggregate), {{0, ""}}});
  graph.steps.push_back({"out", SinkStep{sink}, {{1, ""}}});

  FileSystem& files = LocalFileSystem();
  Figures figures;
  FlowOptions given;
  given.clock = &SystemClock();
  given.checkpoint_every = every;
  given.commit = [&](EpochParts parts) -> Status {
    ++figures.epochs;
    for (auto& each : parts.states) {
      if (each.state == nullptr) continue;
      TW_ASSIGN_OR_RETURN(const auto written, WriteStateFiles(files, directory, "", parts.epoch,
                                                              each.instance, *each.state));
      for (const auto& file : written) figures.bytes += file.size.value;
    }
    return files.SyncDirectory(directory);
  };
  const auto flow = Flow::Make(std::move(graph), std::move(given)).value();
  const auto cpu = ProcessCpuTime();
  const auto begin = SystemClock().Steady();
  const Status status = flow->Run({});
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.message().c_str());
  TW_CHECK(status.ok());
  figures.cpu = std::chrono::duration<double>(ProcessCpuTime() - cpu).count();
  figures.wall = std::chrono::duration<double>(SystemClock().Steady() - begin).count();
  figures.rows = sink->rows;
  const auto names = files.List(directory);
  TW_CHECK(names.ok());
  for (const auto& name : *names) TW_CHECK(files.Remove(JoinPath(directory, name)).ok());
  return figures;
}

void Compare(std::int64_t rows, int pairs) {
  std::string directory = "/tmp/checkpoint-XXXXXX";
  if (const char* at = std::getenv("TMPDIR"); at != nullptr && *at != '\0')
    directory = std::string(at) + "/checkpoint-XXXXXX";
  TW_CHECK(::mkdtemp(directory.data()) != nullptr);
  std::vector<double> ratios;
  Figures with;
  for (int i = 0; i < pairs; ++i) {
    const Figures without = Run(rows, {}, directory);
    with = Run(rows, std::chrono::seconds(1), directory);
    TW_CHECK(with.rows == without.rows && without.rows >= std::min(rows, kKeys) / 2);
    ratios.push_back(with.cpu / without.cpu);
  }
  TW_CHECK(LocalFileSystem().Remove(directory).ok());
  std::sort(ratios.begin(), ratios.end());
  std::printf("{\"case\": \"checkpoint\", \"rows\": %lld, \"keys\": %lld, \"ratios\": [",
              static_cast<long long>(rows), static_cast<long long>(kKeys));
  for (std::size_t i = 0; i < ratios.size(); ++i)
    std::printf("%s%.3f", i == 0 ? "" : ", ", ratios[i]);
  std::printf(
      "], \"ratio\": %.3f, \"epochs\": %lld, \"mib\": %.1f, \"cpu_s\": %.2f, "
      "\"wall_s\": %.2f}\n",
      ratios[ratios.size() / 2], static_cast<long long>(with.epochs),
      static_cast<double>(with.bytes) / (1 << 20), with.cpu, with.wall);
}

}  // namespace
}  // namespace thalweg::flow

/// checkpoint_bench [millions of rows] [pairs]
int main(int argc, char** argv) {
  const std::int64_t millions = argc > 1 ? std::atoll(argv[1]) : 200;
  thalweg::flow::Compare(millions * 1'000'000, argc > 2 ? std::atoi(argv[2]) : 7);
}
