#!/usr/bin/env python3
"""`thalweg test`: tests that a pipeline file holds, over tables and over streams, and those of the examples."""
import json
import shutil
import sys

from program import ROOT, Program, expect, expect_equal, run_tests

SHOP = """thalweg: 1
pipeline: shop
params: {least: "decimal(10,2)"}
nodes:
  sales:
    source: {files: missing.csv, columns: {id: bigint, amount: "decimal(10,2)", sold: timestamptz}}
  big: {sql: "SELECT * FROM sales WHERE amount >= $least"}
  ok: {from: big, gate: "Good?"}
  by_day:
    sql: "SELECT CAST(sold AS date) AS day, sum(amount) AS total, avg(amount) AS mean FROM ok GROUP BY 1"
    checks: [{rows: {min: 1000}}]
  doubled: {from: big, map: {columns: {twice: "amount * 2"}}}
  out: {from: by_day, target: {files: out/x.csv}}
"""

GOOD = """
  totals:
    params: {least: 10}
    inputs:
      sales:
        - {id: 1, amount: 10.50, sold: "2024-01-01T00:00:00Z"}
        - {id: 2, amount: 9.99, sold: "2024-01-01T00:00:00Z"}
        - {id: 3, amount: 20, sold: "2024-01-02T00:00:00Z"}
        - {id: 4, amount: 30, sold: "2024-01-02T00:00:00Z"}
    expect:
      by_day:
        rows: [{day: 2024-01-02, total: 50, mean: 25.001}, {day: 2024-01-01, total: 10.5, mean: 10.5}]
        tolerance: 0.01
      out: [{day: 2024-01-01}, {day: 2024-01-02}]
      doubled: [{id: 1, twice: 21}, {id: 3, twice: 40}, {id: 4, twice: 60}]
  nothing_in:
    params: {least: 1}
    inputs: {sales: []}
    expect: {by_day: []}
"""

STREAM = """thalweg: 1
pipeline: clicks
nodes:
  events:
    source:
      generator:
        id: {key: {count: 10}}
        kind: {choice: [view, click]}
        ts: {time: {start: "2024-01-01T00:00:00Z", step: 1ms}}
      rows: 1000
      rate: 10
    event_time: {column: ts, lateness: 2s, idle: 30s}
  other:
    source:
      generator: {id: {key: {count: 10}}, kind: {choice: [view]}, ts: {time: {start: "2024-01-01T00:00:00Z", step: 1ms}}}
      rows: 1000
      rate: 10
    event_time: {column: ts, idle: 30s}
  views: {from: events, filter: "kind = 'view'"}
  plus: {sql: "SELECT id + 1 AS next, ts FROM views"}
  counts:
    from: views
    aggregate: {by: [id], window: {tumbling: 10s}, late: side, columns: {n: "count(*)"}}
  both: {from: [events, other], union: {}}
  all:
    from: both
    aggregate: {by: [kind], window: {tumbling: 10s}, late: side, columns: {n: "count(*)"}}
  out: {from: counts, target: {files: out/, format: ndjson}}
tests:
  counts_views:
    inputs:
      events:
        - {id: 1, kind: view, ts: "2024-01-01T00:00:01Z"}
        - {id: 1, kind: click, ts: "2024-01-01T00:00:02Z"}
        - {id: 1, kind: view, ts: "2024-01-01T00:00:13Z"}
        - {id: 1, kind: view, ts: "2024-01-01T00:00:03Z"}
        - advance: 1s
        - {id: 2, kind: view, ts: "2024-01-01T00:00:14Z"}
    expect:
      counts:
        - {id: 1, window_start: "2024-01-01T00:00:00Z", n: 1}
        - {id: 1, window_start: "2024-01-01T00:00:10Z", n: 1}
        - {id: 2, window_start: "2024-01-01T00:00:10Z", n: 1}
      counts_late: [{id: 1, ts: "2024-01-01T00:00:03Z"}]
      plus: [{next: 2}, {next: 2}, {next: 2}, {next: 3}]
      out: [{id: 1, n: 1}, {id: 1, n: 1}, {id: 2, n: 1}]
  from_the_middle:
    inputs: {views: [{id: 5, ts: "2024-01-01T00:00:01Z"}]}
    expect: {plus: {rows: [{next: 6, ts: "2024-01-01T00:00:01Z"}], ordered: true}}
  a_silent_source_holds_the_others_back:
    inputs:
      events: [{kind: view, ts: "2024-01-01T00:00:01Z"}, {kind: view, ts: "2024-01-01T00:01:00Z"}, {advance: 1s}, {kind: view, ts: "2024-01-01T00:00:59Z"}]
      other: [{advance: 2s}, {kind: view, ts: "2024-01-01T00:00:02Z"}]
    expect:
      all: [{window_start: "2024-01-01T00:00:00Z", n: 2}, {window_start: "2024-01-01T00:00:50Z", n: 1}, {window_start: "2024-01-01T00:01:00Z", n: 1}]
  but_not_when_it_is_idle:
    inputs:
      events: [{kind: view, ts: "2024-01-01T00:00:01Z"}, {kind: view, ts: "2024-01-01T00:01:00Z"}]
      other: [{advance: 40s}, {kind: view, ts: "2024-01-01T00:00:02Z"}]
    expect:
      all: [{window_start: "2024-01-01T00:00:00Z", n: 1}, {window_start: "2024-01-01T00:01:00Z", n: 1}]
      all_late: [{ts: "2024-01-01T00:00:02Z"}]
"""


