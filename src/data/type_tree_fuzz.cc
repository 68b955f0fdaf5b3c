// Any text gives a type or a Status, and a canonical spelling reads as itself.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "data/type_tree.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace thalweg;
  const auto type = data::ParseType(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!type.ok()) return 0;
  const auto again = data::ParseType(data::ToString(*type));
  TW_CHECK(again.ok() && *again == *type);
  return 0;
}
