#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace thalweg::sql {

class Node;

/// DuckDB's tree of a statement, as json_serialize_sql prints it, in one block: nodes in the order
/// of the document, so that a loop over indexes visits every node before its children and a subtree
/// is a range. Immutable; movable.
class SyntaxTree {
 public:
  /// Deeper trees are refused: what walks a tree recurses. Two levels per level of an expression,
  /// six per nested WITH.
  static constexpr int kMaxDepth = 2000;

  /// kUnsupported with slug "statement-too-deep" beyond kMaxDepth; kInternal when it is no JSON.
  static Result<SyntaxTree> Parse(std::string_view json);

  Node root() const;
  std::size_t size() const { return data_->records.size(); }
  Node operator[](std::size_t index) const;

 private:
  friend class Node;
  enum class Kind : std::uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };
  struct Record {
    Kind kind = Kind::kNull;
    std::uint32_t key = 0;     // into keys; 0: an element of an array
    std::uint32_t parent = 0;  // itself for the root
    std::uint32_t end = 0;     // one beyond the subtree
    std::uint32_t text_begin = 0, text_end = 0;
  };
  struct Data {
    std::vector<Record> records;
    std::string texts;
    std::vector<std::string> keys{""};
  };
  class Builder;
  std::unique_ptr<Data> data_;
};

/// A value of the tree, or none: everything asked of none is none, empty or false. Valid as long as
/// its tree lives.
class Node {
 public:
  Node() = default;
  Node(const SyntaxTree::Data* data, std::size_t index) : data_(data), index_(index) {}

  explicit operator bool() const { return data_ != nullptr; }
  bool operator==(const Node&) const = default;
  std::size_t index() const { return index_; }
  /// Another node of the same tree.
  Node Other(std::size_t index) const { return {data_, index}; }
  /// One beyond the last index of the subtree.
  std::size_t end() const { return record().end; }

  bool is_object() const { return data_ && record().kind == SyntaxTree::Kind::kObject; }
  bool is_array() const { return data_ && record().kind == SyntaxTree::Kind::kArray; }
  bool is_null() const { return data_ && record().kind == SyntaxTree::Kind::kNull; }
  bool is_number() const { return data_ && record().kind == SyntaxTree::Kind::kNumber; }
  bool is_string() const { return data_ && record().kind == SyntaxTree::Kind::kString; }
  /// Tells kinds of values apart, for hashing.
  int kind() const { return data_ ? static_cast<int>(record().kind) : -1; }

  std::string_view key() const;   ///< in the object around it; empty in an array
  std::string_view text() const;  ///< of a string or number; "true", "false"; else empty
  bool truth() const { return text() == "true"; }
  std::optional<std::int64_t> integer() const;

  Node parent() const;
  Node Get(std::string_view key) const;
  std::string_view Text(std::string_view key) const { return Get(key).text(); }
  bool Has(std::string_view key) const { return static_cast<bool>(Get(key)); }
  std::size_t count() const;
  Node Child(std::size_t position) const;

  std::string_view type() const { return Text("type"); }
  std::string_view expression_class() const { return Text("class"); }
  bool Is(std::string_view type_name) const { return type() == type_name; }
  /// The value of a literal like 3; none for 3.0, '3' and everything else.
  std::optional<std::int64_t> integer_literal() const;
  /// The byte of the statement where it begins; for an operator, of its sign.
  std::optional<std::size_t> location() const;

  class Iterator {
   public:
    Iterator(const SyntaxTree::Data* data, std::size_t index) : data_(data), index_(index) {}
    Node operator*() const { return {data_, index_}; }
    Iterator& operator++() { return index_ = data_->records[index_].end, *this; }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const SyntaxTree::Data* data_;
    std::size_t index_;
  };
  class Children;
  /// Of an array or object; nothing else has any.
  Children children() const;

 private:
  const SyntaxTree::Record& record() const { return data_->records[index_]; }
  const SyntaxTree::Data* data_ = nullptr;
  std::size_t index_ = 0;
};

class Node::Children {
 public:
  explicit Children(const Node& node) : node_(node) {}
  Iterator begin() const;
  Iterator end() const;

 private:
  Node node_;
};

inline Node::Children Node::children() const {
  return Children(*this);
}

}  // namespace thalweg::sql
