#include "operators/lookup.h"

#include <arrow/array/array_base.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/arrow_status.h"
#include "data/quoting.h"
#include "operators/columns.h"
#include "operators/key_codec.h"
#include "operators/key_table.h"
#include "operators/queued_operator.h"
#include "operators/type_name.h"

namespace thalweg::operators {

using data::QuoteIdentifier;

component::FieldInfo ColumnPairs::Info() {
  component::FieldInfo info;
  info.shape = component::Shape::kAny;
  return info;
}

bool ReadValue(const component::Value& value, const component::FieldInfo& info, ColumnPairs* out,
               Diagnostics& diagnostics) {
  using Kind = component::Value::Kind;
  component::FieldInfo text = info;
  text.shape = component::Shape::kString;
  const auto read = [&](const component::Value& from, std::string* into) {
    return component::ReadValue(from, text, into, diagnostics);
  };
  bool good = true;
  if (value.kind() == Kind::kMap) {
    for (const component::Value::Entry& entry : value.entries()) {
      std::string there;
      good &= read(entry.value, &there);
      out->pairs.emplace_back(entry.key, std::move(there));
    }
  } else if (value.kind() == Kind::kList) {
    for (const component::Value& item : value.items()) {
      std::string name;
      good &= read(item, &name);
      out->pairs.emplace_back(name, name);
    }
  } else {
    std::string name;
    good = read(value, &name);
    out->pairs.emplace_back(name, name);
  }
  if (good && out->pairs.empty()) {
    diagnostics.Error("empty-value", fmt::format("\"{}\" names no column", info.name),
                      value.span());
    return false;
  }
  return good;
}

component::OptionsOf<LookupOptions> LookupOptions::Describe() {
  using O = LookupOptions;
  return component::OptionsOf<O>("lookup", "Adds columns of another node's table to rows, by key.")
      .Field("in", &O::in,
             {.doc = "The node whose table is looked into. It is kept in memory as a whole.",
              .example = "campaigns",
              .required = true})
      .Field("match", &O::match,
             {.doc = "Columns that must be equal: a list where both have the name, or a map from "
                     "the rows' column to the table's. NULL equals nothing. The table has a key "
                     "once; twice is an error.",
              .example = "[ad_id]",
              .required = true})
      .Field(
          "take", &O::take,
          {.doc = "Columns of the table that rows get: a list, or a map from the new name to the "
                  "table's column.",
           .example = "{campaign: campaign_id}",
           .required = true})
      .Field("missing", &O::missing,
             {.doc = "A row whose key the table does not have gets NULLs, is dropped, or fails the "
                     "node.",
              .default_text = "null",
              .choices = {"null", "drop", "fail"}})
      .Field("refresh", &O::refresh,
             {.doc = "In a stream: how often a newer version of the table is looked for. Never "
                     "without it.",
              .example = "10m",
              .changes_rows = false});
}

namespace {

struct LookupPlan {
  std::vector<int> here;                  ///< match columns of the rows,
  std::vector<int> there;                 ///< of the table
  std::vector<int> taken;                 ///< columns of the table
  std::shared_ptr<arrow::Schema> keys;    ///< match columns, by the rows' names
  std::shared_ptr<arrow::Schema> values;  ///< taken columns, by their new names
  data::SchemaRef output;
};

Result<LookupPlan> MakePlan(const LookupOptions& options, std::span<const data::EdgeType> inputs) {
  if (inputs.size() != 2)
    return UserError("input-count", "lookup reads exactly one node, beside its table");
  const arrow::Schema& rows = *inputs[0].schema;
  const arrow::Schema& table = *inputs[1].schema;
  LookupPlan plan;
  arrow::FieldVector keys, values, output = rows.fields();
  for (const auto& [here, there] : options.match.pairs) {
    TW_ASSIGN_OR_RETURN(const int left, FindColumn(rows, here));
    const auto right = FindColumn(table, there);
    if (!right.ok()) return right.status().Annotate(fmt::format("table \"{}\"", options.in));
    if (!rows.field(left)->type()->Equals(*table.field(*right)->type())) {
      return UserError("different-types",
                       fmt::format("column \"{}\" is {}, but \"{}\" of {} is {}: cast one", here,
                                   TypeName(*rows.field(left)), there, options.in,
                                   TypeName(*table.field(*right))));
    }
    plan.here.push_back(left);
    plan.there.push_back(*right);
    keys.push_back(rows.field(left));
  }
  for (const auto& [name, there] : options.take.pairs) {
    const auto column = FindColumn(table, there);
    if (!column.ok()) return column.status().Annotate(fmt::format("table \"{}\"", options.in));
    for (const auto& field : output) {
      if (field->name() != name) continue;
      return UserError("column-exists",
                       fmt::format("the rows have a column \"{0}\" already: take it under another "
                                   "name, take: {{new_name: {1}}}",
                                   name, there));
    }
    plan.taken.push_back(*column);
    values.push_back(table.field(*column)->WithName(name)->WithNullable(true));
    output.push_back(values.back());
  }
  plan.keys = arrow::schema(std::move(keys));
  plan.values = arrow::schema(std::move(values));
  plan.output = arrow::schema(std::move(output), rows.metadata());
  TW_RETURN_IF_ERROR(KeyTable::Make(*plan.keys, plan.keys->field_names()).status());
  return plan;
}

data::Batch Project(const data::Batch& batch, const std::vector<int>& columns,
                    const std::shared_ptr<arrow::Schema>& schema) {
  Arrays arrays;
  for (const int column : columns) arrays.push_back(batch->column(column));
  return arrow::RecordBatch::Make(schema, batch->num_rows(), std::move(arrays));
}

class Lookup : public QueuedOperator {
 public:
  Lookup(LookupPlan plan, std::string table, std::string missing)
      : plan_(std::move(plan)), table_(std::move(table)), missing_(std::move(missing)) {}

