#include "connectors/streams/row_count.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/bytes.h"

namespace thalweg::connectors {

std::string RowCount::ToJson() const {
  return fmt::format(R"({{"v":1,"rows":{},"bytes":{}}})", rows, bytes);
}

std::string DescribeRowCount(const component::Receipt& receipt) {
  const auto json = nlohmann::json::parse(receipt.text, nullptr, false);
  if (!json.is_object() || !json.contains("rows") || !json["rows"].is_number_integer() ||
      !json.contains("bytes") || !json["bytes"].is_number_integer()) {
    return {};
  }
  const auto rows = json["rows"].get<std::int64_t>();
  return fmt::format("{}, {}", FormatCount(rows, "row"),
                     FormatBytes(Bytes(json["bytes"].get<std::int64_t>())));
}

}  // namespace thalweg::connectors
