#include <fmt/format.h>

#include "engines/duckdb/testing/engine_fixture.h"

namespace thalweg::engines {
namespace {

/// Values of one DuckDB type, and what a table makes of it: kept under `stored`, or refused when
/// that is empty.
struct Case {
  const char* name;
  const char* values;  ///< rows of VALUES
  const char* stored;
};

class StoredTypeTest : public EngineFixture, public ::testing::WithParamInterface<Case> {};

TEST_P(StoredTypeTest, IsKeptExactlyOrRefused) {
  const std::string select =
      fmt::format("SELECT v, i FROM (VALUES {}, (NULL)) t(v), range(3) r(i)", GetParam().values);
  const std::string stored = GetParam().stored;
  const auto result = Run(Sql(select));
  if (stored.empty()) {
    EXPECT_EQ(result.status().code(), Code::kUnsupported) << result.status();
    EXPECT_EQ(result.status().slug(), "type-not-storable");
    EXPECT_FALSE(result.status().hint().empty());
    return;
  }
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->columns[0].type, stored);
  const std::string file = "'" + result->files[0].path + "'";
  const auto connection = engine_->database().Connect().value();
  EXPECT_EQ(connection->Describe("SELECT v FROM " + file)->at(0).type, stored);
  // Equal as rows, in both directions, and equal as text (NaN, infinities, -0.0, blanks in JSON).
  const std::string original =
      fmt::format("SELECT CAST(v AS {}) AS v, i FROM ({})", stored, select);
  EXPECT_EQ(Text("SELECT count(*) FROM (FROM " + file + " EXCEPT ALL (" + original + "))"), "0");
  EXPECT_EQ(Text("SELECT count(*) FROM ((" + original + ") EXCEPT ALL FROM " + file + ")"), "0");
  EXPECT_EQ(Text("SELECT CAST(v AS varchar) FROM " + file + " ORDER BY ALL"),
            Text("SELECT CAST(v AS varchar) FROM (" + original + ") ORDER BY ALL"));
}

INSTANTIATE_TEST_SUITE_P(
    DuckDb, StoredTypeTest,
    ::testing::Values(
        Case{"boolean", "(true), (false)", "boolean"},
        Case{"tinyint", "((-128)::tinyint), (127)", "tinyint"},
        Case{"smallint", "((-32768)::smallint), (32767)", "smallint"},
        Case{"integer", "((-2147483648)::integer), (2147483647)", "integer"},
        Case{"bigint", "((-9223372036854775808)::bigint), (9223372036854775807)", "bigint"},
        Case{"utinyint", "(0::utinyint), (255::utinyint)", "utinyint"},
        Case{"usmallint", "(0::usmallint), (65535::usmallint)", "usmallint"},
        Case{"uinteger", "(0::uinteger), (4294967295::uinteger)", "uinteger"},
        Case{"ubigint", "(0::ubigint), (18446744073709551615::ubigint)", "ubigint"},
        Case{"hugeint", "((-9223372036854775808)::hugeint), (9223372036854775807::hugeint)",
             "bigint"},
        Case{"uhugeint", "(1::uhugeint)", ""}, Case{"bignum", "(1::bignum)", ""},
        Case{"real", "(1.1::real), ('nan'::real), ('-inf'::real), ((-0.0)::real)", "real"},
        Case{"double",
             "(1.1::double), ('nan'::double), ('inf'::double), ((-0.0)::double), (5e-324::double)",
             "double"},
        Case{"decimal4", "((-99.99)::decimal(4,2)), (0.01)", "decimal(4,2)"},
        Case{"decimal9", "((-9999999.99)::decimal(9,2))", "decimal(9,2)"},
        Case{"decimal18", "(9999999999999999.99::decimal(18,2))", "decimal(18,2)"},
        Case{"decimal38", "(99999999999999999999999999999999999999::decimal(38,0))",
             "decimal(38,0)"},
        Case{"decimal38_10", "((-1234567890123456789012345678.0123456789)::decimal(38,10))",
             "decimal(38,10)"},
        Case{"varchar", "(''), ('é'), ('a' || chr(0) || 'b'), (repeat('x', 100000))", "varchar"},
        Case{"blob", "(''::blob), ('\\x00\\xFF'::blob)", "blob"}, Case{"bit", "('101'::bit)", ""},
        Case{"date",
             "(DATE '0001-01-01'), ('infinity'::date), ('-infinity'::date), (DATE '5881580-07-10')",
             "date"},
        Case{"time", "(TIME '00:00:00'), (TIME '24:00:00'), (TIME '12:34:56.789012')", "time"},
        Case{"time_ns", "('12:34:56.789012345'::time_ns)", "time_ns"},
        Case{"timetz", "('12:00:00+02'::timetz)", ""},
        Case{"timestamp",
             "(TIMESTAMP '1677-01-01'), (TIMESTAMP '9999-12-31 23:59:59.999999'), "
             "('infinity'::timestamp)",
             "timestamp"},
        Case{"timestamptz",
             "(TIMESTAMPTZ '2013-01-01 00:00:00.000001+05:30'), ('-infinity'::timestamptz)",
             "timestamptz"},
        Case{"timestamp_s", "('2013-01-01 00:00:01'::timestamp_s)", "timestamp"},
        Case{"timestamp_ms", "('2013-01-01 00:00:00.001'::timestamp_ms)", "timestamp"},
        Case{"timestamp_ns", "('2013-01-01 00:00:00.123456789'::timestamp_ns)", "timestamp_ns"},
        Case{"interval", "(INTERVAL 1 MONTH)", ""},
        Case{"uuid",
             "('6d3d2541-9a1e-4ba9-a0a8-ba5a0ee4a2a2'::uuid), "
             "('ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)",
             "uuid"},
        Case{"json", "('{ \"a\" : 1.10 }'::json), ('null'::json)", "json"},
        Case{"enum", "('b'::enum('a', 'b'))", "varchar"},
        Case{"list", "([1, NULL, 3]), ([])", "integer[]"},
        Case{"array", "([1, 2]::integer[2])", "integer[]"},
        Case{"nested_list", "([['a'], [], NULL])", "varchar[][]"},
        Case{"structure", "({'a': 1, 'B c': 'x'}), ({'a': NULL, 'B c': NULL})",
             "struct(a integer, \"B c\" varchar)"},
        Case{"map", "(map {'k': 1, 'l': NULL}), (map {})", "map(varchar, integer)"},
        Case{"deep", "([{'m': map {'k': [1.5]}}])", "struct(m map(varchar, decimal(2,1)[]))[]"},
        Case{"hugeints_in_a_list", "([1::hugeint])", "bigint[]"},
        Case{"union", "(union_value(a := 1))", ""}, Case{"variant", "(1::variant)", ""},
        Case{"geometry", "('POINT(1 2)'::geometry)", ""},
        Case{"interval_in_a_list", "([INTERVAL 1 DAY])", ""},
        Case{"unnamed_struct", "(row(1, 2))", ""}, Case{"null", "(NULL)", "integer"},
        Case{"empty_list", "([])", "integer[]"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace thalweg::engines
