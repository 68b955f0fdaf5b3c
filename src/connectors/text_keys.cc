#include "connectors/text_keys.h"

#include <charconv>
#include <system_error>

#include <fmt/format.h>

namespace thalweg::connectors {

using component::BadRows;
using component::RejectPolicy;
using component::Value;

namespace {

/// "10" or "0.1%".
bool ReadLimit(std::string_view text, RejectPolicy* policy) {
  const bool share = text.ends_with('%');
  if (share) text.remove_suffix(1);
  const char* const last = text.data() + text.size();
  if (share) {
    double percent = 0;
    const auto [end, error] = std::from_chars(text.data(), last, percent);
    policy->max_share = percent / 100;
    return error == std::errc() && end == last && percent >= 0 && percent <= 100;
  }
  std::int64_t rows = 0;
  const auto [end, error] = std::from_chars(text.data(), last, rows);
  policy->max_rows = rows;
  return error == std::errc() && end == last && rows >= 0;
}

}  // namespace

const Span& PlaceOfKey(const Value& body, std::string_view key) {
  const Value* value = body.Find(key);
  return value != nullptr ? value->span() : body.span();
}

void Report(const Status& status, const Span& span, Diagnostics& diagnostics) {
  diagnostics.Error(status.slug(), status.message(), span, {}, status.hint());
}

void RefuseKeys(const Value& body, std::initializer_list<std::string_view> keys,
                std::string_view formats, std::string_view format, Diagnostics& diagnostics) {
  for (const std::string_view key : keys) {
    if (body.Find(key) == nullptr) continue;
    diagnostics.Error("wrong-format",
                      fmt::format("\"{}\" is for {}, and the format is {}", key, formats, format),
                      PlaceOfKey(body, key), "remove it, or say another format");
  }
}

void CheckDelimiter(const Value& body, const std::string& delimiter, Diagnostics& diagnostics) {
  if (!delimiter.empty() && delimiter.size() <= 4 &&
      delimiter.find_first_of("\r\n") == std::string::npos) {
    return;
  }
  diagnostics.Error("bad-delimiter", "\"delimiter\" must be 1 to 4 bytes and no line end",
                    PlaceOfKey(body, "delimiter"), {}, "a tab is written \"\\t\"");
}

void CheckOneByte(const Value& body, std::string_view key, const std::optional<std::string>& text,
                  Diagnostics& diagnostics) {
  if (!text || text->size() <= 1) return;
  diagnostics.Error("bad-value",
                    fmt::format("\"{}\" must be one ASCII character, or empty for none", key),
                    PlaceOfKey(body, key));
}

RejectPolicy ReadRejectPolicy(const Value& body, std::string_view bad_rows,
                              const std::optional<component::Scalar>& max_bad_rows,
                              Diagnostics& diagnostics) {
  RejectPolicy policy;
  policy.bad_rows = bad_rows == "quarantine" ? BadRows::kQuarantine
                    : bad_rows == "drop"     ? BadRows::kDrop
                                             : BadRows::kFail;
  if (!max_bad_rows) return policy;
  if (!ReadLimit(max_bad_rows->text, &policy)) {
    diagnostics.Error("bad-value", "\"max_bad_rows\" must be a number of rows or a share of them",
                      PlaceOfKey(body, "max_bad_rows"), "for example 10 or 0.1%");
  } else if (policy.bad_rows == BadRows::kFail) {
    diagnostics.Error("contradiction", "\"max_bad_rows\" says nothing when the first bad row fails",
                      PlaceOfKey(body, "max_bad_rows"), {},
                      "add bad_rows: drop or bad_rows: quarantine");
  }
  return policy;
}

}  // namespace thalweg::connectors
