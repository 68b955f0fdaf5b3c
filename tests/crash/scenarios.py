"""The pipelines of the crash test: two with inputs before and after a change, and a stream."""
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from program import DATA, ROOT, Program  # noqa: E402


@dataclass
class Scenario:
    name: str
    write: Callable[[Path, int], None]  # the files of a directory, as of state 1 or 2
    gates: list
    targets: list
    tables: list
    arguments: list  # of `run`
    phases: tuple = ("first", "run", "approve")
    stream: bool = False


# Every kind of node, on small data.

KINDS = """\
thalweg: 1
pipeline: kinds
params: {floor: {type: bigint, default: 1}, reserve: {type: "decimal(10,2)", default: "0.50"}}
nodes:
  # Read by the engine; rows that it cannot read, and rows that a check refuses, are put aside.
  orders:
    source:
      files: in/orders.csv
      columns: {id: bigint, country: varchar, amount: "decimal(10,2)", day: date}
      bad_rows: quarantine
    checks:
      - not_null: [id, country]
      - {range: {column: amount, min: 0}, severity: quarantine}
      - rows: {min: $floor}

  # Read by our own reader, for bad rows are put aside.
  events:
    source:
      files: in/events.ndjson
      columns: {id: bigint, what: varchar, at: timestamptz}
      bad_rows: quarantine

  # Referred to where it lies.
  rates: {source: {files: "in/rates-*.parquet"}}

  # Not stored: part of its only reader.
  priced:
    sql: SELECT o.id, o.country, o.day, o.amount, r.rate FROM orders o JOIN rates r USING (country)
    materialize: none

  sales:
    sql: |
      SELECT p.id, p.country, p.day, p.amount, p.rate, count(e.id) AS events
      FROM priced p LEFT JOIN events e ON e.id = p.id
      WHERE p.amount >= $reserve
      GROUP BY ALL
    checks:
      - unique: id
      - {foreign_key: {columns: [country], table: rates}}
      - {sql: "rate < 3", severity: warn}

  # Grows with every version of what it reads.
  history:
    sql: SELECT country, count(*) AS orders, sum(amount) AS revenue FROM sales GROUP BY country
    materialize: append

  countries: {sql: SELECT DISTINCT country FROM rates}

  # Signed once for these rows; the change leaves them as they are, so the signature still holds.
  known: {from: countries, gate: "Do we know these countries?"}

  totals: {sql: "SELECT s.country, sum(s.amount * 100) AS cents FROM sales s JOIN known k USING (country) GROUP BY s.country"}

  draft: {from: totals, target: {files: out/draft.csv, order_by: [country]}}

  approved:
    from: totals
    gate: {question: "Publish these totals?", evidence: [SELECT count(*) AS n FROM totals, SELECT reason FROM orders_rejects]}

  published: {sql: "SELECT country, cents FROM approved WHERE cents > 0"}

  as_csv: {from: published, target: {files: out/published.csv, order_by: [country]}}
  as_lines: {from: published, target: {files: out/published.ndjson, order_by: [cents desc, country]}}
  as_parquet: {from: published, target: {files: out/published.parquet, order_by: [country]}}
"""

COUNTRIES = ["br", "de", "fr", "ke", "no"]


def write_kinds(directory, state):
    (directory / "in").mkdir(exist_ok=True)
    (directory / "kinds.yaml").write_text(KINDS)
    orders = ["id,country,amount,day"]
    for i in range(200 * state):
        orders.append(f"{i},{COUNTRIES[i % 5]},{(i * 37 * state) % 1000}.{i % 100:02},2026-01-{1 + i % 28:02}")
    orders.insert(17, "17x,de,1.00,2026-01-01")     # a number that is none
    orders.append("9999,fr,-5.00,2026-01-02")       # refused by the check
    (directory / "in" / "orders.csv").write_text("\n".join(orders) + "\n")
    events = [json.dumps({"id": i % 150, "what": "view", "at": f"2026-01-01T00:{i % 60:02}:00Z"})
              for i in range(300 * state)]
    events.insert(5, '{"id": 3, "what": "torn')
    (directory / "in" / "events.ndjson").write_text("\n".join(events) + "\n")
    rates = directory / "in" / f"rates-{state}.parquet"
    if not rates.exists():
        make_rates(rates, state)


