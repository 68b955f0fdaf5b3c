#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/large_vector.h"
#include "base/status.h"
#include "data/element.h"
#include "operators/aggregate_call.h"
#include "operators/columns.h"

namespace thalweg::operators {

/// The running aggregates of groups 0, 1, 2 ... A group's numbers lie side by side (`stride` words
/// per group; the first is its number of rows), so that a row touches one place; what has no fixed
/// size lies beside.
struct GroupStates {
  LargeVector<std::int64_t> words;
  std::vector<std::vector<std::string>> texts;
  std::vector<std::vector<std::unordered_set<std::string>>> sets;
  std::vector<std::vector<std::vector<std::int64_t>>> lists;
};

/// What to compute, bound to an input schema. Updates run function by function over whole columns.
class Accumulators {
 public:
  /// `time`: name of the event-time column, which first and last need.
  static Result<Accumulators> Bind(const arrow::Schema& schema,
                                   const std::vector<AggregateCall>& calls,
                                   const std::optional<std::string>& time);

  std::size_t stride() const { return stride_; }
  const std::vector<std::shared_ptr<arrow::Field>>& fields() const { return fields_; }
  bool needs_time() const { return needs_time_; }

  /// Makes room for groups up to `groups`; new ones are empty.
  void Resize(std::size_t groups, GroupStates* states) const;
  /// Makes all groups empty, keeping the memory.
  void Clear(GroupStates* states) const;
  void ClearGroup(std::size_t group, GroupStates* states) const;
  std::int64_t rows(const GroupStates& states, std::size_t group) const {
    return states.words[group * stride_];
  }

  /// Adds row rows[i] of the batch (row i where `rows` is null) to group slots[i]. times[i]: event
  /// time of that row; may be null unless needs_time().
  Status Update(const arrow::RecordBatch& batch, const std::uint32_t* rows,
                const std::uint32_t* slots, std::size_t count, const std::int64_t* times,
                GroupStates* states);
  /// Adds one group to another. On equal times the target's first and last stay.
  Status Merge(const GroupStates& from, std::size_t from_group, GroupStates* to,
               std::size_t to_group) const;
  /// Group i is merged into group i.
  Status MergeAll(const GroupStates& from, GroupStates* to) const;

  /// fields(): the results of these groups.
  Arrays Finish(const GroupStates& states, std::span<const std::uint32_t> groups) const;

  /// The state itself as columns, for snapshots.
  const std::vector<std::shared_ptr<arrow::Field>>& state_fields() const { return state_fields_; }
  Arrays Save(const GroupStates& states, std::span<const std::uint32_t> groups) const;
  /// Replaces group `group` by row `row` of `columns`, which are state_fields().
  Status Load(const Arrays& columns, std::int64_t row, std::size_t group,
              GroupStates* states) const;

 private:
  struct Function {
    AggregateCall call;
    NumberForm form = NumberForm::kInteger;
    int column = -1;
    std::size_t word = 0;    // first of its words
    std::size_t beside = 0;  // its number among texts, sets or lists
    Aggregation what() const { return call.what; }
  };
  struct Input;
  Status UpdateOne(const Function& function, const Input& input, bool count_rows,
                   GroupStates* states) const;
  void UpdateText(const Function& function, const Input& input, GroupStates* states) const;
  Status MergeOne(const Function& function, const GroupStates& from, std::size_t from_group,
                  GroupStates* to, std::size_t to_group) const;
  ArrayRef FinishOne(const Function& function, const std::shared_ptr<arrow::DataType>& type,
                     const GroupStates& states, std::span<const std::uint32_t> groups) const;

  std::vector<Function> functions_;
  std::vector<std::shared_ptr<arrow::Field>> fields_, state_fields_;
  std::size_t stride_ = 1, texts_ = 0, sets_ = 0, lists_ = 0;
  bool needs_time_ = false;
  int time_column_ = -1;
  std::vector<std::int64_t> wide_, picked_;  // scratch of Update
  std::vector<std::uint8_t> valid_, picked_valid_;
};

}  // namespace thalweg::operators
