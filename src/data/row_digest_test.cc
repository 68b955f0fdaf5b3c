#include "data/row_digest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/concatenate.h>
#include <arrow/extension/uuid.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "data/testing/batch.h"

namespace thalweg::data {
namespace {

std::string DigestOf(const Batch& batch) {
  RowDigest digest;
  const Status added = digest.Add(*batch);
  return added.ok() ? digest.ToHex() : added.slug();
}

Batch OneColumn(std::shared_ptr<arrow::Array> array) {
  const std::int64_t rows = array->length();
  auto schema = arrow::schema({arrow::field("v", array->type())});
  return arrow::RecordBatch::Make(std::move(schema), rows, {std::move(array)});
}

std::string DigestOf(const std::shared_ptr<arrow::DataType>& type, const std::string& values) {
  return DigestOf(OneColumn(MakeArray(type, values)));
}

std::string DigestOf(const std::string& type, const std::string& values) {
  return DigestOf(MakeBatch({{"v", type, values}}));
}

// The digest of one row, from bytes written by hand.
std::string DigestOfBytes(const std::string& bytes) {
  const Hash128 hash = HashBytes(bytes);
  return fmt::format("1:{:016x}{:016x}", hash.high, hash.low);
}

std::string Bytes8(std::uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

std::string TextBytes(char tag, const std::string& text) {
  return tag + Bytes8(text.size()) + text;
}

Batch Everything() {
  return MakeBatch({
      {"b", "boolean", "[true, false, null, true]"},
      {"i", "integer", "[1, 2, null, 4]"},
      {"d", "double", "[1.5, null, 0.25, 8]"},
      {"n", "decimal(9,2)", R"(["1.50", "-2.25", null, "0.00"])"},
      {"s", "varchar", R"(["a", null, "", "a string that is too long to be inlined"])"},
      {"t", "timestamptz", "[1, -1, null, 3]"},
      {"u", "uuid", R"([null, "0123456789abcdef", "................", null])"},
      {"l", "varchar[]", R"([["a", null], [], null, ["b", "c"]])"},
      {"st", "struct(a integer, j json)", R"([[1, "{}"], [null, null], null, [4, "x"]])"},
      {"m", "map(varchar, integer[])", R"([[["k", [1]], ["l", null]], [], null, [["z", []]]])"},
  });
}

TEST(RowDigest, FollowsTheSpecByteByByte) {
  using namespace std::string_literals;
  const std::string zero(1, '\0');
  EXPECT_EQ(DigestOf(MakeBatch(
                {{"a", "integer", "[1]"}, {"b", "varchar", R"(["é"])"}, {"c", "date", "[null]"}})),
            DigestOfBytes("\x04\x01\x00\x00\x00"s +
                          "\x0d\x02\x00\x00\x00\x00\x00\x00\x00\xc3\xa9"s + zero));
  EXPECT_EQ(DigestOf("boolean", "[true]"), DigestOfBytes("\x01\x01"));
  EXPECT_EQ(DigestOf("tinyint", "[-2]"), DigestOfBytes("\x02\xfe"));
  EXPECT_EQ(DigestOf("smallint", "[-2]"), DigestOfBytes("\x03\xfe\xff"));
  EXPECT_EQ(DigestOf("bigint", "[-2]"),
            DigestOfBytes("\x05" + Bytes8(static_cast<std::uint64_t>(-2))));
  EXPECT_EQ(DigestOf("utinyint", "[254]"), DigestOfBytes("\x06\xfe"));
  EXPECT_EQ(DigestOf("usmallint", "[254]"), DigestOfBytes("\x07\xfe\x00"s));
  EXPECT_EQ(DigestOf("uinteger", "[4294967295]"), DigestOfBytes("\x08\xff\xff\xff\xff"));
  EXPECT_EQ(DigestOf("ubigint", "[18446744073709551615]"),
            DigestOfBytes("\x09\xff\xff\xff\xff\xff\xff\xff\xff"));
  EXPECT_EQ(DigestOf("real", "[1]"), DigestOfBytes("\x0a\x00\x00\x80\x3f"s));
  EXPECT_EQ(DigestOf("double", "[1]"), DigestOfBytes("\x0b\x00\x00\x00\x00\x00\x00\xf0\x3f"s));
  EXPECT_EQ(DigestOf("decimal(5,2)", R"(["-0.02"])"),
            DigestOfBytes("\x0c\x02\xfe"s + std::string(15, '\xff')));
  EXPECT_EQ(DigestOf("varchar", R"([""])"), DigestOfBytes(TextBytes(13, "")));
  EXPECT_EQ(DigestOf("blob", R"(["ab"])"), DigestOfBytes(TextBytes(14, "ab")));
  EXPECT_EQ(DigestOf("date", "[-1]"), DigestOfBytes("\x0f\xff\xff\xff\xff"));
  EXPECT_EQ(DigestOf("time", "[1]"), DigestOfBytes("\x10" + Bytes8(1000)));
  EXPECT_EQ(DigestOf("timestamp", "[-1]"),
            DigestOfBytes("\x11" + Bytes8(static_cast<std::uint64_t>(-1)) + "\x18\xc6\x9a\x3b"));
  EXPECT_EQ(DigestOf("timestamptz", "[1000001]"),
            DigestOfBytes("\x12" + Bytes8(1) + "\xe8\x03\x00\x00"s));
  EXPECT_EQ(DigestOf("uuid", R"(["0123456789abcdef"])"), DigestOfBytes("\x13"
                                                                       "0123456789abcdef"));
  EXPECT_EQ(DigestOf("json", R"(["{}"])"), DigestOfBytes(TextBytes(20, "{}")));
  EXPECT_EQ(DigestOf("tinyint[]", "[[7, null]]"),
            DigestOfBytes("\x15" + Bytes8(2) + "\x02\x07" + zero));
  EXPECT_EQ(DigestOf("struct(a tinyint, b boolean)", "[[7, null]]"),
            DigestOfBytes("\x16" + Bytes8(2) + "\x02\x07" + zero));
  EXPECT_EQ(DigestOf("map(varchar, tinyint)", R"([[["k", 7]]])"),
            DigestOfBytes("\x17" + Bytes8(1) + TextBytes(13, "k") + "\x02\x07"));
}

TEST(RowDigest, AddsUpRows) {
  const RowDigest empty;
  EXPECT_EQ(empty.ToHex(), "0:00000000000000000000000000000000");
  const Hash128 one = HashBytes(std::string("\x02\x01", 2)),
                two = HashBytes(std::string("\x02\x02", 2));
  const unsigned __int128 sum = ((static_cast<unsigned __int128>(one.high) << 64) | one.low) +
                                ((static_cast<unsigned __int128>(two.high) << 64) | two.low);
  EXPECT_EQ(DigestOf("tinyint", "[1, 2]"),
            fmt::format("2:{:016x}{:016x}", static_cast<std::uint64_t>(sum >> 64),
                        static_cast<std::uint64_t>(sum)));
  EXPECT_NE(DigestOf("tinyint", "[1, 1, 2]"), DigestOf("tinyint", "[1, 2, 2]"))
      << "rows are a multiset";
}

TEST(RowDigest, DependsNeitherOnOrderNorOnWhereBatchesEnd) {
  const Batch batch = Everything();
  const std::string whole = DigestOf(batch);
  std::vector<std::int64_t> order = {0, 1, 2, 3};
  do {
    RowDigest apart, joined;
    for (const std::int64_t row : order) {
      RowDigest one;
      ASSERT_TRUE(one.Add(*batch->Slice(row, 1)).ok());
      ASSERT_TRUE(apart.Add(*batch->Slice(row, 1)).ok());
      joined.Add(one);
    }
    ASSERT_EQ(apart.ToHex(), whole);
    ASSERT_EQ(joined.ToHex(), whole);
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(
      DigestOf(batch->RenameColumns({"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9"})
                   .ValueOrDie()),
      whole);
}

TEST(RowDigest, DependsOnEveryColumn) {
  const Batch batch = Everything();
  const std::string whole = DigestOf(batch);
  for (int i = 0; i < batch->num_columns(); ++i) {
    EXPECT_NE(DigestOf(batch->RemoveColumn(i).ValueOrDie()), whole) << i;
    // Row 0 gets the value of row 1, which differs in each column.
    const auto changed =
        arrow::Concatenate({batch->column(i)->Slice(1, 1), batch->column(i)->Slice(1)})
            .ValueOrDie();
    EXPECT_NE(DigestOf(batch->SetColumn(i, batch->schema()->field(i), changed).ValueOrDie()), whole)
        << i;
  }
}

TEST(RowDigest, TellsValuesApart) {
  EXPECT_NE(DigestOf("varchar", R"([""])"), DigestOf("varchar", "[null]"));
  EXPECT_NE(DigestOf("integer[]", "[[]]"), DigestOf("integer[]", "[null]"));
  EXPECT_NE(DigestOf("integer[]", "[[null]]"), DigestOf("integer[]", "[[]]"));
  EXPECT_NE(DigestOf("integer[][]", "[[[1], [2]]]"), DigestOf("integer[][]", "[[[1, 2], []]]"));
  EXPECT_NE(DigestOf("integer", "[1]"), DigestOf("bigint", "[1]"));
  EXPECT_NE(DigestOf("varchar", R"(["{}"])"), DigestOf("json", R"(["{}"])"));
  EXPECT_NE(DigestOf("timestamp", "[1]"), DigestOf("timestamptz", "[1]"));
  const auto pair = [](const std::string& a, const std::string& b) {
    return DigestOf(MakeBatch({{"a", "varchar", a}, {"b", "varchar", b}}));
  };
  EXPECT_NE(pair(R"(["a"])", R"(["bc"])"), pair(R"(["ab"])", R"(["c"])"));
  EXPECT_NE(pair(R"(["a"])", "[null]"), pair("[null]", R"(["a"])"));
}

TEST(RowDigest, FoldsZerosAndNans) {
  const auto digest = [](double value) {
    arrow::DoubleBuilder builder;
    TW_CHECK(builder.Append(value).ok());
    return DigestOf(OneColumn(builder.Finish().ValueOrDie()));
  };
  EXPECT_EQ(digest(-0.0), digest(0.0));
  EXPECT_EQ(digest(std::nan("")), digest(std::nan("7")));
  EXPECT_EQ(digest(std::nan("")), digest(-std::numeric_limits<double>::signaling_NaN()));
  EXPECT_NE(digest(1.0), digest(-1.0));
}

TEST(RowDigest, DoesNotSeeTheLayout) {
  const std::string texts = R"(["a", null, "", "a string that is too long to be inlined", "a"])";
  const std::string plain = DigestOf(arrow::utf8(), texts);
  EXPECT_EQ(DigestOf(arrow::large_utf8(), texts), plain);
  EXPECT_EQ(DigestOf(arrow::utf8_view(), texts), plain);
  EXPECT_EQ(DigestOf(arrow::dictionary(arrow::int8(), arrow::utf8()), texts), plain);

  const std::string lists = R"([["a", null], null, [], ["b"]])";
  const std::string list = DigestOf(arrow::list(arrow::utf8()), lists);
  EXPECT_EQ(DigestOf(arrow::large_list(arrow::large_utf8()), lists), list);
  EXPECT_EQ(DigestOf(arrow::list_view(arrow::utf8_view()), lists), list);
  EXPECT_EQ(DigestOf(arrow::large_list_view(arrow::utf8()), lists), list);
  const std::string pairs = "[[1, 2], null, [3, null]]";
  EXPECT_EQ(DigestOf(arrow::fixed_size_list(arrow::int8(), 2), pairs),
            DigestOf(arrow::list(arrow::int8()), pairs));

  const std::string decimals = R"(["-1.25", null, "99.99"])";
  for (const auto& type : {arrow::decimal32(4, 2), arrow::decimal64(4, 2), arrow::decimal256(4, 2),
                           arrow::decimal128(9, 2)}) {
    EXPECT_EQ(DigestOf(type, decimals), DigestOf(arrow::decimal128(4, 2), decimals))
        << type->ToString();
  }

  using arrow::TimeUnit;
  EXPECT_EQ(DigestOf(arrow::timestamp(TimeUnit::SECOND), "[-1, 5]"),
            DigestOf(arrow::timestamp(TimeUnit::NANO), "[-1000000000, 5000000000]"));
  EXPECT_EQ(DigestOf(arrow::timestamp(TimeUnit::MILLI), "[-1]"),
            DigestOf(arrow::timestamp(TimeUnit::MICRO), "[-1000]"));
  EXPECT_EQ(DigestOf(arrow::time32(TimeUnit::SECOND), "[5]"),
            DigestOf(arrow::time64(TimeUnit::NANO), "[5000000000]"));
  EXPECT_EQ(DigestOf(arrow::date64(), "[-86400000]"), DigestOf(arrow::date32(), "[-1]"));
  EXPECT_EQ(DigestOf(arrow::float16(), "[1.5, null]"), DigestOf(arrow::float32(), "[1.5, null]"));
  EXPECT_EQ(DigestOf(arrow::fixed_size_binary(2), R"(["ab"])"),
            DigestOf(arrow::binary(), R"(["ab"])"));
  EXPECT_EQ(DigestOf(arrow::null(), "[null, null]"), DigestOf(arrow::utf8(), "[null, null]"));

  const std::string uuids = R"(["0123456789abcdef", null])";
  const auto storage = MakeArray(arrow::fixed_size_binary(16), uuids);
  EXPECT_EQ(DigestOf(OneColumn(arrow::ExtensionType::WrapArray(arrow::extension::uuid(), storage))),
            DigestOf("uuid", uuids));
}

TEST(RowDigest, DoesNotSeeWhatLiesUnderANull) {
  const auto hidden = MakeArray(arrow::struct_({arrow::field("a", arrow::int8())}), "[[1], [2]]");
  auto data = hidden->data()->Copy();
  const auto mask = MakeArray(arrow::boolean(), "[true, false]");
  data->buffers[0] = mask->data()->buffers[1];
  data->null_count = 1;
  EXPECT_EQ(DigestOf(OneColumn(arrow::MakeArray(data))), DigestOf(hidden->type(), "[[1], null]"));
}

TEST(RowDigest, WorksOnSlicesOfSlices) {
  const Batch batch = Everything();
  const auto parts = batch->ToStructArray().ValueOrDie();
  const auto sliced = parts->Slice(1, 3);
  EXPECT_EQ(DigestOf(OneColumn(sliced)),
            DigestOf(OneColumn(arrow::Concatenate({sliced}).ValueOrDie())));
  const auto list = MakeArray(arrow::list(arrow::map(arrow::utf8(), arrow::int8())),
                              R"([[[["a", 1]]], [[["b", 2], ["c", null]], []], null])");
  EXPECT_EQ(DigestOf(OneColumn(list->Slice(1))),
            DigestOf(list->type(), R"([[[["b", 2], ["c", null]], []], null])"));
}

TEST(RowDigest, TakesManyAndLongRows) {
  const auto batch_of = [](int rows) {
    arrow::Int32Builder numbers;
    arrow::StringBuilder texts;
    for (int i = 0; i < rows; ++i) {
      TW_CHECK(numbers.Append(i).ok());
      TW_CHECK(texts.Append(std::string(i % 50 == 0 ? 300'000 : 3, static_cast<char>('a' + i % 26)))
                   .ok());
    }
    auto schema =
        arrow::schema({arrow::field("n", arrow::int32()), arrow::field("s", arrow::utf8())});
    return arrow::RecordBatch::Make(std::move(schema), rows,
                                    {numbers.Finish().ValueOrDie(), texts.Finish().ValueOrDie()});
  };
  const Batch batch = batch_of(2500);
  RowDigest one_by_one;
  for (int i = 0; i < 2500; ++i) ASSERT_TRUE(one_by_one.Add(*batch->Slice(i, 1)).ok());
  EXPECT_EQ(DigestOf(batch), one_by_one.ToHex());
}

TEST(RowDigest, RefusesTypesThatNoTableHolds) {
  RowDigest digest;
  EXPECT_EQ(digest.Add(*MakeBatch({{"a", "integer", "[1]"}, {"i", "interval", "[null]"}})).code(),
            Code::kUnsupported);
  EXPECT_EQ(digest.rows(), 0);
}

}  // namespace
}  // namespace thalweg::data
