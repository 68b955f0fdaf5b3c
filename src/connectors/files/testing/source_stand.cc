#include "connectors/files/testing/source_stand.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "data/manifest.h"

namespace thalweg::connectors {
namespace {

using component::Value;
using nlohmann::ordered_json;

Value ToValue(const ordered_json& json, const Span& span) {
  switch (json.type()) {
    case ordered_json::value_t::object: {
      std::vector<Value::Entry> entries;
      for (const auto& [key, item] : json.items())
        entries.push_back({key, span, ToValue(item, span)});
      return Value::Map(std::move(entries), span);
    }
    case ordered_json::value_t::array: {
      std::vector<Value> items;
      for (const auto& item : json) items.push_back(ToValue(item, span));
      return Value::List(std::move(items), span);
    }
    case ordered_json::value_t::string:
      return Value::String(json.get<std::string>(), span);
    case ordered_json::value_t::boolean:
      return Value::Boolean(json.get<bool>(), json.dump(), span);
    case ordered_json::value_t::null:
      return Value::Null(span);
    default:
      return Value::Number(json.dump(), span);
  }
}

}  // namespace

Value ParseBody(std::string_view json) {
  const auto source = std::make_shared<SourceText>("pipeline.yaml", std::string(json));
  return ToValue(ordered_json::parse(json), {source, 0, json.size()});
}

component::SourceContext SourceStand::Context() const {
  component::SourceContext context;
  context.files = &LocalFileSystem();
  context.clock = &SystemClock();
  context.engine = &engine_;
  context.directory = directory_.path();
  context.identify = [](const std::string& path) -> Result<data::FileIdentity> {
    TW_ASSIGN_OR_RETURN(const FileInfo info, LocalFileSystem().Stat(path));
    TW_ASSIGN_OR_RETURN(const Hash128 hash, HashFile(LocalFileSystem(), path));
    return data::FileIdentity{path, info.size, info.mtime_ns, hash.ToHex()};
  };
  return context;
}

std::unique_ptr<FilesSource> SourceStand::Make(FilesSourceBody body) const {
  return std::make_unique<FilesSource>(std::move(body), Context());
}

std::unique_ptr<FilesSource> SourceStand::Make(std::string_view body) const {
  const Value value = ParseBody(body);
  Diagnostics diagnostics;
  FilesSourceBody options;
  const bool good = FilesSourceBody::Describe().Read(value, {}, &options, diagnostics) &&
                    options.Check(value, diagnostics);
  EXPECT_TRUE(good) << diagnostics.ToStatus();
  return Make(std::move(options));
}

}  // namespace thalweg::connectors
