#include "operators/default.h"

#include <bit>
#include <charconv>
#include <vector>

#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/quoting.h"
#include "operators/columns.h"
#include "operators/queued_operator.h"
#include "operators/single_input.h"

namespace thalweg::operators {

component::OptionsOf<DefaultOptions> DefaultOptions::Describe() {
  return component::OptionsOf<DefaultOptions>("default",
                                              "Adds constant columns that the input does not have.")
      .Field("columns", &DefaultOptions::columns,
             {.doc = "Name and value: a whole number is a bigint, another number a double, true "
                     "and false a boolean, else "
                     "varchar.",
              .example = "{a: 42}",
              .required = true});
}

namespace {

struct Constant {
  std::shared_ptr<arrow::Field> field;
  std::int64_t number = 0;  // bits
  std::string text;
};

Constant Read(const std::string& name, const component::Scalar& scalar) {
  using Kind = component::Value::Kind;
  const char* begin = scalar.text.data();
  const char* end = begin + scalar.text.size();
  if (scalar.value.kind() == Kind::kBoolean)
    return {arrow::field(name, arrow::boolean()), scalar.value.boolean(), {}};
  if (scalar.value.kind() == Kind::kNumber) {
    std::int64_t whole = 0;
    if (const auto read = std::from_chars(begin, end, whole);
        read.ec == std::errc() && read.ptr == end) {
      return {arrow::field(name, arrow::int64()), whole, {}};
    }
    double real = 0;
    std::from_chars(begin, end, real);
    return {arrow::field(name, arrow::float64()), std::bit_cast<std::int64_t>(real), {}};
  }
  return {arrow::field(name, arrow::utf8()), 0, scalar.text};
}

std::vector<Constant> Missing(const DefaultOptions& options, const arrow::Schema& input) {
  std::vector<Constant> missing;
  for (const auto& [name, scalar] : options.columns) {
    if (input.GetFieldIndex(name) < 0) missing.push_back(Read(name, scalar));
  }
  return missing;
}

data::SchemaRef Extend(const arrow::Schema& input, const std::vector<Constant>& constants) {
  arrow::FieldVector fields = input.fields();
  for (const Constant& constant : constants) fields.push_back(constant.field);
  return arrow::schema(std::move(fields), input.metadata());
}

class Default : public QueuedOperator {
 public:
  Default(std::vector<Constant> constants, data::SchemaRef output)
      : constants_(std::move(constants)), output_(std::move(output)) {}

 protected:
  Status OnBatch(int, const data::Batch& batch) override {
    Arrays columns = batch->columns();
    for (const Constant& constant : constants_) {
      columns.push_back(
          constant.field->type()->id() == arrow::Type::STRING
              ? RepeatText(constant.text, batch->num_rows())
              : MakeNumbers(constant.field->type(),
                            std::vector<std::int64_t>(static_cast<std::size_t>(batch->num_rows()),
                                                      constant.number)));
    }
    Emit(MakeRows(output_, batch->num_rows(), std::move(columns)));
    return {};
  }

 private:
  const std::vector<Constant> constants_;
  const data::SchemaRef output_;
};

}  // namespace

Result<component::Bound> DefaultSpec::Bind(std::span<const data::EdgeType> inputs,
                                           const component::MakeEvaluator&) const {
  TW_RETURN_IF_ERROR(CheckOneInput(inputs, "default"));
  const arrow::Schema& input = *inputs[0].schema;
  TW_ASSIGN_OR_RETURN(component::Bound bound,
                      BoundLike(inputs, "default", Extend(input, Missing(options_, input))));
  bound.stateless = true;
  return bound;
}

std::optional<std::string> DefaultSpec::Lower(component::Dialect,
                                              std::span<const data::EdgeType> inputs) const {
  std::string list;
  for (const auto& [name, scalar] : options_.columns) {
    if (inputs[0].schema->GetFieldIndex(name) >= 0) continue;
    const Constant constant = Read(name, scalar);
    const char* type = constant.field->type()->id() == arrow::Type::INT64    ? "BIGINT"
                       : constant.field->type()->id() == arrow::Type::DOUBLE ? "DOUBLE"
                       : constant.field->type()->id() == arrow::Type::BOOL   ? "BOOLEAN"
                                                                             : "VARCHAR";
    list += fmt::format(", CAST({} AS {}) AS {}", data::QuoteLiteral(scalar.text), type,
                        data::QuoteIdentifier(name));
  }
  return fmt::format("SELECT *{} FROM in_0", list);
}

Result<std::unique_ptr<component::Operator>> DefaultSpec::Make(
    std::span<const data::EdgeType> inputs) const {
  std::vector<Constant> constants = Missing(options_, *inputs[0].schema);
  data::SchemaRef output = Extend(*inputs[0].schema, constants);
  return std::make_unique<Default>(std::move(constants), std::move(output));
}

}  // namespace thalweg::operators
