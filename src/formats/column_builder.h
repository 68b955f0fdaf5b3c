#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"

namespace thalweg::formats {

/// How dates and times stand in a text; empty: ISO 8601.
struct TimeRules {
  std::string date_format, timestamp_format;  ///< strptime forms (time_format.h)
};

/// Collects the values of one column from texts. The one place where text becomes a typed value,
/// for all text formats. A value is kept exactly or refused. One thread.
class ColumnBuilder {
 public:
  enum class Kind {
    kScalar,  ///< takes a text
    kText,    ///< varchar: takes any text
    kJson,    ///< varchar that must be JSON
    kList,
    kStruct,
    kMap,
  };

  /// A builder for a column of this Arrow type (data/types.h). `from` as in TextColumnSpec.
  /// kUnsupported for types that no table stores, kInvalid when `from` does not fit the type or is
  /// no date form.
  static Result<std::unique_ptr<ColumnBuilder>> Make(const arrow::Field& field,
                                                     const TimeRules& rules,
                                                     const std::string& from);

  virtual ~ColumnBuilder() = default;
  ColumnBuilder(const ColumnBuilder&) = delete;
  ColumnBuilder& operator=(const ColumnBuilder&) = delete;

  virtual Kind kind() const = 0;
  virtual void AppendNull() = 0;
  /// Appends the value that the text stands for. False: nothing was appended, and `reason` says
  /// why, in plain words. Nested columns take no text.
  virtual bool AppendText(std::string_view text, std::string* reason) = 0;
  /// Forgets all but the first `rows` values.
  virtual void Truncate(std::int64_t rows) = 0;
  /// The values as an array; the builder is empty then.
  virtual std::shared_ptr<arrow::Array> Finish() = 0;

  std::int64_t rows() const { return static_cast<std::int64_t>(valid_.size()); }
  const std::shared_ptr<arrow::DataType>& type() const { return type_; }
  /// Bytes that a row takes whatever its value, for budgets.
  virtual std::int64_t fixed_width() const = 0;

 protected:
  explicit ColumnBuilder(std::shared_ptr<arrow::DataType> type) : type_(std::move(type)) {}

  void AppendValidity(bool valid) { valid_.push_back(valid ? 1 : 0); }
  void TruncateValidity(std::int64_t rows) { valid_.resize(static_cast<std::size_t>(rows)); }
  /// The bitmap (null when every value is there) and the number of nulls; clears both.
  std::pair<std::shared_ptr<arrow::Buffer>, std::int64_t> FinishValidity();

 private:
  std::shared_ptr<arrow::DataType> type_;
  std::vector<std::uint8_t> valid_;
};

/// Values are appended to `items`, then closed as one list. Truncate also drops items of a list
/// that was not closed.
class ListColumnBuilder : public ColumnBuilder {
 public:
  ListColumnBuilder(std::shared_ptr<arrow::DataType> type, std::unique_ptr<ColumnBuilder> items);
  Kind kind() const override { return Kind::kList; }
  ColumnBuilder& items() { return *items_; }
  void CloseList();
  void AppendNull() override;
  bool AppendText(std::string_view text, std::string* reason) override;
  void Truncate(std::int64_t rows) override;
  std::shared_ptr<arrow::Array> Finish() override;
  std::int64_t fixed_width() const override { return 5; }

 private:
  std::unique_ptr<ColumnBuilder> items_;
  std::vector<std::int32_t> offsets_ = {0};
};

/// Every field gets one value, then the struct is closed.
class StructColumnBuilder : public ColumnBuilder {
 public:
  StructColumnBuilder(std::shared_ptr<arrow::DataType> type,
                      std::vector<std::unique_ptr<ColumnBuilder>> fields);
  Kind kind() const override { return Kind::kStruct; }
  std::size_t field_count() const { return fields_.size(); }
  ColumnBuilder& field(std::size_t i) { return *fields_[i]; }
  const std::string& field_name(std::size_t i) const;
  void CloseStruct() { AppendValidity(true); }
  void AppendNull() override;
  bool AppendText(std::string_view text, std::string* reason) override;
  void Truncate(std::int64_t rows) override;
  std::shared_ptr<arrow::Array> Finish() override;
  std::int64_t fixed_width() const override;

 private:
  std::vector<std::unique_ptr<ColumnBuilder>> fields_;
};

/// Pairs are appended to `keys` and `items`, then closed as one map.
class MapColumnBuilder : public ColumnBuilder {
 public:
  MapColumnBuilder(std::shared_ptr<arrow::DataType> type, std::unique_ptr<ColumnBuilder> keys,
                   std::unique_ptr<ColumnBuilder> items);
  Kind kind() const override { return Kind::kMap; }
  ColumnBuilder& keys() { return *keys_; }
  ColumnBuilder& items() { return *items_; }
  void CloseMap();
  void AppendNull() override;
  bool AppendText(std::string_view text, std::string* reason) override;
  void Truncate(std::int64_t rows) override;
  std::shared_ptr<arrow::Array> Finish() override;
  std::int64_t fixed_width() const override { return 5; }

 private:
  std::unique_ptr<ColumnBuilder> keys_, items_;
  std::vector<std::int32_t> offsets_ = {0};
};

}  // namespace thalweg::formats