FRAMES = """thalweg: 1
pipeline: frames
nodes:
  loads:
    source: {tail: none.csv, format: csv, end_at_eof: true, columns: {ts: timestamptz, host: varchar, load: bigint}}
    event_time: {column: ts}
  errs:
    source: {tail: none.csv, format: csv, end_at_eof: true, columns: {ts: timestamptz, host: varchar, code: bigint}}
    event_time: {column: ts}
  ranked: {from: loads, sort: {by: [load desc]}}
  tops: {from: ranked, aggregate: {columns: {n: "count(*)", top: first(host)}}}
  windows: {from: loads, aggregate: {by: [host], window: {tumbling: 10s}, columns: {total: sum(load)}}}
  best: {from: windows, sort: {by: [total desc]}}
  winner: {from: best, aggregate: {columns: {host: first(host)}}}
  pairs: {from: [loads, errs], join: {on: [host], tolerance: 60s}}
tests:
  rows_of_a_frame_are_worked_on_together:
    inputs:
      loads:
        - {frame: [{ts: "2024-01-01T00:00:00Z", host: a, load: 1}, {ts: "2024-01-01T00:00:00Z", host: b, load: 2}]}
        - advance: 1s
        - frame: [{ts: "2024-01-01T00:00:10Z", host: c, load: 9}]
        - frame: [{ts: "2024-01-01T00:00:20Z", host: d, load: 3}, {ts: "2024-01-01T00:00:20Z", host: e, load: 1}, {ts: "2024-01-01T00:00:20Z", host: f, load: 7}]
    expect: {tops: [{n: 2, top: b}, {n: 1, top: c}, {n: 3, top: f}]}
  of_any_node:
    inputs:
      windows:
        - frame: [{host: a, window_start: "2024-01-01T00:00:00Z", window_end: "2024-01-01T00:00:10Z", total: 5}, {host: b, window_start: "2024-01-01T00:00:00Z", window_end: "2024-01-01T00:00:10Z", total: 6}]
        - frame: [{host: c, window_start: "2024-01-01T00:00:10Z", window_end: "2024-01-01T00:00:20Z", total: 1}]
    expect: {winner: {rows: [{host: b}, {host: c}]}}
  frames_of_two_inputs_are_joined_by_their_number:
    inputs:
      loads:
        - frame: [{ts: "2024-01-01T00:00:00Z", host: a, load: 1}]
        - frame: [{ts: "2024-01-01T00:00:20Z", host: a, load: 2}]
      errs:
        - frame: [{ts: "2024-01-01T00:00:01Z", host: a, code: 7}]
        - {frame: [{ts: "2024-01-01T00:00:02Z", host: a, code: 8}]}
    expect: {pairs: [{ts: "2024-01-01T00:00:00Z", load: 1, code: 7}, {ts: "2024-01-01T00:00:02Z", load: 2, code: 8}]}
  without_frames_all_rows_are_one:
    inputs: {loads: [{ts: "2024-01-01T00:00:00Z", host: a, load: 1}, {ts: "2024-01-01T00:00:10Z", host: c, load: 9}]}
    expect: {tops: [{n: 2}]}
"""


