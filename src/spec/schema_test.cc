#include <regex>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "spec/pipeline.h"
#include "spec/testing/example_components.h"
#include "spec/testing/loaded_text.h"

namespace thalweg::spec {
namespace {

using nlohmann::json;

/// As much of JSON Schema as our schema uses. Any other keyword is a failure, so that nothing is
/// passed over.
class Validator {
 public:
  explicit Validator(json schema) : root_(std::move(schema)) {}
  bool Accepts(const json& value) const { return Check(value, root_); }

 private:
  bool Check(const json& value, const json& schema) const {
    if (schema.is_boolean()) return schema.get<bool>();
    for (const auto& [keyword, rule] : schema.items()) {
      if (!CheckKeyword(value, schema, keyword, rule)) return false;
    }
    return true;
  }

  bool CheckKeyword(const json& value, const json& schema, const std::string& keyword,
                    const json& rule) const {
    if (keyword == "$ref")
      return Check(value, root_.at(json::json_pointer(rule.get<std::string>().substr(1))));
    if (keyword == "type") return CheckType(value, rule);
    if (keyword == "const") return value == rule;
    if (keyword == "enum") return std::find(rule.begin(), rule.end(), value) != rule.end();
    if (keyword == "pattern") {
      return !value.is_string() ||
             std::regex_search(value.get<std::string>(), std::regex(rule.get<std::string>()));
    }
    if (keyword == "anyOf") return Count(value, rule) >= 1;
    if (keyword == "oneOf") return Count(value, rule) == 1;
    if (keyword == "items")
      return !value.is_array() ||
             std::all_of(value.begin(), value.end(), [&](const json& v) { return Check(v, rule); });
    if (keyword == "required")
      return !value.is_object() || std::all_of(rule.begin(), rule.end(),
                                               [&](const json& k) { return value.contains(k); });
    if (keyword == "minProperties")
      return !value.is_object() || value.size() >= rule.get<std::size_t>();
    if (keyword == "propertyNames") return !value.is_object() || CheckNames(value, rule);
    if (keyword == "properties" || keyword == "additionalProperties")
      return !value.is_object() || CheckProperties(value, schema);
    const bool says_nothing = keyword == "description" || keyword == "default" ||
                              keyword == "title" || keyword == "$schema" || keyword == "$defs";
    EXPECT_TRUE(says_nothing) << keyword;
    return true;
  }

