#include "connectors/generator/generator_source.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "connectors/generator/row_maker.h"
#include "connectors/streams/alarm.h"
#include "connectors/streams/decoded_rows.h"

namespace thalweg::connectors {
namespace {

/// With a rate, rows are given out in steps of at least this, so that few rows do not mean many
/// batches.
constexpr std::chrono::nanoseconds kStep = std::chrono::milliseconds(2);

class GeneratorReader : public component::Reader {
 public:
  GeneratorReader(const GeneratorBody& body, data::SchemaRef schema, const Clock& clock,
                  std::int64_t first)
      : body_(body),
        clock_(clock),
        maker_(body, std::move(schema), clock),
        first_(first),
        row_(first),
        begun_(clock.Steady()),
        next_step_(begun_),
        alarm_(clock) {}

  Result<component::Polled> Poll(Bytes budget, const component::Wake& wake) override {
    const std::int64_t last = body_.rows.value_or(std::numeric_limits<std::int64_t>::max());
    if (row_ >= last) return component::Polled{};
    std::int64_t count = std::max<std::int64_t>(1, budget.value / maker_.row_bytes());
    count = std::min(count, last - row_);
    if (body_.rate) {
      const std::int64_t due = Due();
      if (due <= row_ || (clock_.Steady() < next_step_ && due < last)) return Wait(wake);
      count = std::min(count, due - row_);
      // The rest of a step that one batch does not hold comes at once.
      if (row_ + count == due) next_step_ = clock_.Steady() + kStep;
    }
    component::Polled polled;
    polled.state = component::Polled::State::kRows;
    TW_ASSIGN_OR_RETURN(polled.rows, maker_.Make(row_, count));
    row_ += count;
    return polled;
  }
  component::Position At() const override { return {std::to_string(row_)}; }
  Status Ack(const component::Position&) override { return Status::Ok(); }

 private:
  double Passed() const { return std::chrono::duration<double>(clock_.Steady() - begun_).count(); }
  /// Rows below this one may be given out now.
  std::int64_t Due() const { return first_ + static_cast<std::int64_t>(Passed() * *body_.rate); }
  component::Polled Wait(const component::Wake& wake) {
    const double seconds = static_cast<double>(row_ - first_ + 1) / *body_.rate;
    // A little later than the row, so that rounding does not bring it a row too early.
    const auto at = begun_ + std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9) + 1);
    alarm_.Set(std::max(at, next_step_), wake);
    return Blocked();
  }

  const GeneratorBody& body_;
  const Clock& clock_;
  RowMaker maker_;
  const std::int64_t first_;
  std::int64_t row_;
  const std::chrono::steady_clock::time_point begun_;
  std::chrono::steady_clock::time_point next_step_;  // no rows before it
  Alarm alarm_;
};

}  // namespace

GeneratorSource::GeneratorSource(GeneratorBody body, component::SourceContext context)
    : body_(std::move(body)), context_(std::move(context)) {}

Result<data::EdgeType> GeneratorSource::Bind() {
  TW_ASSIGN_OR_RETURN(data::EdgeType edge, StreamEdge(body_.columns()));
  edge.deterministic = body_.deterministic();
  return edge;
}

Result<std::optional<component::Fingerprint>> GeneratorSource::Identity() {
  return std::optional<component::Fingerprint>();
}

Result<std::vector<component::Split>> GeneratorSource::Discover(const component::SourceState&) {
  return std::vector<component::Split>{{"rows", {}}};
}

Result<std::unique_ptr<component::Reader>> GeneratorSource::Open(const component::Split&,
                                                                 const component::Position& from) {
  std::int64_t first = 0;
  const char* const last = from.text.data() + from.text.size();
  const auto [end, error] = std::from_chars(from.text.data(), last, first);
  if (!from.text.empty() && (error != std::errc() || end != last || first < 0)) {
    return Status(Code::kCorrupt, Fault::kBug,
                  "a position of a generator cannot be read position=" + from.text);
  }
  TW_ASSIGN_OR_RETURN(const data::EdgeType edge, Bind());
  return Result<std::unique_ptr<component::Reader>>(
      std::make_unique<GeneratorReader>(body_, edge.schema, *context_.clock, first));
}

}  // namespace thalweg::connectors
