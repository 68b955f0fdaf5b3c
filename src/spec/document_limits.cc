#include "spec/document_limits.h"

#include <string_view>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/utf8.h"

namespace thalweg::spec {
namespace {

bool IsControl(char32_t value) {
  const bool white = value == '\t' || value == '\n' || value == '\r';
  return (value < 0x20 && !white) || (value >= 0x7F && value <= 0x9F && value != 0x85);
}

}  // namespace

bool CheckDocumentText(const SourceTextRef& source, Diagnostics& diagnostics) {
  const std::string_view text = source->text();
  if (text.size() > kMaxDocumentBytes) {
    diagnostics.Error(
        "file-too-large",
        fmt::format("the file is too large to be a pipeline: {}",
                    FormatBytes(Bytes(static_cast<std::int64_t>(text.size())))),
        Span{source, 0, 0}, "",
        fmt::format("at most {}; data belongs in files that a source reads",
                    FormatBytes(Bytes(static_cast<std::int64_t>(kMaxDocumentBytes)))));
    return false;
  }
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x7F) {
      ++at;
      continue;
    }
    const CodePoint point = DecodeUtf8(text, at);
    const Span place{source, at, at + point.bytes};
    if (!point.valid) {
      diagnostics.Error("not-utf8", "the file is not UTF-8", place, "this byte",
                        "save it as UTF-8; it may be UTF-16, Latin-1 or no text at all");
      return false;
    }
    if (IsControl(point.value)) {
      diagnostics.Error("control-character",
                        fmt::format("the file holds the control character U+{:04X}",
                                    static_cast<unsigned>(point.value)),
                        place, "", "remove it; in text write it as an escape in double quotes");
      return false;
    }
    at += point.bytes;
  }
  return true;
}

void ReportTooDeep(Span span, Diagnostics& diagnostics) {
  diagnostics.Error("too-deep", "the document is nested too deeply", std::move(span),
                    fmt::format("level {}", kMaxDepth + 1),
                    fmt::format("at most {} levels", kMaxDepth));
}

}  // namespace thalweg::spec