 protected:
  Status OnBatch(int port, const data::Batch& batch) override {
    if (port == kTable) {
      coming_keys_.push_back(Project(batch, plan_.there, plan_.keys));
      coming_values_.push_back(Project(batch, plan_.taken, plan_.values));
      return {};
    }
    if (!index_) return Status::Internal("lookup got rows before its table");
    const data::Batch keys = Project(batch, plan_.here, plan_.keys);
    std::vector<std::uint32_t> slots(static_cast<std::size_t>(batch->num_rows()));
    index_->FindKeys(*keys, slots.data());
    std::vector<std::int64_t> found, rows;
    std::vector<std::uint8_t> valid;
    bool all = true;
    const bool drop = missing_ == "drop";
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const bool here = slots[i] != KeyTable::kAbsent;
      all &= here;
      if (!here && missing_ == "fail") return Missing(*keys, static_cast<std::int64_t>(i));
      if (!here && drop) continue;
      found.push_back(here ? slots[i] : 0);
      valid.push_back(here ? 1 : 0);
      rows.push_back(static_cast<std::int64_t>(i));
    }
    Arrays columns;
    if (drop && !all) {
      TW_ASSIGN_OR_RETURN(columns, Take(batch->columns(), *MakeWide(arrow::int64(), rows)));
    } else {
      columns = batch->columns();
    }
    const ArrayRef taken = MakeWide(arrow::int64(), std::move(found), valid);
    TW_ASSIGN_OR_RETURN(const Arrays values, Take(values_->columns(), *taken));
    columns.insert(columns.end(), values.begin(), values.end());
    Emit(MakeRows(plan_.output, taken->length(), std::move(columns)));
    return {};
  }

  Status OnFrameBegin(int port, std::uint64_t id) override {
    if (port != kTable) return QueuedOperator::OnFrameBegin(port, id);
    coming_keys_.clear();
    coming_values_.clear();
    return {};
  }

  /// The table is complete: from here on it is the one.
  Status OnFrameEnd(int port, std::uint64_t id) override {
    if (port != kTable) return QueuedOperator::OnFrameEnd(port, id);
    TW_ASSIGN_OR_RETURN(KeyTable index, KeyTable::Make(*plan_.keys, plan_.keys->field_names()));
    std::vector<RowRef> values;  // by number of the key
    std::vector<std::uint32_t> slots;
    for (std::size_t b = 0; b < coming_keys_.size(); ++b) {
      const arrow::RecordBatch& keys = *coming_keys_[b];
      slots.resize(static_cast<std::size_t>(keys.num_rows()));
      index.MapKeys(keys, slots.data());
      for (std::size_t i = 0; i < slots.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        if (values.size() <= slots[i]) {
          values.resize(slots[i] + std::size_t{1});
        } else if (!HasNull(keys, row)) {
          return Twice(keys, row);
        }
        values[slots[i]] = {coming_values_[b], row};
      }
    }
    TW_ASSIGN_OR_RETURN(values_, GatherRows(plan_.values, values));
    index_.emplace(std::move(index));
    coming_keys_.clear();
    coming_values_.clear();
    return {};
  }