  bool CheckType(const json& value, const json& rule) const {
    if (rule.is_array())
      return std::any_of(rule.begin(), rule.end(),
                         [&](const json& type) { return CheckType(value, type); });
    const std::string type = rule;
    return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
           (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
           (type == "number" && value.is_number()) ||
           (type == "integer" && value.is_number_integer());
  }

  bool CheckNames(const json& value, const json& rule) const {
    for (const auto& [key, unused] : value.items()) {
      if (!Check(key, rule)) return false;
    }
    return true;
  }

  bool CheckProperties(const json& value, const json& schema) const {
    const json none = json::object();
    const json& properties = schema.contains("properties") ? schema["properties"] : none;
    for (const auto& [key, each] : value.items()) {
      if (properties.contains(key)) {
        if (!Check(each, properties[key])) return false;
      } else if (schema.contains("additionalProperties") &&
                 !Check(each, schema["additionalProperties"])) {
        return false;
      }
    }
    return true;
  }

  std::size_t Count(const json& value, const json& schemas) const {
    return static_cast<std::size_t>(std::count_if(schemas.begin(), schemas.end(),
                                                  [&](const json& s) { return Check(value, s); }));
  }

  json root_;
};

json ToJson(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      return nullptr;
    case Value::Kind::kBoolean:
      return value.boolean();
    case Value::Kind::kNumber:
      return json::parse(value.text());
    case Value::Kind::kString:
      return value.text();
    case Value::Kind::kList: {
      json list = json::array();
      for (const Value& item : value.items()) list.push_back(ToJson(item));
      return list;
    }
    case Value::Kind::kMap: {
      json map = json::object();
      for (const auto& entry : value.entries()) map[entry.key] = ToJson(entry.value);
      return map;
    }
  }
  return nullptr;
}

bool Accepts(const std::string& nodes, const std::string& head = "thalweg: 1\npipeline: p\n") {
  static const Validator validator(json::parse(JsonSchema(testing::ExampleRegistry())));
  Diagnostics diagnostics;
  const auto source = std::make_shared<const SourceText>("p.yaml", head + "nodes:\n" + nodes);
  const json document = ToJson(ParseYaml(source, diagnostics));
  EXPECT_FALSE(diagnostics.has_errors()) << testing::Full(diagnostics);
  return validator.Accepts(document);
}

TEST(Schema, AcceptsWhatTheGrammarAccepts) {
  EXPECT_TRUE(Accepts(R"YAML(
  flights:
    source: {files: "${data}/flights.csv", nulls: ["", NA], columns: {dep_delay: integer, time_hour: timestamptz}, bad_rows: quarantine}
  weather: {source: {files: "${data}/weather.csv", nulls: ["", NA], columns: {time_hour: timestamptz}}}
  delays:
    sql: |
      SELECT f.carrier, f.origin, w.visib, f.dep_delay
      FROM flights f LEFT JOIN weather w USING (origin, time_hour)
    checks: [{not_null: [carrier, origin]}, {rows: {min: $min_rows}}]
  approved:
    from: delays
    gate: {question: "Publish these delays?", evidence: ["SELECT origin, count(*) FROM delays GROUP BY 1"]}
  by_carrier: {sql: "SELECT carrier, avg(dep_delay) AS delay FROM approved GROUP BY carrier"}
  report: {from: by_carrier, target: {files: out/by_carrier.parquet, order_by: [carrier]}}
)YAML",
                      "thalweg: 1\npipeline: flights\n"
                      "params: {data: {type: varchar, default: data}, min_rows: {type: bigint, "
                      "default: 300000}, x: bigint}\n"));
  EXPECT_TRUE(Accepts(R"YAML(
  campaigns: {source: {files: campaigns.csv}}
  events:
    source: {topic: ad_events, format: json, columns: {ad_id: bigint, event_type: varchar, ts: {type: timestamptz, from: epoch_ms}}}
    event_time: {column: ts, lateness: 60s, idle: 30s}
  views:  {from: events, filter: "event_type = 'view'"}
  tagged: {from: views, lookup: {in: campaigns, match: [ad_id], take: [campaign_id], missing: drop, refresh: 10m}}
  counts:
    from: tagged
    aggregate: {by: [campaign_id], window: {tumbling: 10s}, late: update, columns: {n: "count(*)"}}
    materialize: {merge: [campaign_id, window_start]}
)YAML"));
  EXPECT_TRUE(
      Accepts("  a: {source: {files: x, skip: \"${n}\"}}\n  b: {sql: {file: b.sql}, tags: x, "
              "start: manual}\n  c: {from: a, gate: q}\n"));
}

TEST(Schema, RefusesWhatTheGrammarRefuses) {
  EXPECT_FALSE(Accepts("  a: {sql: SELECT 1, gate: q}\n"));
  EXPECT_FALSE(Accepts("  a: {tags: [x]}\n"));
  EXPECT_FALSE(Accepts("  A: {sql: SELECT 1}\n"));
  EXPECT_FALSE(Accepts("  a: {sql: SELECT 1, quickly: 1}\n"));
  EXPECT_FALSE(Accepts("  a: {sql: SELECT 1, retry: 1}\n"));
  EXPECT_FALSE(Accepts("  a: {source: {fils: x}}\n"));
  EXPECT_FALSE(Accepts("  a: {source: {files: x, bad_rows: maybe}}\n"));
  EXPECT_FALSE(Accepts("  a: {source: {files: x, skip: three}}\n"));
  EXPECT_FALSE(Accepts("  a: {source: {topic: t, format: json, nulls: [x]}}\n"));
  EXPECT_FALSE(Accepts("  a: {sql: SELECT 1, checks: [{not_null: a, sevrity: warn}]}\n"));
  EXPECT_FALSE(Accepts("  a: {sql: SELECT 1}\n", "pipeline: p\n"));
  EXPECT_FALSE(Accepts("  a: {sql: SELECT 1}\n", "thalweg: 2\npipeline: p\n"));
}

TEST(Schema, IsTheSameEveryTime) {
  EXPECT_EQ(JsonSchema(testing::ExampleRegistry()), JsonSchema(testing::ExampleRegistry()));
}

}  // namespace
}  // namespace thalweg::spec