def program(directory, text):
    (directory / "p.yaml").write_text(text)
    return Program(directory)


def test_tables(directory):
    thalweg = program(directory, SHOP + "tests:" + GOOD)
    ended = thalweg.good("test")
    expect_equal(ended.out, "ok      totals\nok      nothing_in\n", "what it says")
    expect_equal(sorted(p.name for p in directory.iterdir()), ["p.yaml"], "files")
    expect_equal(thalweg.good("test", "p.yaml", "nothing_in").out, "ok      nothing_in\n", "one test")


def test_differences(directory):
    thalweg = program(directory, SHOP + """tests:
  wrong:
    params: {least: 0}
    inputs:
      ok: [{amount: 1.5, sold: "2024-01-01T00:00:00Z"}, {amount: 1, sold: "2024-01-02T00:00:00Z"}]
    expect: {by_day: [{day: 2024-01-01, total: 2}, {day: 2024-01-02, total: 1}]}
  order:
    params: {least: 0}
    inputs: {big: [{id: 1, amount: 1}, {id: 2, amount: 2}]}
    expect: {doubled: {rows: [{id: 2}, {id: 1}], ordered: true}}
""")
    ended = thalweg.good("test", code=1)
    expect("""FAILED  wrong
  by_day: 1 row missing (-), 1 row unexpected (+)
    - {"day":"2024-01-01","total":2.00}
    + {"day":"2024-01-01","total":1.50}
FAILED  order
""" in ended.out, "the difference is not shown", ended)
    document = json.loads(thalweg.good("test", "-o", "json", code=1).out)
    expect_equal([test["passed"] for test in document["tests"]], [False, False], "passed")
    expect_equal(document["failed"], 2, "failed")
    expect_equal(document["tests"][0]["tables"][0]["missing"], 1, "missing")


def test_a_node_that_fails(directory):
    thalweg = program(directory, SHOP.replace("sum(amount)", "CAST('x' || amount AS integer)").replace("GROUP BY 1", "GROUP BY ALL") + """tests:
  broken: {params: {least: 0}, inputs: {ok: [{id: 1, amount: 1, sold: "2024-01-01T00:00:00Z"}]}, expect: {by_day: []}}
""")
    ended = thalweg.good("test", code=1)
    expect("by_day" in ended.out and "FAILED  broken" in ended.out, "the failure is not shown", ended)


def test_mistakes(directory):
    def mistake(tests, *words):
        ended = program(directory, SHOP + "tests:\n" + tests).good("test", code=3)
        for word in words:
            expect(word in ended.err, f"{word!r} is not said", ended)
    mistake("  a: {params: {least: 0}, inputs: {big: [{idd: 1}]}, expect: {doubled: []}}", "idd", 'did you mean "id"')
    mistake("  a: {params: {least: 0}, inputs: {big: [{id: one}]}, expect: {doubled: []}}", "bigint")
    mistake("  a: {params: {least: 0}, inputs: {big: [{id: 1}]}, expect: {doubled: [{twise: 1}]}}", 'did you mean "twice"')
    mistake("  a: {params: {least: 0}, inputs: {}, expect: {doubled: []}}", "sales", "inputs")
    mistake("  a: {params: {least: 0}, inputs: {sales: [], ok: []}, expect: {doubled: []}}", "unused-input", "ok")
    mistake("  a: {params: {least: 0}, inputs: {sales: [{advance: 1s}]}, expect: {doubled: []}}", "clock-of-a-table")
    mistake("  a: {params: {least: 0}, inputs: {salez: []}, expect: {doubled: []}}", "sales")
    thalweg = program(directory, SHOP + "tests:" + GOOD)
    expect("totals" in thalweg.good("test", "p.yaml", "total", code=5).err, "no near name")
    expect("no tests" in program(directory, SHOP).good("test", "--param", "least=1", code=5).err, "no tests")