 private:
  static constexpr int kTable = 1;

  static bool HasNull(const arrow::RecordBatch& keys, std::int64_t row) {
    for (const auto& column : keys.columns()) {
      if (column->IsNull(row)) return true;
    }
    return false;
  }
  static Result<Arrays> Take(const Arrays& columns, const arrow::Array& rows) {
    Arrays taken;
    for (const ArrayRef& column : columns) {
      auto made = arrow::compute::Take(*column, rows, arrow::compute::TakeOptions::NoBoundsCheck());
      if (!made.ok()) return data::FromArrowStatus(made.status(), "cannot take rows of a table");
      taken.push_back(*std::move(made));
    }
    return taken;
  }
  static std::string Describe(const arrow::RecordBatch& keys, std::int64_t row) {
    std::string text;
    for (int c = 0; c < keys.num_columns(); ++c) {
      text += fmt::format("{}{}={}", c == 0 ? "" : " ", keys.schema()->field(c)->name(),
                          (*keys.column(c)->GetScalar(row))->ToString());
    }
    return text;
  }
  Status Missing(const arrow::RecordBatch& keys, std::int64_t row) const {
    return UserError("key-missing",
                     fmt::format("{} has no row for {}", table_, Describe(keys, row)))
        .WithHint("missing: null or missing: drop lets such rows through or leaves them out");
  }
  Status Twice(const arrow::RecordBatch& keys, std::int64_t row) const {
    return UserError("key-twice",
                     fmt::format("{} has more than one row for {}", table_, Describe(keys, row)))
        .WithHint("match by a key of the table, or look into a node that keeps one row per key");
  }

  const LookupPlan plan_;
  const std::string table_, missing_;
  std::optional<KeyTable> index_;
  data::Batch values_;  // row: number of the key
  std::vector<data::Batch> coming_keys_, coming_values_;
};

}  // namespace

Result<component::Bound> LookupSpec::Bind(std::span<const data::EdgeType> inputs,
                                          const component::MakeEvaluator&) const {
  TW_ASSIGN_OR_RETURN(LookupPlan plan, MakePlan(options_, inputs));
  component::Bound bound;
  bound.output = inputs[0];
  bound.output.schema = std::move(plan.output);
  bound.output.deterministic &= !options_.refresh.has_value();
  bound.stateless = true;
  return bound;
}

std::optional<std::string> LookupSpec::Lower(component::Dialect dialect,
                                             std::span<const data::EdgeType>) const {
  // A join would multiply rows where this is an error, and cannot fail for one that is missing.
  if (dialect != component::Dialect::kDuckDb || options_.missing == "fail") return std::nullopt;
  std::string list, condition;
  for (const auto& [name, there] : options_.take.pairs)
    list += fmt::format(", t.{} AS {}", QuoteIdentifier(there), QuoteIdentifier(name));
  for (const auto& [here, there] : options_.match.pairs) {
    condition += fmt::format("{}r.{} = t.{}", condition.empty() ? "" : " AND ",
                             QuoteIdentifier(here), QuoteIdentifier(there));
  }
  return fmt::format("SELECT r.*{} FROM in_0 AS r {} JOIN in_1 AS t ON {}", list,
                     options_.missing == "drop" ? "INNER" : "LEFT", condition);
}

Result<std::unique_ptr<component::Operator>> LookupSpec::Make(
    std::span<const data::EdgeType> inputs) const {
  TW_ASSIGN_OR_RETURN(LookupPlan plan, MakePlan(options_, inputs));
  return std::make_unique<Lookup>(std::move(plan), options_.in, options_.missing);
}

}  // namespace thalweg::operators
