#!/usr/bin/env python3
"""Makes the Parquet files beside it again. They are committed, for the tests need nothing but Python; this needs pyarrow."""
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
UTC = timezone.utc


def write(name, table, **options):
    pq.write_table(table, HERE / name, **options)


write("nested.parquet", pa.table({
    "id": pa.array([1, 2, 3], pa.int64()),
    "tags": pa.array([["a", "b"], [], None], pa.list_(pa.string())),
    "place": pa.array([{"lat": 40.5, "name": "JFK"}, None, {"lat": None, "name": "é"}],
                      pa.struct([("lat", pa.float64()), ("name", pa.string())])),
    "counts": pa.array([[("x", 1), ("y", None)], [], None], pa.map_(pa.string(), pa.int32())),
}))
write("decimals.parquet", pa.table({
    "small": pa.array([Decimal("9.99"), Decimal("-9.99"), None], pa.decimal128(3, 2)),
    "large": pa.array([Decimal("99999999999999999999999999999999999.999"), Decimal("-0.001"), None], pa.decimal128(38, 3)),
}), store_decimal_as_integer=True)
instants = [datetime(1, 1, 1, tzinfo=UTC), datetime(2013, 7, 1, 12, 30, 0, 123456, tzinfo=UTC), None]
naive = [None if t is None else t.replace(tzinfo=None) for t in instants]
write("times.parquet", pa.table({
    "utc_us": pa.array(instants, pa.timestamp("us", "UTC")),
    "utc_ms": pa.array([None if t is None else t.replace(microsecond=123000) for t in instants], pa.timestamp("ms", "UTC")),
    "naive_us": pa.array(naive, pa.timestamp("us")),
    "day": pa.array([date(1970, 1, 1), date(9999, 12, 31), None], pa.date32()),
    "clock": pa.array([0, 86399999999, None], pa.time64("us")),
}))
write("int96.parquet", pa.table({"t": pa.array([datetime(2013, 7, 1, 12, 30, 0, 123456), None], pa.timestamp("us"))}),
      use_deprecated_int96_timestamps=True)
write("nanoseconds_utc.parquet", pa.table({"t": pa.array([1], pa.timestamp("ns", "UTC"))}), version="2.6")
write("unsigned.parquet", pa.table({
    "u8": pa.array([0, 255, None], pa.uint8()), "u32": pa.array([0, 4294967295, None], pa.uint32()),
    "u64": pa.array([0, 18446744073709551615, None], pa.uint64()), "bytes": pa.array([b"\x00\xff", b"", None], pa.binary()),
}), version="2.6")