def test_streams(directory):
    thalweg = program(directory, STREAM)
    for threads in ("1", "4"):
        ended = thalweg.good("test", "--threads", threads)
        expect_equal(ended.out.count("ok  "), 4, "passed")
    expect_equal(sorted(p.name for p in directory.iterdir()), ["p.yaml"], "files")


def test_frames(directory):
    thalweg = program(directory, FRAMES)
    for threads in ("1", "4"):
        expect_equal(thalweg.good("test", "--threads", threads).out.count("ok  "), 4, "passed")
    frame = "  a: {params: {least: 0}, inputs: {sales: [{frame: [{id: 1}]}]}, expect: {doubled: []}}"
    ended = program(directory, SHOP + "tests:\n" + frame).good("test", code=3)
    expect("frame-of-a-table" in ended.err, "a table has no frames", ended)


def test_large_frames(directory):
    """A frame of several decoded batches is still one."""
    long = "x" * 1_500_000
    rows = ", ".join(f'{{ts: "2024-01-01T00:00:0{i}Z", host: {long}, load: {i}}}' for i in range(5))
    small = '{ts: "2024-01-01T00:00:10Z", host: a, load: 1}'
    tests = f"  large: {{inputs: {{loads: [{{frame: [{rows}]}}, {{frame: [{small}]}}]}}, expect: {{tops: [{{n: 5}}, {{n: 1}}]}}}}"
    program(directory, FRAMES.partition("tests:")[0] + "tests:\n" + tests).good("test")


def test_replays(directory):
    """A replayed table has the columns of the table, whether the test gives its rows or the table's."""
    thalweg = program(directory, """thalweg: 1
pipeline: replays
nodes:
  raw: {source: {files: none.csv, columns: {ts: timestamptz, host: varchar, load: bigint}}}
  loads: {sql: "SELECT * FROM raw WHERE load > 0"}
  again: {source: {replay: loads}, event_time: {column: ts}}
  sums: {from: again, aggregate: {window: {tumbling: 10s}, columns: {n: count(host), total: sum(load)}}}
tests:
  of_the_replay:
    inputs: {again: [{ts: "2024-01-01T00:00:00Z", load: 1}, {ts: "2024-01-01T00:00:01Z", load: 2}]}
    expect: {sums: [{n: 0, total: 3}]}
  of_the_table:
    inputs: {raw: [{ts: "2024-01-01T00:00:01Z", load: 2}, {ts: "2024-01-01T00:00:00Z", load: 1}, {load: 0}]}
    expect: {sums: [{n: 0, total: 3}]}
""")
    expect_equal(thalweg.good("test").out, "ok      of_the_replay\nok      of_the_table\n", "what it says")


def test_examples(directory):
    notes = []
    for example in sorted((ROOT / "examples").rglob("*.yaml")):
        if "\ntests:\n" not in example.read_text():
            continue
        place = directory / example.parent.name
        shutil.copytree(example.parent, place, dirs_exist_ok=True)
        Program(place).good("test", example.name)
        notes.append(example.stem)
    expect(notes, "no example holds tests")
    return ", ".join(notes)


if __name__ == "__main__":
    sys.exit(run_tests([test_tables, test_differences, test_a_node_that_fails, test_mistakes, test_streams,
                        test_frames, test_large_frames, test_replays, test_examples], "pipeline_test_command"))
