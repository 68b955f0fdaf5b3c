#include "component/testing/source_suite.h"

#include <algorithm>
#include <set>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "component/testing/row_text.h"

namespace thalweg::component {
namespace {

constexpr int kTooManyPolls = 1'000'000;

/// All splits, one after another.
ReadText ReadSource(const SourceCase& one, Bytes budget) {
  ReadText all;
  const auto source = one.make();
  const auto bound = source->Bind();
  if (!bound.ok()) return {{}, {}, "Bind: " + bound.status().ToString()};
  const auto splits = source->Discover({});
  if (!splits.ok()) return {{}, {}, "Discover: " + splits.status().ToString()};
  for (const Split& split : *splits) {
    auto reader = source->Open(split, {});
    if (!reader.ok()) return {{}, {}, "Open: " + reader.status().ToString()};
    const ReadText text = ReadAll(**reader, budget);
    all.rows.insert(all.rows.end(), text.rows.begin(), text.rows.end());
    all.rejects.insert(all.rejects.end(), text.rejects.begin(), text.rejects.end());
    if (!text.error.empty()) all.error = text.error;
  }
  return all;
}

/// A bound source and its splits, or nothing after a failure.
struct Bound {
  std::unique_ptr<Source> source;
  std::vector<Split> splits;
};
Bound BindCase(const SourceCase& one) {
  Bound bound{one.make(), {}};
  const auto edge = bound.source->Bind();
  EXPECT_TRUE(edge.ok()) << edge.status();
  auto splits = bound.source->Discover({});
  EXPECT_TRUE(splits.ok()) << splits.status();
  if (edge.ok() && splits.ok()) bound.splits = *std::move(splits);
  EXPECT_FALSE(bound.splits.empty()) << "a case without a split shows nothing";
  return bound;
}

/// Polls with the smallest budget; `each` sees the position after each step and all that was read
/// so far.
void Walk(Source& source, const Split& split,
          const std::function<void(Reader&, const ReadText&)>& each) {
  auto reader = source.Open(split, {});
  ASSERT_TRUE(reader.ok()) << reader.status();
  ReadText before;
  for (int polls = 0; polls < kTooManyPolls; ++polls) {
    const auto polled = (*reader)->Poll(Bytes(1), [] {});
    ASSERT_TRUE(polled.ok()) << polled.status();
    AddPolled(*polled, &before);
    if (polled->state == Polled::State::kEnd) return;
    each(**reader, before);
    if (::testing::Test::HasFatalFailure()) return;
  }
  FAIL() << "the reader does not end";
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const SourceCase& one) {
  return out << one.name;
}

void ExpectBindIsStable(const SourceCase& one) {
  const auto first = one.make(), second = one.make();
  for (Source* source : {first.get(), first.get(), second.get()}) {
    const auto edge = source->Bind();
    ASSERT_TRUE(edge.ok()) << edge.status();
    EXPECT_TRUE(edge->schema->Equals(*first->Bind()->schema, true));
    const auto columns = source->TableColumns();
    ASSERT_TRUE(columns.ok()) << columns.status();
    EXPECT_TRUE(data::ToArrow(*columns).value()->Equals(*edge->schema, true))
        << data::ToString(*columns) << " against " << edge->schema->ToString();
    const auto identity = source->Identity();
    ASSERT_TRUE(identity.ok()) << identity.status();
    // What comes over time is never reused as a whole.
    ASSERT_EQ(identity->has_value(), edge->bounded);
    if (!edge->bounded) continue;
    EXPECT_EQ((*identity)->text, (*first->Identity())->text);
  }
  EXPECT_EQ(first->replay(), Replay::kExact);
}

void ExpectDiscoverIsStable(const SourceCase& one) {
  const auto names = [](const std::vector<Split>& splits) {
    std::vector<std::string> all;
    for (const Split& split : splits) all.push_back(split.name);
    return all;
  };
  const Bound first = BindCase(one), second = BindCase(one);
  EXPECT_EQ(names(first.splits), names(second.splits));
  EXPECT_EQ(names(first.source->Discover({}).value()), names(first.splits));
  const auto all = names(first.splits);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
}

void ExpectReadTwiceEqual(const SourceCase& one) {
  const ReadText first = ReadSource(one, Bytes::MiB(1));
  EXPECT_EQ(first.error, "");
  EXPECT_FALSE(first.rows.empty() && first.rejects.empty()) << "a case without rows shows nothing";
  EXPECT_EQ(ReadSource(one, Bytes::MiB(1)), first);
  const Bound bound = BindCase(one);
  for (const Split& split : bound.splits) {
    auto reader = bound.source->Open(split, {});
    ASSERT_TRUE(reader.ok()) << reader.status();
    const auto polled = (*reader)->Poll(Bytes::MiB(1), [] {});
    ASSERT_TRUE(polled.ok()) << polled.status();
    if (polled->rows == nullptr) continue;
    EXPECT_TRUE(polled->rows->schema()->Equals(*bound.source->Bind()->schema, true))
        << polled->rows->schema()->ToString();
  }
}

void ExpectBudgetsEqual(const SourceCase& one) {
  ReadText whole = ReadSource(one, Bytes::MiB(16));
  for (const std::int64_t budget : {1, 100, 4096}) {
    EXPECT_EQ(ReadSource(one, Bytes(budget)), whole) << "budget=" << budget;
  }
}

void ExpectResumesAnywhere(const SourceCase& one) {
  const Bound bound = BindCase(one);
  for (const Split& split : bound.splits) {
    auto fresh = bound.source->Open(split, {});
    ASSERT_TRUE(fresh.ok()) << fresh.status();
    const ReadText whole = ReadAll(**fresh);
    // By another instance, as after a restart.
    const Bound later = BindCase(one);
    Walk(*bound.source, split, [&](Reader& reader, const ReadText& before) {
      auto resumed = later.source->Open(split, reader.At());
      ASSERT_TRUE(resumed.ok()) << resumed.status();
      const ReadText rest = ReadAll(**resumed);
      ReadText all = before;
      all.rows.insert(all.rows.end(), rest.rows.begin(), rest.rows.end());
      all.rejects.insert(all.rejects.end(), rest.rejects.begin(), rest.rejects.end());
      all.error = rest.error;
      ASSERT_EQ(all, whole) << split.name << " from position " << reader.At().text;
    });
  }
}

void ExpectAcksInOrder(const SourceCase& one) {
  const Bound bound = BindCase(one);
  int step = 0;
  for (const Split& split : bound.splits) {
    Walk(*bound.source, split, [&](Reader& reader, const ReadText&) {
      if (++step % 3 == 0) return;  // positions may be left out
      const Status status = reader.Ack(reader.At());
      EXPECT_TRUE(status.ok()) << status;
    });
  }
}

}  // namespace thalweg::component
