#!/usr/bin/env python3
"""Several processes on one home, and runs that are stopped from outside."""
import signal
import sqlite3
import subprocess
import sys
import threading
import time

from program import Program, expect, expect_equal, run_tests

# Much longer than any test waits.
ENDLESS = "SELECT count(*) AS n FROM range(4000000000000) AS r(i) WHERE hash(i) = 7"
# Stops within 1 s; the machine is shared, so twice that is judged.
STOP_SECONDS = 2.0


def pipeline(name, nodes, params=""):
    lines = [f"thalweg: 1\npipeline: {name}\n", f"params: {{{params}}}\n" if params else "", "nodes:\n"]
    lines += [f"  {node}: {text}\n" for node, text in nodes.items()]
    return "".join(lines)


def wait_until(what, condition, process=None, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        expect(process is None or process.poll() is None, f"the process ended while waiting: {what}")
        time.sleep(0.01)
    expect(False, f"{seconds} s passed: {what}")


def ask_catalog(directory, sql):
    path = directory / ".thalweg" / "catalog.db"
    if not path.exists():
        return []
    connection = sqlite3.connect(path, timeout=30)
    try:
        return connection.execute(sql).fetchall()
    except sqlite3.OperationalError:  # no tables yet
        return []
    finally:
        connection.close()


def running_attempts(directory):
    rows = ask_catalog(directory, "SELECT count(*) FROM attempts WHERE state = 'running'")
    return rows[0][0] if rows else 0


def leftovers(directory):
    home = directory / ".thalweg"
    return sorted(path.relative_to(home).as_posix()
                  for path in [*home.glob("tables/*/*"), *home.glob("spill/*")])


def stop_in_the_middle(directory, text, number):
    (directory / "p.yaml").write_text(text)
    thalweg = Program(directory)
    process = thalweg.start("run", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until("a node runs", lambda: running_attempts(directory) > 0, process)
    # The engine is at work, not only about to begin.
    wait_until("the statement takes CPU", lambda: cpu_seconds(process.pid) > 0.5, process)
    began = time.monotonic()
    process.send_signal(number)
    try:
        _, err = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return thalweg, process.returncode, err.decode(), time.monotonic() - began


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def check_stopped(directory, thalweg, code, wanted, err, took):
    expect_equal(code, wanted, f"exit code; stderr:\n{err}")
    expect(took < STOP_SECONDS, f"it took {took:.2f} s to stop")
    expect_equal([(run["run"], run["state"]) for run in thalweg.good("runs", "-o", "json").json()["runs"]],
                 [(1, "cancelled")], "runs")
    states = {node["node"]: node["state"] for node in thalweg.good("show", "1", "-o", "json").json()["nodes"]}
    expect_equal(states, {"quick": "done", "endless": "cancelled", "below": "cancelled"}, "nodes")
    kept = [path for path in leftovers(directory) if not path.startswith("tables/") or "quick" in path]
    expect_equal(kept, [], "spill")
    expect_equal(len(list((directory / ".thalweg").glob("tables/*/*"))), 1, "directories of attempts: only that of `quick`")
    expect_equal(thalweg.query("FROM quick"), [[1]], "what was done before is kept")
    thalweg.good("doctor")


STOPPED = {"quick": "{sql: SELECT 1 AS one}", "endless": f"{{sql: {ENDLESS}, after: [quick]}}",
           "below": "{sql: SELECT n FROM endless}"}


def test_interrupt_stops_within_a_second(directory):
    thalweg, code, err, took = stop_in_the_middle(directory, pipeline("p", STOPPED), signal.SIGINT)
    check_stopped(directory, thalweg, code, 130, err, took)
    # The run can be taken up again; once the statement ends, so does the run.
    (directory / "p.yaml").write_text(pipeline("p", {**STOPPED, "endless": "{sql: SELECT 5 AS n, after: [quick]}"}))
    thalweg.good("run")
    expect_equal(thalweg.query("FROM below"), [[5]], "after a run of the corrected file")
    return f"stopped in {took:.2f} s"


def test_terminate_stops_within_a_second(directory):
    thalweg, code, err, took = stop_in_the_middle(directory, pipeline("p", STOPPED), signal.SIGTERM)
    check_stopped(directory, thalweg, code, 143, err, took)
    return f"stopped in {took:.2f} s"


def test_interrupt_of_a_spilling_sort(directory):
    """Where the disk is at work, too, and has to be swept."""
    text = pipeline("p", {"sorted": "{sql: \"SELECT i, hash(i) AS h, repeat('x', 40) AS pad FROM range(2000000000) AS r(i) "
                                    "ORDER BY h\"}"})
    (directory / "p.yaml").write_text(text)
    thalweg = Program(directory, options=["--memory", "64MB"])
    process = thalweg.start("run")
    spill = directory / ".thalweg" / "spill"
    wait_until("it spills", lambda: spill.exists() and any(p.is_file() and p.stat().st_size > 1 << 20
                                                           for p in list_files(spill)), process)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    took = time.monotonic() - began
    expect_equal(process.returncode, 130, "exit code")
    expect_equal(leftovers(directory), [], "what is left on the disk")
    expect(took < STOP_SECONDS, f"it took {took:.2f} s to stop")
    return f"stopped in {took:.2f} s"


def list_files(directory):
    try:
        return list(directory.rglob("*"))
    except FileNotFoundError:
        return []


def test_second_interrupt_ends_at_once(directory):
    (directory / "p.yaml").write_text(pipeline("p", STOPPED))
    process = Program(directory).start("run")
    wait_until("a node runs", lambda: running_attempts(directory) > 0, process)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    code = process.wait(timeout=60)
    expect_equal(code, 130 if code > 0 else -signal.SIGINT, "exit code")
    expect(time.monotonic() - began < STOP_SECONDS, "it did not end at once")
    recovered = Program(directory).run("doctor")
    expect_equal(recovered.code, 0, "doctor afterwards")


def test_interrupt_of_a_query(directory):
    (directory / "p.yaml").write_text(pipeline("p", {"one": "{sql: SELECT 1 AS one}"}))
    thalweg = Program(directory)
    thalweg.good("run")
    process = thalweg.start("query", ENDLESS)
    wait_until("the query takes CPU", lambda: cpu_seconds(process.pid) > 0.5, process)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    expect_equal(process.wait(timeout=60), 130, "exit code")
    expect(time.monotonic() - began < STOP_SECONDS, "it did not stop")


def test_two_pipelines_on_one_home(directory):
    """Two processes again and again at the same time: both correct, the catalog whole."""
    rounds = 8
    for name in ("east", "west"):
        nodes = {f"{name}_{i}": f"{{sql: \"SELECT $round * 100 + {i} AS v FROM "
                                f"{f'{name}_{i - 1}' if i else '(SELECT 1)'}\"}}" for i in range(6)}
        nodes[f"{name}_out"] = f"{{from: {name}_5, target: {{files: out/{name}.csv}}}}"
        (directory / f"{name}.yaml").write_text(pipeline(name, nodes, "round: bigint"))
    thalweg = Program(directory)
    failures = []

    def drive(name):
        for i in range(rounds):
            ended = thalweg.run("run", f"{name}.yaml", "--param", f"round={i}")
            if ended.code != 0:
                failures.append(str(ended))
            elif (directory / "out" / f"{name}.csv").read_text() != f"v\n{i * 100 + 5}\n":
                failures.append(f"{name}, round {i}: {(directory / 'out' / f'{name}.csv').read_text()!r}")
    threads = [threading.Thread(target=drive, args=(name,)) for name in ("east", "west")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(not failures, "\n".join(failures[:3]))
    runs = thalweg.query("SELECT state, count(*) AS n FROM thalweg.runs GROUP BY state")
    expect_equal(runs, [["done", 2 * rounds]], "runs")
    expect_equal(sorted(row[0] for row in ask_catalog(directory, "SELECT number FROM runs")),
                 list(range(1, 2 * rounds + 1)), "numbers of the runs")
    for name in ("east", "west"):
        expect_equal(thalweg.query(f"SELECT v FROM {name}.{name}_5"), [[(rounds - 1) * 100 + 5]], f"table of {name}")
        expect_equal(thalweg.query(f"SELECT v FROM {name}.{name}_5 AT (VERSION => 1)"), [[5]], f"version 1 of {name}")
    thalweg.good("doctor")


def test_one_pipeline_twice_at_once(directory):
    """The second one is refused while the first is going on, and says so; the first is not disturbed."""
    (directory / "p.yaml").write_text(pipeline("p", {"quick": "{sql: SELECT 1 AS one}",
                                                     "endless": f"{{sql: {ENDLESS}, after: [quick]}}"}))
    thalweg = Program(directory)
    first = thalweg.start("run")
    try:
        wait_until("the first one runs", lambda: running_attempts(directory) > 0, first)
        second = thalweg.run("run")
        expect_equal(second.code, 1, f"the second one\n{second}")
        expect("still going on" in second.err, "it does not say why", second)
        expect_equal(thalweg.good("gc").code, 0, "gc beside a run")
        expect(first.poll() is None, "the first one ended")
    finally:
        first.send_signal(signal.SIGINT)
        first.wait(timeout=60)
    expect_equal(first.returncode, 130, "exit code of the first one")


def test_killed_run_is_taken_over(directory):
    (directory / "p.yaml").write_text(pipeline("p", {"quick": "{sql: SELECT 1 AS one}",
                                                     "slow": f"{{sql: {ENDLESS}, after: [quick]}}"}))
    (directory / "other.yaml").write_text(pipeline("other", {"two": "{sql: SELECT 2 AS two}"}))
    thalweg = Program(directory)
    process = thalweg.start("run", "p.yaml")
    wait_until("the endless node runs", lambda: running_attempts(directory) > 0 and ask_catalog(
        directory, "SELECT count(*) FROM node_runs WHERE state = 'done'")[0][0] == 1, process)
    process.kill()
    process.wait()
    findings = {f["what"]: f for f in thalweg.good("doctor", "-o", "json").json()["findings"]}
    expect_equal(findings["runs"]["health"], "warn", f"doctor says of runs: {findings['runs']}")
    # Another pipeline's run sweeps up, without waiting for a lease.
    ended = thalweg.good("run", "other.yaml")
    expect(ended.wall < 20, f"it waited {ended.wall:.1f} s")
    states = dict(ask_catalog(directory, "SELECT number, state FROM runs"))
    expect_equal(states, {1: "failed", 2: "done"}, "runs")
    expect_equal(ask_catalog(directory, "SELECT state FROM attempts WHERE state NOT IN ('done')"), [("lost",)], "attempts")
    (directory / "p.yaml").write_text(pipeline("p", {"quick": "{sql: SELECT 1 AS one}", "slow": "{sql: SELECT 3 AS n}"}))
    states = {node["node"]: node["state"] for node in thalweg.good("run", "p.yaml", "-o", "json").json()["nodes"]}
    expect_equal(states, {"quick": "reused", "slow": "done"}, "after the file was mended")


if __name__ == "__main__":
    sys.exit(run_tests([test_interrupt_stops_within_a_second, test_terminate_stops_within_a_second,
                        test_interrupt_of_a_spilling_sort, test_second_interrupt_ends_at_once, test_interrupt_of_a_query,
                        test_two_pipelines_on_one_home, test_one_pipeline_twice_at_once, test_killed_run_is_taken_over],
                       "concurrency"))
