#include "base/fault_plan.h"

#ifdef THALWEG_TEST_HOOKS

#include <charconv>

#include <fmt/format.h>

namespace thalweg {
inline namespace base {
namespace {

using Kind = FaultPlan::Kind;

struct NamedKind {
  std::string_view name;
  Kind kind;
};

constexpr NamedKind kKinds[] = {
    {"kill", Kind::kKill},       {"powercut", Kind::kPowerCut}, {"fail", Kind::kFail},
    {"nospace", Kind::kNoSpace}, {"count", Kind::kCount},       {"trace", Kind::kTrace},
};

Status BadPlan(const char* variable, std::string_view value, const char* form) {
  return Status::Invalid(fmt::format("cannot read {} value=\"{}\"", variable, value))
      .WithHint(fmt::format("write {}", form));
}

bool ReadPositive(std::string_view text, std::int64_t& number) {
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end && number >= 1;
}

Status ReadFault(std::string_view fault, FaultPlan& plan) {
  const Status bad = BadPlan("THALWEG_FAULT", fault,
                             "kill:<n>, powercut:<n>, fail:<n>[+], nospace:<n>[+], count:<file> or "
                             "trace:<file>");
  const std::size_t colon = fault.find(':');
  if (colon == std::string_view::npos) return bad;
  for (const NamedKind& known : kKinds) {
    if (known.name == fault.substr(0, colon)) plan.kind = known.kind;
  }
  std::string_view argument = fault.substr(colon + 1);
  switch (plan.kind) {
    case Kind::kNone:
      return bad;
    case Kind::kCount:
    case Kind::kTrace:
      plan.file = std::string(argument);
      return argument.empty() ? bad : Status::Ok();
    case Kind::kFail:
    case Kind::kNoSpace:
      plan.onward = argument.ends_with('+');
      if (plan.onward) argument.remove_suffix(1);
      break;
    case Kind::kKill:
    case Kind::kPowerCut:
      break;
  }
  return ReadPositive(argument, plan.at) ? Status::Ok() : bad;
}

Status ReadKillAt(std::string_view kill_at, FaultPlan& plan) {
  const std::size_t colon = kill_at.rfind(':');
  if (colon == std::string_view::npos || colon == 0 ||
      !ReadPositive(kill_at.substr(colon + 1), plan.point_nth)) {
    return BadPlan("THALWEG_KILL_AT", kill_at, "<point>:<nth>");
  }
  plan.point = std::string(kill_at.substr(0, colon));
  return Status::Ok();
}

}  // namespace

Result<FaultPlan> ParseFaultPlan(std::string_view fault, std::string_view kill_at) {
  FaultPlan plan;
  if (!fault.empty()) TW_RETURN_IF_ERROR(ReadFault(fault, plan));
  if (!kill_at.empty()) TW_RETURN_IF_ERROR(ReadKillAt(kill_at, plan));
  return plan;
}

}  // namespace base
}  // namespace thalweg

#endif  // THALWEG_TEST_HOOKS