def make_rates(path, state):
    """A second file with no rows of its own in state 2, so that the countries stay as they were."""
    maker = path.parent / "maker"
    maker.mkdir()
    rows = ", ".join(f"('{country}', {1 + 0.25 * i})" for i, country in enumerate(COUNTRIES)) if state == 1 else None
    sql = (f"SELECT * FROM (VALUES {rows}) AS t(country, rate)" if rows
           else "SELECT CAST('' AS VARCHAR) AS country, CAST(1 AS DECIMAL(3,2)) AS rate WHERE false")
    (maker / "maker.yaml").write_text(
        "thalweg: 1\npipeline: maker\nnodes:\n"
        f"  rows: {{sql: {json.dumps(f'SELECT country, CAST(rate AS DECIMAL(3,2)) AS rate FROM ({sql}) AS x')}}}\n"
        f"  file: {{from: rows, target: {{files: {json.dumps(str(path))}}}}}\n")
    Program(maker).good("run")
    shutil.rmtree(maker)


KINDS_SCENARIO = Scenario(
    "kinds", write_kinds, gates=["known", "approved"],
    targets=["out/draft.csv", "out/published.csv", "out/published.ndjson", "out/published.parquet"],
    tables=["orders", "orders_rejects", "events", "events_rejects", "rates", "sales", "history", "countries", "known",
            "totals", "approved", "published"],
    arguments=[])


# The flights example, in full.

def write_flights(directory, state):
    shutil.copyfile(ROOT / "examples" / "flights" / "flights.yaml", directory / "flights.yaml")
    corrections = (ROOT / "examples" / "flights" / "corrections.csv").read_text()
    if state == 2:  # one flight more, and one more bad line
        line = corrections.splitlines()[1]
        corrections += line.replace("none at all", "1301") + "\n" + line.replace("none at all", "late") + "\n"
    (directory / "corrections.csv").write_text(corrections)


FLIGHTS_SCENARIO = Scenario(
    "flights", write_flights, gates=["approved"], targets=["out/by_carrier.parquet", "out/worst_routes.csv"],
    tables=["flights", "flights_rejects", "weather", "planes", "airlines", "airports", "delays", "approved", "by_carrier",
            "worst_routes"],
    arguments=["--param", f"data={DATA}"])


# A stream: windows and a join over two sources, into tables that grow, a table that is merged, and files.

STREAM = """\
thalweg: 1
pipeline: stream
nodes:
  views:
    source:
      generator:
        view: {sequence: 0}
        ad: {key: {count: 12, skew: zipf}}
        ts: {time: {start: "2024-01-01T00:00:00Z", step: 20ms, jitter: 1s}}
      rows: 3000
      seed: 3
    event_time: {column: ts, lateness: 1s}
  clicks:
    source:
      generator:
        click: {sequence: 0}
        ad: {key: {count: 12, skew: zipf}}
        ts: {time: {start: "2024-01-01T00:00:00Z", step: 100ms, jitter: 1s}}
      rows: 600
      seed: 4
    event_time: {column: ts, lateness: 1s}

  # Every row as it came.
  seen: {from: views, filter: view >= 0, materialize: append}

  counts:
    from: views
    aggregate: {by: [ad], window: {tumbling: 2s}, columns: {n: "count(*)", newest: max(view), total: sum(view)}}
    materialize: append
    parallel: 2

  # A row per ad: that of its last window.
  latest: {from: counts, filter: n > 0, materialize: {merge: [ad]}}

  matched:
    from: [views, clicks]
    join: {on: ad, within: 150ms}
    materialize: append

  count_files: {from: counts, target: {files: out/counts/, format: ndjson, write: append, roll: {size: 2KB}}}
  pair_files: {from: matched, target: {files: out/pairs/, format: ndjson, write: append}}
"""


def write_stream(directory, _):
    (directory / "stream.yaml").write_text(STREAM)


STREAM_SCENARIO = Scenario(
    "stream", write_stream, gates=[], targets=["out/counts", "out/pairs"], tables=["seen", "counts", "latest", "matched"],
    arguments=[], phases=("first", "again"), stream=True)

SCENARIOS = {scenario.name: scenario for scenario in (KINDS_SCENARIO, FLIGHTS_SCENARIO, STREAM_SCENARIO)}
