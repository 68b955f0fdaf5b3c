#!/usr/bin/env python3
"""The flights example against figures that were computed from the raw CSV by other means."""
import csv
import io
import json
import os
import shutil
from pathlib import Path

from program import DATA, ROOT, Program, expect, expect_equal, run_tests, skip

# Bars for the CPU of whole processes. Wall time is printed, not judged: the machine is shared. The bars are twice
# the ones that the project holds on two quiet cores (3 s of wall on two cores; 100 ms).
RUN_CPU_SECONDS = 2 * 2 * 3.0
AGAIN_CPU_SECONDS = 2 * 0.100

BAD_LINE = 2  # of corrections.csv: the header is line 1


def raw_totals():
    """flights, without departure, {carrier: mean departure delay} from the CSV alone."""
    flights = without_departure = 0
    delays = {}
    with open(DATA / "flights.csv", newline="") as file:
        for row in csv.DictReader(file):
            flights += 1
            without_departure += row["dep_time"] in ("", "NA")
            if row["dep_delay"] not in ("", "NA"):
                total, count = delays.get(row["carrier"], (0, 0))
                delays[row["carrier"]] = (total + int(row["dep_delay"]), count + 1)
    return flights, without_departure, {carrier: total / count for carrier, (total, count) in delays.items()}


def run_example(directory):
    """A copy of the example, run and its gate approved. The program, its home, what both steps cost."""
    shutil.copytree(ROOT / "examples" / "flights", directory / "flights",
                    ignore=shutil.ignore_patterns(".thalweg", "out"))
    thalweg = Program(directory / "flights", env={})
    arguments = ["--param", f"data={DATA}"]
    waits = thalweg.good("run", *arguments, code=6)
    approved = thalweg.good("approve", "approved", "--resume", "--comment", "the totals were computed by other means")
    return thalweg, arguments, waits, approved


def test_totals(directory):
    flights, without_departure, means = raw_totals()
    # First the raw figures themselves, so that a truncated download is not compared with itself.
    expect_equal(flights, 336776, "flights in the CSV")
    expect_equal(without_departure, 8255, "flights without a departure time in the CSV")
    expect_equal(round(means["F9"], 4), 20.2155, "mean delay of F9 in the CSV")
    expect_equal(round(means["HA"], 4), 4.9006, "mean delay of HA in the CSV")

    thalweg, arguments, waits, approved = run_example(directory)
    # As JSON.
    expect_equal(thalweg.query("SELECT count(*) AS n, count(*) - count(dep_time) AS missing FROM flights"),
                 [[flights, without_departure]], "flights")
    expect_equal(thalweg.query("SELECT count(*) AS n FROM delays"), [[flights]], "delays: no join loses or doubles rows")
    # As CSV, every carrier, in another process's words.
    text = thalweg.good("query", "-o", "csv", "SELECT carrier, flights, mean_delay FROM by_carrier").out
    rows = list(csv.DictReader(io.StringIO(text)))
    expect_equal(sorted(row["carrier"] for row in rows), sorted(means), "carriers")
    expect_equal(sum(int(row["flights"]) for row in rows), flights, "flights of all carriers")
    for row in rows:
        expect(abs(float(row["mean_delay"]) - means[row["carrier"]]) < 1e-9,
               f"mean delay of {row['carrier']}: {row['mean_delay']}, wanted {means[row['carrier']]}")

    rejects = thalweg.query("SELECT source, line, \"column\", raw FROM flights_rejects")
    expect_equal(len(rejects), 1, "rows in flights_rejects")
    source, line, column, raw = rejects[0]
    expect_equal(Path(source).name, "corrections.csv", "source of the reject")
    expect_equal(line, BAD_LINE, "line of the reject")
    expect_equal(column, "dep_delay", "column of the reject")
    expect("none at all" in raw, f"raw text of the reject: {raw!r}")

    wall, cpu = waits.wall + approved.wall, waits.cpu + approved.cpu
    expect(cpu < RUN_CPU_SECONDS, f"the pipeline took {cpu:.2f} s of CPU, bar {RUN_CPU_SECONDS} s")
    return f"both steps {wall:.2f} s of wall, {cpu:.2f} s of CPU, {max(waits.peak_kib, approved.peak_kib) >> 10} MiB"


def test_second_run(directory):
    thalweg, arguments, _, _ = run_example(directory)
    before = {path: path.read_bytes() for path in (thalweg.cwd / "out").iterdir()}
    again = min((thalweg.good("run", "-o", "json", *arguments) for _ in range(3)), key=lambda ended: ended.cpu)
    states = {node["node"]: node["state"] for node in again.json()["nodes"]}
    expect_equal(len(states), 11, "nodes of the run")
    expect_equal({state for state in states.values()}, {"reused"}, f"states of the second run: {states}")
    expect(again.cpu < AGAIN_CPU_SECONDS, f"a second run took {again.cpu * 1000:.0f} ms of CPU, "
                                          f"bar {AGAIN_CPU_SECONDS * 1000:.0f} ms")
    after = {path: path.read_bytes() for path in (thalweg.cwd / "out").iterdir()}
    expect_equal(after, before, "targets after a second run")
    return f"{again.cpu * 1000:.0f} ms of CPU, {again.wall * 1000:.0f} ms of wall"


def test_targets(directory):
    thalweg, arguments, _, _ = run_example(directory)
    out = thalweg.cwd / "out"
    expect_equal(sorted(path.name for path in out.iterdir()), ["by_carrier.parquet", "worst_routes.csv"], "out/")
    # The CSV target is what a query in the same order prints.
    printed = thalweg.good("query", "-o", "csv", "FROM worst_routes ORDER BY origin, place").out
    expect_equal((out / "worst_routes.csv").read_text(), printed, "worst_routes.csv")
    parquet = (out / "by_carrier.parquet").read_bytes()
    expect(parquet[:4] == b"PAR1" and parquet[-4:] == b"PAR1", "by_carrier.parquet is no Parquet file")
    # And the Parquet target, read back by a pipeline of its own.
    (directory / "back").mkdir()
    (directory / "back" / "back.yaml").write_text(
        f"thalweg: 1\npipeline: back\nnodes:\n  again: {{source: {{files: {json.dumps(str(out / 'by_carrier.parquet'))}}}}}\n")
    back = Program(directory / "back")
    back.good("run")
    wanted = thalweg.query("FROM by_carrier ORDER BY carrier")
    expect_equal(back.query("FROM again"), wanted, "by_carrier.parquet, in its order")
    # A target that is gone or changed is written again, the same bytes.
    csv_bytes = (out / "worst_routes.csv").read_bytes()
    (out / "worst_routes.csv").unlink()
    (out / "by_carrier.parquet").write_bytes(b"changed by hand")
    thalweg.good("run", *arguments)
    expect_equal((out / "worst_routes.csv").read_bytes(), csv_bytes, "worst_routes.csv, written again")
    expect_equal((out / "by_carrier.parquet").read_bytes(), parquet, "by_carrier.parquet, written again")


if __name__ == "__main__":
    if not DATA.is_dir():
        skip(f"there is no {os.path.relpath(DATA, ROOT)}: tools/bootstrap fetches it")
    raise SystemExit(run_tests([test_totals, test_second_run, test_targets], "flights"))
