#include "data/types.h"

#include <string>
#include <utility>
#include <vector>

#include <arrow/extension/json.h>
#include <arrow/extension/uuid.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

namespace thalweg::data {
namespace {

using Pair = std::pair<std::string, std::string>;

std::string Canonical(const std::string& type) {
  const Result<std::string> canonical = CanonicalType(type);
  return canonical.ok() ? *canonical : canonical.status().slug();
}

Column Of(const std::string& type) {
  return {0, "c", type};
}

std::string Stored(const std::string& type) {
  const Result<std::string> stored = StoredType(Of(type));
  return stored.ok() ? *stored : stored.status().slug();
}

TEST(CanonicalType, ReadsWhatPeopleAndDuckDbWrite) {
  const std::vector<Pair> cases = {
      {"INT", "integer"},
      {" Text ", "varchar"},
      {"NUMERIC(10, 2)", "decimal(10,2)"},
      {"decimal", "decimal(18,3)"},
      {"DEC(5)", "decimal(5,0)"},
      {"varchar(10)", "varchar"},
      {"CHARACTER VARYING(3)", "varchar"},
      {"double precision", "double"},
      {"float", "real"},
      {"FLOAT(24)", "real"},
      {"float(53)", "double"},
      {"int8", "bigint"},
      {"uint8", "utinyint"},
      {"TIMESTAMP WITH TIME ZONE", "timestamptz"},
      {"timestamp without time zone", "timestamp"},
      {"timestamp(0)", "timestamp_s"},
      {"timestamp(3)", "timestamp_ms"},
      {"timestamp(6)", "timestamp"},
      {"timestamp(9)", "timestamp_ns"},
      {"TIME WITH TIME ZONE", "timetz"},
      {"\"NULL\"", "null"},
      {"INTEGER[]", "integer[]"},
      {"INTEGER [3] [ ]", "integer[3][]"},
      {"int array", "integer[]"},
      {"int array [3]", "integer[3]"},
      {"ENUM('a', 'it''s')", "enum('a', 'it''s')"},
      {"MAP(VARCHAR,INT)", "map(varchar, integer)"},
      {"row(a int)", "struct(a integer)"},
      {"STRUCT(A INTEGER, \"b c\" VARCHAR[], \"select\" INT, \"x\"\"y\" DATE, int BIGINT)",
       "struct(\"A\" integer, \"b c\" varchar[], \"select\" integer, \"x\"\"y\" date, int bigint)"},
      {"STRUCT(INTEGER, DECIMAL(3,1), TIMESTAMP WITH TIME ZONE, VARCHAR[])",
       "struct(integer, decimal(3,1), timestamptz, varchar[])"},
      {"UNION(n INT, s VARCHAR)", "union(n integer, s varchar)"},
      {"GEOMETRY('OGC:CRS84')", "geometry"},
      {"struct(ä int)", "struct(\"ä\" integer)"},
      {"struct(a struct(b map(int, struct(c decimal(3,1)[])))[])",
       "struct(a struct(b map(integer, struct(c decimal(3,1)[])))[])"},
  };
  for (const auto& [written, canonical] : cases) {
    EXPECT_EQ(Canonical(written), canonical) << written;
    EXPECT_EQ(Canonical(canonical), canonical) << "the canonical form must read as itself";
  }
}

TEST(CanonicalType, RefusesWhatIsNoType) {
  const std::vector<Pair> cases = {
      {"", "invalid-type"},
      {"integr", "unknown-type"},
      {"struct(a integr)", "unknown-type"},
      {"decimal(39,2)", "invalid-type"},
      {"decimal(0,0)", "invalid-type"},
      {"decimal(2,3)", "invalid-type"},
      {"decimal(2,-1)", "invalid-type"},
      {"decimal(99999999999)", "invalid-type"},
      {"integer integer", "invalid-type"},
      {"integer(3)", "invalid-type"},
      {"integer[", "invalid-type"},
      {"integer[0]", "invalid-type"},
      {"struct()", "invalid-type"},
      {"struct(a integer", "invalid-type"},
      {"struct(a integer, A integer)", "invalid-type"},
      {"struct(a integer, varchar)", "invalid-type"},
      {"union(integer)", "invalid-type"},
      {"map(integer)", "invalid-type"},
      {"enum('a', 'a')", "invalid-type"},
      {"enum('a", "invalid-type"},
      {"timestamp with zone", "invalid-type"},
      {"timestamp(10)", "invalid-type"},
  };
  for (const auto& [written, slug] : cases) {
    EXPECT_EQ(Canonical(written), slug) << written;
  }
}

TEST(CanonicalType, NamesANearType) {
  const Result<std::string> type = CanonicalType("varchr");
  ASSERT_FALSE(type.ok());
  EXPECT_EQ(type.status().code(), Code::kInvalid);
  EXPECT_EQ(type.status().hint(), "did you mean \"varchar\"?");
}

TEST(CanonicalType, SurvivesDeepNesting) {
  std::string brackets = "integer", structs = "integer";
  for (int i = 0; i < 60; ++i) brackets += "[]";
  EXPECT_EQ(Canonical(brackets), brackets);
  for (int i = 0; i < 100'000; ++i) brackets += "[]", structs = "";
  EXPECT_EQ(Canonical(brackets), "invalid-type");
  for (int i = 0; i < 100'000; ++i) structs += "struct(a ";
  EXPECT_EQ(Canonical(structs), "invalid-type");
}

TEST(CanonicalType, CountsNestingAlongOnePathOnly) {
  std::string wide = "struct(f0 integer[]";
  for (int i = 1; i < 200; ++i) wide += ", f" + std::to_string(i) + " integer[]";
  EXPECT_EQ(Canonical(wide + ")"), wide + ")");
}

TEST(StoredType, KeepsExactlyOrWidensOrRefuses) {
  const std::string refused = "type-not-storable";
  const std::vector<Pair> cases = {
      {"integer", "integer"},
      {"timestamp_ns", "timestamp_ns"},
      {"time_ns", "time_ns"},
      {"uuid[]", "uuid[]"},
      {"hugeint", "bigint"},
      {"hugeint[]", "bigint[]"},
      {"null", "integer"},
      {"enum('a')", "varchar"},
      {"integer[2][3]", "integer[][]"},
      {"timestamp_s", "timestamp"},
      {"map(enum('a'), struct(t timestamp_ms))", "map(varchar, struct(t timestamp))"},
      {"uhugeint", refused},
      {"bignum", refused},
      {"timetz", refused},
      {"timestamptz_ns", refused},
      {"interval", refused},
      {"bit", refused},
      {"variant", refused},
      {"geometry", refused},
      {"union(a integer)", refused},
      {"struct(a integer, b interval[])", refused},
      {"struct(integer, integer)", refused},
      {"struct(integer, integer)[]", refused},
  };
  for (const auto& [type, stored] : cases) {
    EXPECT_EQ(Stored(type), stored) << type;
    EXPECT_EQ(CheckStorable(Of(type)).ok(), type == stored) << type;
  }
}

TEST(StoredType, SaysWhichCastToWrite) {
  const Result<std::string> plain = StoredType({0, "took", "interval"});
  ASSERT_FALSE(plain.ok());
  EXPECT_EQ(plain.status().code(), Code::kUnsupported);
  EXPECT_EQ(plain.status().fault(), Fault::kUser);
  EXPECT_NE(plain.status().hint().find("CAST(\"took\" AS VARCHAR)"), std::string::npos);
  EXPECT_NE(plain.status().message().find("column=\"took\""), std::string::npos);
  const Status widened = CheckStorable({0, "n", "hugeint"});
  EXPECT_NE(widened.hint().find("CAST(\"n\" AS bigint)"), std::string::npos);
}

TEST(StoredColumns, RefusesNamesThatParquetReadersFold) {
  EXPECT_TRUE(StoredColumns({{0, "a", "integer"}, {0, "b", "integer"}}).ok());
  const auto twice = StoredColumns({{0, "a", "integer"}, {0, "A", "integer"}});
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.status().slug(), "duplicate-column");
  EXPECT_EQ(StoredColumns({{0, "", "integer"}}).status().slug(), "unnamed-column");
}

TEST(ArrowTypes, RoundTrip) {
  const std::vector<std::string> types = {"boolean",
                                          "tinyint",
                                          "smallint",
                                          "integer",
                                          "bigint",
                                          "utinyint",
                                          "usmallint",
                                          "uinteger",
                                          "ubigint",
                                          "real",
                                          "double",
                                          "decimal(1,0)",
                                          "decimal(38,38)",
                                          "varchar",
                                          "blob",
                                          "date",
                                          "time",
                                          "time_ns",
                                          "timestamp",
                                          "timestamptz",
                                          "timestamp_s",
                                          "timestamp_ms",
                                          "timestamp_ns",
                                          "timestamptz_ns",
                                          "uuid",
                                          "json",
                                          "interval",
                                          "null",
                                          "integer[]",
                                          "uuid[]",
                                          "json[3][]",
                                          "struct(a integer, \"B\" json)",
                                          "map(uuid, struct(j json[]))"};
  for (const std::string& type : types) {
    const auto field = ToArrow({7, "x", type});
    ASSERT_TRUE(field.ok()) << type << field.status();
    const auto back = FromArrow(**field);
    ASSERT_TRUE(back.ok()) << type << back.status();
    EXPECT_EQ(*back, (Column{7, "x", type}));
  }
}

TEST(ArrowTypes, RefusesTypesThatArrowDoesNotHave) {
  for (const std::string type : {"hugeint", "union(a integer)", "bit[]", "struct(a timetz)"}) {
    const auto field = ToArrow(Of(type));
    ASSERT_FALSE(field.ok()) << type;
    EXPECT_EQ(field.status().slug(), "type-not-supported");
  }
}

TEST(ArrowTypes, ReadsOtherLayouts) {
  const auto read = [](std::shared_ptr<arrow::DataType> type) {
    const Result<Column> column = FromArrow(*arrow::field("x", std::move(type)));
    return column.ok() ? column->type : column.status().slug();
  };
  EXPECT_EQ(read(arrow::large_utf8()), "varchar");
  EXPECT_EQ(read(arrow::utf8_view()), "varchar");
  EXPECT_EQ(read(arrow::dictionary(arrow::int8(), arrow::utf8())), "varchar");
  EXPECT_EQ(read(arrow::fixed_size_binary(16)), "blob");
  EXPECT_EQ(read(arrow::extension::uuid()), "uuid");
  EXPECT_EQ(read(arrow::list(arrow::extension::json(arrow::utf8()))), "json[]");
  EXPECT_EQ(read(arrow::timestamp(arrow::TimeUnit::MILLI, "Europe/Berlin")), "timestamptz");
  EXPECT_EQ(read(arrow::large_list(arrow::date64())), "date[]");
  EXPECT_EQ(read(arrow::decimal256(38, 2)), "decimal(38,2)");
  EXPECT_EQ(read(arrow::decimal256(39, 2)), "type-not-supported");
  EXPECT_EQ(read(arrow::decimal128(5, -2)), "type-not-supported");
  EXPECT_EQ(read(arrow::struct_({})), "type-not-supported");
}

TEST(SchemaChanges, TellsEachChangeOnce) {
  const Columns before = {{1, "a", "integer"}, {2, "b", "varchar"}, {3, "c", "date"}};
  EXPECT_TRUE(SchemaChanges(before, before).empty());
  const Columns after = {{1, "a", "bigint"}, {3, "day", "date"}, {4, "b", "json"}};
  const std::vector<std::string> expected = {"retyped a: integer -> bigint", "removed b varchar",
                                             "renamed c -> day", "added b json"};
  EXPECT_EQ(SchemaChanges(before, after), expected);
}

TEST(SchemaChanges, GoesByNameWhereIdsAreMissing) {
  const Columns stored = {{1, "a", "integer"}, {2, "b", "varchar"}};
  EXPECT_TRUE(SchemaChanges(stored, {{0, "a", "integer"}, {0, "b", "varchar"}}).empty());
  const std::vector<std::string> moved = {"moved: now b varchar, a integer"};
  EXPECT_EQ(SchemaChanges(stored, {{0, "b", "varchar"}, {0, "a", "integer"}}), moved);
}

}  // namespace
}  // namespace thalweg::data
