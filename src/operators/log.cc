#include "operators/log.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/log.h"
#include "operators/queued_operator.h"
#include "operators/single_input.h"

namespace thalweg::operators {

component::OptionsOf<LogOptions> LogOptions::Describe() {
  return component::OptionsOf<LogOptions>("log", "Writes rows to the log and passes them on.")
      .Field("level", &LogOptions::level,
             {.doc = "Level of the lines; THALWEG_LOG chooses what is shown.",
              .default_text = "info",
              .choices = {"debug", "info", "warn", "error"},
              .changes_rows = false})
      .Shorthand("level");
}

namespace {

class Log : public QueuedOperator {
 public:
  explicit Log(LogLevel level) : level_(level) {}

 protected:
  Status OnBatch(int, const data::Batch& batch) override {
    if (LogEnabled(level_)) LogText(level_, batch->ToString());
    Emit(batch);
    return {};
  }

 private:
  const LogLevel level_;
};

}  // namespace

Result<component::Bound> LogSpec::Bind(std::span<const data::EdgeType> inputs,
                                       const component::MakeEvaluator&) const {
  TW_RETURN_IF_ERROR(CheckOneInput(inputs, "log"));
  TW_ASSIGN_OR_RETURN(component::Bound bound, BoundLike(inputs, "log", inputs[0].schema));
  bound.stateless = true;
  return bound;
}

std::optional<std::string> LogSpec::Lower(component::Dialect,
                                          std::span<const data::EdgeType>) const {
  return "SELECT * FROM in_0";
}

Result<std::unique_ptr<component::Operator>> LogSpec::Make(std::span<const data::EdgeType>) const {
  const LogLevel level = options_.level == "debug"   ? LogLevel::kDebug
                         : options_.level == "warn"  ? LogLevel::kWarn
                         : options_.level == "error" ? LogLevel::kError
                                                     : LogLevel::kInfo;
  return std::make_unique<Log>(level);
}

}  // namespace thalweg::operators
