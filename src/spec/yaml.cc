#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <libfyaml.h>

#include "component/fields.h"
#include "spec/document_limits.h"
#include "spec/map_builder.h"
#include "spec/pipeline.h"
#include "spec/scalar.h"
#include "spec/yaml_error.h"

namespace thalweg::spec {

using component::QuoteName;

namespace {

struct FyDeleter {
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};

std::string TextOf(fy_token* token) {
  std::size_t size = 0;
  const char* text = token == nullptr ? nullptr : fy_token_get_text(token, &size);
  return text == nullptr ? std::string() : std::string(text, size);
}

/// A value with what aliases to it would add.
struct Built {
  Value value;
  std::size_t values = 1;  ///< with all that is below, aliases spelt out
  bool plain = false;      ///< a scalar without quotes
};

/// A list or map whose end has not come yet.
struct Open {
  bool is_map = false;
  bool is_flow = false;
  std::string anchor;
  Span span;
  std::size_t values = 1;
  std::vector<Value> items;
  MapBuilder entries;
  std::vector<std::pair<Value, Span>> merged;  ///< what stands behind `<<`
  // Of a map: the key that waits for its value.
  bool has_key = false;
  bool key_is_good = false;
  bool key_is_merge = false;
  std::string key;
  Span key_span;
};

/// Makes a Value tree from the library's events.
class Builder {
 public:
  Builder(SourceTextRef source, Diagnostics& diagnostics)
      : source_(std::move(source)), diagnostics_(diagnostics) {}

  /// False: no more events are wanted, `failed` documents have no value.
  bool On(fy_event* event);

  bool failed() const { return failed_; }
  Value Take() && { return failed_ ? Value() : std::move(root_); }
  /// The innermost open bracket, for a message.
  const Span* OpenBracket() const;

 private:
  bool Fail() {
    failed_ = true;
    return false;
  }
  Span SpanOf(const fy_mark* begin, const fy_mark* end) const;
  Span Here() const { return {source_, last_end_, last_end_}; }
  std::string_view Under(const Span& span) const {
    return std::string_view(source_->text()).substr(span.begin, span.end - span.begin);
  }

  bool OnDocument(fy_event* event);
  bool OnScalar(fy_event* event);
  Value QuotedScalar(bool is_double, const Span& inside);
  Value BlockScalar(std::size_t from, const Span& token);
  /// Where a value that is not written would stand: its key, or the dash of its list item.
  Span PlaceOfNothing();
  /// The first of these characters outside of comments; `limit` when there is none.
  std::size_t FindIndicator(std::string_view any_of, std::size_t from, std::size_t limit) const;
  /// Where anchor and tag of a scalar end; where the token before it ended when it has none.
  std::size_t EndOfProperties(fy_event* event) const;
  /// Blanks in front of the innermost open collection.
  std::size_t ParentIndent() const;
  bool OnAlias(fy_event* event);
  bool OnStart(fy_event* event, bool is_map);
  bool OnEnd(fy_event* event);
  void RefuseTag(fy_event* event);

  bool Place(Built built, const std::string& anchor);
  void PlaceKey(Open& map, const Built& key);
  void PlaceMerge(Open& map, const Value& value);
  Value Close(Open& open);

