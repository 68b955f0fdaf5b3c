#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace thalweg::formats {

/// Tells whether a text is one JSON value (RFC 8259, UTF-8, at most 512 levels deep). Reuses its
/// memory. One thread.
class JsonChecker {
 public:
  JsonChecker();
  ~JsonChecker();
  bool IsJson(std::string_view text);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// Appends the text as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);

}  // namespace thalweg::formats
