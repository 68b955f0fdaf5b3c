#include "runs/replay_source.h"

#include <utility>

#include "component/fields.h"
#include "flow/source_task.h"
#include "runs/plan.h"
#include "runs/run_state.h"
#include "runs/table_source.h"

namespace thalweg::runs {

namespace {

/// A source before anybody has said which table it is.
class UnknownTable : public component::Source {
 public:
  Result<data::EdgeType> Bind() override { return Nothing(); }
  Result<std::optional<component::Fingerprint>> Identity() override {
    return std::optional<component::Fingerprint>();
  }
  component::Replay replay() const override { return component::Replay::kExact; }
  Result<std::vector<component::Split>> Discover(const component::SourceState&) override {
    return Nothing();
  }
  Result<std::unique_ptr<component::Reader>> Open(const component::Split&,
                                                  const component::Position&) override {
    return Nothing();
  }
  Result<data::Columns> TableColumns() override { return Nothing(); }

 private:
  static Status Nothing() { return Status::Internal("a replayed table is bound with its graph"); }
};

/// Says at its end that there is nothing more, whatever the number of its rows.
class ReplayReader : public component::Reader {
 public:
  explicit ReplayReader(std::unique_ptr<component::Reader> rows) : rows_(std::move(rows)) {}
  Result<component::Polled> Poll(Bytes budget, const component::Wake& wake) override {
    auto polled = rows_->Poll(budget, wake);
    ended_ = polled.ok() && polled->state == component::Polled::State::kEnd;
    return polled;
  }
  component::Position At() const override {
    return ended_ ? component::Position{std::string(kEndOfTable)} : rows_->At();
  }
  Status Ack(const component::Position& durable) override { return rows_->Ack(durable); }

 private:
  const std::unique_ptr<component::Reader> rows_;
  bool ended_ = false;
};

}  // namespace

component::OptionsOf<ReplayBody> ReplayBody::Describe() {
  return component::OptionsOf<ReplayBody>("replay", "A table as a stream.")
      .Field("replay", &ReplayBody::replay,
             {.doc = "The table: a node of this pipeline that ends, or pipeline.table.",
              .example = "flights",
              .required = true});
}

std::unique_ptr<component::Source> ReplayOptions::Make(const component::SourceContext&) const {
  return std::make_unique<UnknownTable>();
}

void RegisterReplay(component::Registry& registry) {
  component::Descriptor descriptor;
  descriptor.name = "replay";
  descriptor.summary =
      "A table as a stream: one version of it, its rows in the order of their event time. A later "
      "run replays the version that is the newest then, unless that is done.";
  descriptor.unbounded = true;
  descriptor.options = component::DescriptionOf<ReplayBody>().info();
  descriptor.promise =
      "The same rows of the same version again from any row: exactly once into targets that are.";
  descriptor.example = "events: {source: {replay: flights}, event_time: {column: time_hour}}";
  registry.Add(std::move(descriptor),
               [](const component::Value& body, const std::vector<std::string>& ignored,
                  Diagnostics& diagnostics) -> std::unique_ptr<component::SourceOptions> {
                 auto options = std::make_unique<ReplayOptions>();
                 if (!component::DescriptionOf<ReplayBody>().Read(body, ignored, &options->body,
                                                                  diagnostics))
                   return nullptr;
                 return options;
               });
}

ReplaySource::ReplaySource(Workspace& workspace, InputTable table, data::EdgeType edge,
                           data::Columns columns, std::stop_token stop)
    : workspace_(workspace),
      table_(std::move(table)),
      edge_(std::move(edge)),
      columns_(std::move(columns)),
      stop_(std::move(stop)) {}

Result<std::optional<catalog::VersionRecord>> ReplaySource::Begun(
    const component::SourceState& state) {
  for (const auto& [split, position] : state.positions) {
    TW_ASSIGN_OR_RETURN(const auto from, flow::UnpackPosition(position));
    if (from.first.text == kEndOfTable) continue;
    TW_ASSIGN_OR_RETURN(auto begun, workspace_.catalog().FindVersion(VersionId(split)));
    if (begun && begun->table == table_.table && begun->pipeline == table_.pipeline) return begun;
  }
  return std::optional<catalog::VersionRecord>();
}

Result<catalog::VersionRecord> ReplaySource::Choose(const component::SourceState& state) {
  TW_ASSIGN_OR_RETURN(auto begun, Begun(state));
  if (begun) {
    TW_RETURN_IF_ERROR(CheckColumns(*begun, edge_, /*begun=*/true));
    return *std::move(begun);
  }
  TW_ASSIGN_OR_RETURN(auto version,
                      choose_ ? choose_() : ChooseVersion(workspace_.catalog(), table_));
  TW_RETURN_IF_ERROR(CheckColumns(version, edge_, /*begun=*/false));
  return version;
}

Result<std::vector<component::Split>> ReplaySource::Discover(const component::SourceState& state) {
  if (!version_) {
    TW_ASSIGN_OR_RETURN(version_, Choose(state));
  }
  return std::vector<component::Split>{{version_->manifest.id.str(), ""}};
}

Result<std::unique_ptr<component::Reader>> ReplaySource::Open(const component::Split& split,
                                                              const component::Position& from) {
  TW_ASSIGN_OR_RETURN(component::Engine * engine, workspace_.engine());
  TW_ASSIGN_OR_RETURN(auto table, TableOf(workspace_, *version_));
  TableSource rows(engine, std::move(table), edge_, columns_, stop_);
  TW_ASSIGN_OR_RETURN(auto reader, rows.Open(split, from));
  return std::unique_ptr<component::Reader>(std::make_unique<ReplayReader>(std::move(reader)));
}

}  // namespace thalweg::runs
