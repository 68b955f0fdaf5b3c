#include "runs/source_fault.h"

#include <algorithm>

#include <fmt/format.h>

namespace thalweg::runs {

namespace {

/// Bytes of the first `count` code points.
std::size_t BytesOf(std::string_view text, int count) {
  std::size_t at = 0;
  for (; at < text.size() && count > 0; --count) {
    do {
      ++at;
    } while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  }
  return at;
}

/// Place -> Span; what goes on behind its first line is left out.
Span SpanAt(const SourceTextRef& source, const Place& place) {
  const std::string_view line = source->Line(place.line);
  const auto start = static_cast<std::size_t>(line.data() - source->text().data());
  const std::size_t begin = BytesOf(line, place.column - 1);
  const std::size_t length = BytesOf(line.substr(begin), std::max(place.length, 1));
  return {source, start + begin, start + begin + length};
}

Span SpanOf(const Status& error, const spec::Node& node) {
  const SourceTextRef& source = node.name_span.source;
  const auto& place = error.place();
  if (source && place && place->file == source->name() && place->line > 0 &&
      place->line <= source->lines())
    return SpanAt(source, *place);
  const auto* body = std::get_if<spec::SourceBody>(&node.body);
  const component::Value* value = node.value.Find("source");
  if (body != nullptr && value != nullptr) value = value->Find(body->connector);
  return value != nullptr ? value->span() : node.name_span;
}

}  // namespace

Diagnostic SourceFault(const Status& error, const spec::Node& node) {
  return {.slug = error.slug(),
          .message = fmt::format("node \"{}\": {}", node.name, error.message()),
          .span = SpanOf(error, node),
          .help = error.hint(),
          .code = error.code()};
}

}  // namespace thalweg::runs
