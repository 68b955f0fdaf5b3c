#include "spec/names.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/ascii.h"
#include "component/fields.h"

namespace thalweg::spec {

using component::QuoteName;

namespace {

constexpr std::size_t kLongestName = 63;
constexpr std::array<std::string_view, 2> kSideTables = {"_rejects", "_late"};

bool IsNameByte(char c) {
  return IsLowerLetter(c) || IsDigit(c) || c == '_';
}

/// What somebody may have meant: "By-Carrier" -> "by_carrier"; empty when that is no name either.
std::string Repaired(std::string_view name) {
  std::string repaired = ToLower(name);
  for (char& c : repaired) {
    if (c == '-' || c == ' ' || c == '.') c = '_';
  }
  return IsName(repaired) ? repaired : std::string();
}

}  // namespace

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && IsLowerLetter(text.front()) &&
         std::all_of(text.begin(), text.end(), IsNameByte);
}

bool CheckName(std::string_view what, std::string_view name, const Span& span,
               Diagnostics& diagnostics) {
  if (!IsName(name)) {
    const std::string repaired = Repaired(name);
    const bool long_name = name.size() > kLongestName;
    diagnostics.Error(
        "bad-name",
        long_name ? fmt::format("the name of a {} is too long: {} bytes", what, name.size())
                  : fmt::format("{} cannot be the name of a {}", QuoteName(name), what),
        span, repaired.empty() ? "" : fmt::format("write \"{}\"", repaired),
        fmt::format(
            "a name is a lower-case letter, then letters a to z, digits and _; at most {} bytes",
            kLongestName));
    return false;
  }
  if (name == "thalweg") {
    diagnostics.Error("reserved-name", fmt::format("\"thalweg\" cannot be the name of a {}", what),
                      span, "", "choose another name: thalweg.* are tables about runs");
    return false;
  }
  return true;
}

std::string_view OwnerOfSideTable(std::string_view name) {
  for (const std::string_view ending : kSideTables) {
    if (name.size() > ending.size() && name.ends_with(ending))
      return name.substr(0, name.size() - ending.size());
  }
  return {};
}

bool CheckNodeName(std::string_view name, const Span& span, Diagnostics& diagnostics) {
  if (!CheckName("node", name, span, diagnostics)) return false;
  const std::string_view owner = OwnerOfSideTable(name);
  if (owner.empty()) return true;
  diagnostics.Error(
      "reserved-name", fmt::format("\"{}\" cannot be the name of a node", name), span, "",
      fmt::format("it names the table of what node \"{}\" puts aside: choose another ending",
                  owner));
  return false;
}

}  // namespace thalweg::spec
