#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "data/element.h"
#include "operators/key_codec.h"

namespace thalweg::flow {

/// Cuts batches by the key group of their rows (docs/specs/state.md, section 1), for the instances
/// of an operator.
class KeyRouter {
 public:
  static Result<KeyRouter> Make(const arrow::Schema& schema,
                                const std::vector<std::string>& columns, int instances);

  /// One batch per instance, null where it has no rows. The order of rows is kept.
  Result<std::vector<data::Batch>> Split(const data::Batch& batch);

 private:
  enum class Form { kInteger, kText, kEncoded };
  KeyRouter(operators::KeyCodec codec, int instances)
      : codec_(std::move(codec)), instances_(instances) {}
  void FindGroups(const data::Batch& batch);

  operators::KeyCodec codec_;
  Form form_ = Form::kEncoded;
  int column_ = 0;
  bool single_ = false;  // one key column: its NULL has no hash
  int instances_;
  std::vector<std::uint8_t> groups_, valid_;
  std::vector<std::int64_t> wide_;
};

/// The instance, of `instances`, that owns a key group; each owns [256 i / n, 256 (i + 1) / n).
int InstanceOf(int key_group, int instances);

}  // namespace thalweg::flow
