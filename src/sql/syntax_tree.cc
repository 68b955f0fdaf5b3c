#include "sql/syntax_tree.h"

#include <charconv>
#include <limits>
#include <unordered_map>
#include <utility>

#include <nlohmann/json.hpp>

namespace thalweg::sql {

class SyntaxTree::Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(Data& data) : data_(data) {}

  bool too_deep() const { return too_deep_; }

  bool null() override { return Add(Kind::kNull, {}); }
  bool boolean(bool value) override { return Add(Kind::kBoolean, value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override {
    return Add(Kind::kNumber, std::to_string(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return Add(Kind::kNumber, std::to_string(value));
  }
  bool number_float(number_float_t, const string_t& text) override {
    return Add(Kind::kNumber, text);
  }
  bool string(string_t& text) override { return Add(Kind::kString, text); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return Open(Kind::kObject); }
  bool start_array(std::size_t) override { return Open(Kind::kArray); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& text) override {
    const auto [it, added] = keys_.try_emplace(text, data_.keys.size());
    if (added) data_.keys.push_back(text);
    next_key_ = static_cast<std::uint32_t>(it->second);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
    return false;
  }

 private:
  bool Add(Kind kind, std::string_view text) {
    constexpr std::size_t kLimit = std::numeric_limits<std::uint32_t>::max();
    const std::size_t index = data_.records.size();
    if (index + 1 >= kLimit || data_.texts.size() + text.size() >= kLimit) return false;
    Record record;
    record.kind = kind;
    record.key = std::exchange(next_key_, 0);
    record.parent = open_.empty() ? static_cast<std::uint32_t>(index) : open_.back();
    record.end = static_cast<std::uint32_t>(index + 1);
    record.text_begin = static_cast<std::uint32_t>(data_.texts.size());
    data_.texts += text;
    record.text_end = static_cast<std::uint32_t>(data_.texts.size());
    data_.records.push_back(record);
    return true;
  }
  bool Open(Kind kind) {
    if (!Add(kind, {})) return false;
    open_.push_back(static_cast<std::uint32_t>(data_.records.size() - 1));
    too_deep_ = open_.size() > kMaxDepth;
    return !too_deep_;
  }
  bool Close() {
    data_.records[open_.back()].end = static_cast<std::uint32_t>(data_.records.size());
    open_.pop_back();
    return true;
  }

  Data& data_;
  std::unordered_map<std::string, std::size_t> keys_;
  std::vector<std::uint32_t> open_;
  std::uint32_t next_key_ = 0;
  bool too_deep_ = false;
};

Result<SyntaxTree> SyntaxTree::Parse(std::string_view json) {
  SyntaxTree tree;
  tree.data_ = std::make_unique<Data>();
  Builder builder(*tree.data_);
  if (nlohmann::json::sax_parse(json, &builder)) return tree;
  if (builder.too_deep()) {
    return Status(Code::kUnsupported, Fault::kUser, "the statement is nested too deeply")
        .WithSlug("statement-too-deep");
  }
  return Status::Internal("the parser's tree of a statement could not be read");
}

Node SyntaxTree::root() const {
  return (*this)[0];
}

Node SyntaxTree::operator[](std::size_t index) const {
  return index < size() ? Node(data_.get(), index) : Node();
}

std::string_view Node::key() const {
  return data_ ? std::string_view(data_->keys[record().key]) : std::string_view();
}

std::string_view Node::text() const {
  if (!data_) return {};
  const SyntaxTree::Record& r = record();
  return std::string_view(data_->texts).substr(r.text_begin, r.text_end - r.text_begin);
}

std::optional<std::int64_t> Node::integer() const {
  const std::string_view digits = text();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (!is_number() || error != std::errc() || end != digits.data() + digits.size()) return {};
  return value;
}

Node Node::parent() const {
  return !data_ || record().parent == index_ ? Node() : Node(data_, record().parent);
}

Node Node::Get(std::string_view key) const {
  if (!is_object()) return {};
  for (const Node child : children()) {
    if (child.key() == key) return child;
  }
  return {};
}

std::size_t Node::count() const {
  std::size_t count = 0;
  for ([[maybe_unused]] const Node child : children()) ++count;
  return count;
}

Node Node::Child(std::size_t position) const {
  for (const Node child : children()) {
    if (position-- == 0) return child;
  }
  return {};
}

std::optional<std::int64_t> Node::integer_literal() const {
  const Node value = Get("value");
  const std::string_view type_id = value.Get("type").Text("id");
  if (type_id != "INTEGER" && type_id != "BIGINT") return {};
  return value.Get("value").integer();
}

std::optional<std::size_t> Node::location() const {
  const std::optional<std::int64_t> at = Get("query_location").integer();
  if (!at || *at < 0) return {};
  return static_cast<std::size_t>(*at);
}

Node::Iterator Node::Children::begin() const {
  if (!node_.is_object() && !node_.is_array()) return end();
  return {node_.data_, node_.index_ + 1};
}

Node::Iterator Node::Children::end() const {
  if (!node_.is_object() && !node_.is_array()) return {node_.data_, node_.index_ + 1};
  return {node_.data_, node_.record().end};
}

}  // namespace thalweg::sql