  SourceTextRef source_;
  Diagnostics& diagnostics_;
  std::vector<Open> open_;
  std::unordered_map<std::string, Built> anchors_;
  std::size_t aliased_ = 0;
  std::size_t last_end_ = 0;
  int documents_ = 0;
  bool failed_ = false;
  Value root_;
};

Span Builder::SpanOf(const fy_mark* begin, const fy_mark* end) const {
  if (begin == nullptr) return Here();
  const std::size_t size = source_->text().size();
  const std::size_t from = std::min(begin->input_pos, size);
  return {source_, from, std::clamp(end == nullptr ? from : end->input_pos, from, size)};
}

bool Builder::On(fy_event* event) {
  switch (event->type) {
    case FYET_DOCUMENT_START:
      return OnDocument(event);
    case FYET_SCALAR:
      return OnScalar(event);
    case FYET_ALIAS:
      return OnAlias(event);
    case FYET_MAPPING_START:
      return OnStart(event, true);
    case FYET_SEQUENCE_START:
      return OnStart(event, false);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
      return OnEnd(event);
    default:
      return true;
  }
}

bool Builder::OnDocument(fy_event* event) {
  const Span span = SpanOf(fy_event_start_mark(event), fy_event_end_mark(event));
  if (++documents_ > 1) {
    diagnostics_.Error(
        "several-documents", "the file holds more than one document", span, "",
        "one file holds one pipeline: remove this line, or move the rest to a file of its own");
    return Fail();
  }
  const fy_version* version = fy_document_start_event_version(event);
  if (version != nullptr && (version->major != 1 || version->minor != 2)) {
    diagnostics_.Error("yaml-version", "the file asks for another version of YAML than 1.2",
                       Span{source_, 0, 0}, "", "remove the line that begins with %YAML");
    return Fail();
  }
  return true;
}

void Builder::RefuseTag(fy_event* event) {
  fy_token* tag = fy_event_get_tag_token(event);
  if (tag == nullptr) return;
  const Span span = SpanOf(fy_token_start_mark(tag), fy_token_end_mark(tag));
  diagnostics_.Error("yaml-tag", "tags have no meaning here", span, "remove the tag",
                     "text that looks like a number is kept as text by quotes");
}

bool Builder::OnScalar(fy_event* event) {
  RefuseTag(event);
  fy_token* token = fy_event_get_token(event);
  const std::string anchor = TextOf(fy_event_get_anchor_token(event));
  const fy_mark* begin = token == nullptr ? nullptr : fy_token_start_mark(token);
  if (begin == nullptr) return Place({Value::Null(PlaceOfNothing())}, anchor);
  const Span span = SpanOf(begin, fy_token_end_mark(token));
  switch (fy_scalar_token_get_style(token)) {
    case FYSS_SINGLE_QUOTED:
    case FYSS_DOUBLE_QUOTED:
      return Place({QuotedScalar(fy_scalar_token_get_style(token) == FYSS_DOUBLE_QUOTED, span)},
                   anchor);
    case FYSS_LITERAL:
    case FYSS_FOLDED:
      return Place({BlockScalar(EndOfProperties(event), span)}, anchor);
    default:
      break;
  }
  last_end_ = span.end;
  const std::string_view text = Under(span);
  if (text.find_first_of("\r\n") == std::string_view::npos) {
    return Place({PlainScalar(std::string(text), span), 1, true}, anchor);
  }
  ScalarText decoded = DecodePlain(source_->text(), span.begin, span.end);
  return Place({Value::String(std::move(decoded.text), span, std::move(decoded.segments))}, anchor);
}

Value Builder::QuotedScalar(bool is_double, const Span& inside) {
  const std::string& source = source_->text();
  Span span{source_, inside.begin == 0 ? 0 : inside.begin - 1,
            std::min(inside.end + 1, source.size())};
  last_end_ = span.end;
  std::optional<ScalarText> decoded = is_double
                                          ? DecodeDoubleQuoted(source, inside.begin, inside.end)
                                          : DecodeSingleQuoted(source, inside.begin, inside.end);
  if (!decoded) {
    diagnostics_.Error("control-character", "the text holds an escape that is no character", span,
                       "", "NUL and halves of surrogate pairs are not allowed");
    return Value::String("", std::move(span));
  }
  return Value::String(std::move(decoded->text), std::move(span), std::move(decoded->segments));
}

Span Builder::PlaceOfNothing() {
  if (open_.empty()) return Here();
  const Open& parent = open_.back();
  if (parent.is_map) return parent.has_key ? parent.key_span : Here();
  const std::size_t size = source_->text().size();
  const std::size_t dash = parent.is_flow ? size : FindIndicator("-", last_end_, size);
  if (dash == size) return Here();
  last_end_ = dash + 1;
  return {source_, dash, dash + 1};
}

std::size_t Builder::FindIndicator(std::string_view any_of, std::size_t from,
                                   std::size_t limit) const {
  const std::string& source = source_->text();
  const auto begins_comment = [&](std::size_t at) {
    constexpr std::string_view kWhite = " \t\r\n";
    return source[at] == '#' && (at == 0 || kWhite.find(source[at - 1]) != std::string_view::npos);
  };
  while (from < limit && any_of.find(source[from]) == std::string_view::npos) {
    from = begins_comment(from) ? std::min(source.find_first_of("\r\n", from), limit) : from + 1;
  }
  return from;
}

/// The library's token begins behind the header.
Value Builder::BlockScalar(std::size_t from, const Span& token) {
  const std::string& source = source_->text();
  const std::size_t header = FindIndicator("|>", from, token.begin);
  Span span{source_, header, std::min(header + 1, source.size())};
  if (header >= token.begin)
    return Value::String("", std::move(span));  // a header that is not there has no lines
  ScalarText decoded = DecodeBlock(source, header, token.end, ParentIndent());
  if (!decoded.segments.empty()) {
    const std::size_t last_line = decoded.segments.back().source_offset;
    span.begin = decoded.segments.front().source_offset;
    span.end = std::min(source.find_first_of("\r\n", last_line), source.size());
  }
  last_end_ = span.end;
  return Value::String(std::move(decoded.text), std::move(span), std::move(decoded.segments));
}

std::size_t Builder::EndOfProperties(fy_event* event) const {
  std::size_t end = last_end_;
  for (fy_token* token : {fy_event_get_anchor_token(event), fy_event_get_tag_token(event)}) {
    if (token != nullptr)
      end = std::max(end, SpanOf(fy_token_start_mark(token), fy_token_end_mark(token)).end);
  }
  return end;
}

std::size_t Builder::ParentIndent() const {
  if (open_.empty()) return 0;
  const std::string& source = source_->text();
  const std::size_t begin = open_.back().span.begin;
  const std::size_t line = begin == 0 ? std::string::npos : source.find_last_of("\r\n", begin - 1);
  return begin -
         (line == std::string::npos ? (source.starts_with("\xEF\xBB\xBF") ? 3 : 0) : line + 1);
}

bool Builder::OnAlias(fy_event* event) {
  fy_token* token = fy_event_get_token(event);
  Span span = SpanOf(fy_event_start_mark(event), fy_event_end_mark(event));
  if (span.begin > 0) --span.begin;  // the library's mark leaves the asterisk out
  last_end_ = span.end;
  const std::string name = TextOf(token);
  const auto anchor = anchors_.find(name);
  if (anchor == anchors_.end()) {
    for (const Open& open : open_) {
      if (open.anchor != name) continue;
      diagnostics_.Error("yaml-alias", fmt::format("*{} stands inside of what it stands for", name),
                         span, "", "write the value itself");
      return Place({Value::Null(span)}, "");
    }
    std::vector<std::string> names;
    for (const auto& [known, built] : anchors_) names.push_back(known);
    std::sort(names.begin(), names.end());
    const std::string near = Nearest(name, names);
    diagnostics_.Error("yaml-alias", fmt::format("there is no anchor {}", QuoteName("&" + name)),
                       span, near.empty() ? "" : fmt::format("did you mean \"*{}\"?", near),
                       "text that begins with * needs quotes");
    return Place({Value::Null(span)}, "");
  }
  aliased_ += anchor->second.values;
  if (aliased_ > kMaxAliasedValues) {
    diagnostics_.Error("yaml-alias", "the aliases of this file stand for too many values", span, "",
                       fmt::format("at most {}", kMaxAliasedValues));
    return Fail();
  }
  return Place(anchor->second, "");
}

bool Builder::OnStart(fy_event* event, bool is_map) {
  RefuseTag(event);
  Open open;
  open.is_map = is_map;
  open.is_flow = fy_event_get_node_style(event) == FYNS_FLOW;
  open.anchor = TextOf(fy_event_get_anchor_token(event));
  open.span = SpanOf(fy_event_start_mark(event), fy_event_end_mark(event));
  if (open_.size() >= kMaxDepth) {
    ReportTooDeep(open.span, diagnostics_);
    return Fail();
  }
  last_end_ = open.span.end;
  open_.push_back(std::move(open));
  return true;
}

bool Builder::OnEnd(fy_event* event) {
  Open open = std::move(open_.back());
  open_.pop_back();
  if (open.is_flow) {
    const Span end = SpanOf(fy_event_start_mark(event), fy_event_end_mark(event));
    last_end_ = std::max(last_end_, end.end);
  }
  open.span.end = std::max(last_end_, open.span.begin);
  Built built{Close(open), open.values};
  return Place(std::move(built), open.anchor);
}

Value Builder::Close(Open& open) {
  if (!open.is_map) return Value::List(std::move(open.items), std::move(open.span));
  for (const auto& [value, span] : open.merged) open.entries.Merge(value);
  return Value::Map(std::move(open.entries).Take(), std::move(open.span));
}

bool Builder::Place(Built built, const std::string& anchor) {
  if (!anchor.empty()) anchors_[anchor] = built;
  if (open_.empty()) {
    root_ = std::move(built.value);
    return true;
  }
  Open& parent = open_.back();
  parent.values += built.values;
  if (!parent.is_map) {
    parent.items.push_back(std::move(built.value));
  } else if (!parent.has_key) {
    PlaceKey(parent, built);
  } else {
    parent.has_key = false;
    if (parent.key_is_merge) {
      PlaceMerge(parent, built.value);
    } else if (parent.key_is_good) {
      parent.entries.Add(std::move(parent.key), std::move(parent.key_span), std::move(built.value),
                         diagnostics_);
    }
  }
  return true;
}

void Builder::PlaceKey(Open& map, const Built& key) {
  const bool good = key.value.is_scalar() && !key.value.is_null();
  if (!good) {
    diagnostics_.Error("yaml-key", fmt::format("a key must be text, not {}", key.value.KindName()),
                       key.value.span(), "", "put quotes around it if it is meant as text");
  }
  map.has_key = true;
  map.key_is_good = good;
  map.key_is_merge = key.plain && key.value.text() == "<<";
  map.key = key.value.text();
  map.key_span = key.value.span();
  // A map in brackets that is only one pair is known at its colon: it begins at its key.
  map.span.begin = std::min(map.span.begin, map.key_span.begin);
}

void Builder::PlaceMerge(Open& map, const Value& value) {
  const bool list = value.kind() == Value::Kind::kList;
  const std::vector<Value> maps = list ? value.items() : std::vector<Value>{value};
  for (const Value& each : maps) {
    if (each.kind() == Value::Kind::kMap) {
      map.merged.emplace_back(each, map.key_span);
    } else {
      diagnostics_.Error("yaml-key", fmt::format("\"<<\" merges maps, not {}", each.KindName()),
                         map.key_span, "",
                         "write \"<<: *anchor\", where the anchor stands at a map");
    }
  }
}

const Span* Builder::OpenBracket() const {
  for (auto open = open_.rbegin(); open != open_.rend(); ++open) {
    if (open->is_flow) return &open->span;
  }
  return nullptr;
}

void ReportErrors(fy_diag* diag, const SourceTextRef& source, const Builder& builder,
                  Diagnostics& diagnostics) {
  void* next = nullptr;
  while (const fy_diag_error* error = fy_diag_errors_iterate(diag, &next)) {
    if (error->type < FYET_ERROR) continue;
    const std::string_view message = error->msg == nullptr ? "" : error->msg;
    if (message.find("depth") != std::string_view::npos) {
      ReportTooDeep(Span{source, 0, 0}, diagnostics);
    } else {
      ReportYamlSyntax(message, source, error->line, error->column, builder.OpenBracket(),
                       diagnostics);
    }
    return;
  }
  diagnostics.Error("yaml-syntax", "this is not YAML", Span{source, 0, 0});
}

}  // namespace

Value ParseYaml(const SourceTextRef& source, Diagnostics& diagnostics) {
  if (!CheckDocumentText(source, diagnostics)) return {};
  fy_diag_cfg diag_config;
  fy_diag_cfg_default(&diag_config);
  diag_config.fp = nullptr;
  diag_config.output_fn = [](fy_diag*, void*, const char*, std::size_t) {};
  const std::unique_ptr<fy_diag, FyDeleter> diag(fy_diag_create(&diag_config));
  fy_diag_set_collect_errors(diag.get(), true);
  fy_parse_cfg config{};
  config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE |
                                                 FYPCF_ALLOW_DUPLICATE_KEYS);
  config.diag = diag.get();
  const std::unique_ptr<fy_parser, FyDeleter> parser(fy_parser_create(&config));
  TW_CHECK(parser != nullptr);
  Builder builder(source, diagnostics);
  if (fy_parser_set_string(parser.get(), source->text().data(), source->text().size()) != 0) {
    diagnostics.Error("yaml-syntax", "this is not YAML", Span{source, 0, 0});
    return {};
  }
  bool wanted = true;
  while (wanted) {
    fy_event* event = fy_parser_parse(parser.get());
    if (event == nullptr) break;
    wanted = builder.On(event);
    fy_parser_event_free(parser.get(), event);
  }
  if (wanted && fy_parser_get_stream_error(parser.get())) {
    ReportErrors(diag.get(), source, builder, diagnostics);
    return {};
  }
  return std::move(builder).Take();
}

}  // namespace thalweg::spec
