#!/usr/bin/env python3
"""Large graphs of tiny nodes: a chain of 1,000, a fan-out of 200. What one node costs is printed and judged loosely."""
import sys
from collections import Counter

from program import Program, expect, expect_equal, has_test_hooks, run_tests

CHAIN, FAN = 1000, 200
# The bar is 3 ms beyond the bare statement, of which DuckDB takes about as much again; twice both is judged here.
CPU_MS_PER_NODE = 12.0
SYNCS_PER_NODE = 4


def chain(length):
    nodes = ["  n0: {sql: SELECT 1 AS v}\n"]
    nodes += [f"  n{i}: {{sql: SELECT v + 1 AS v FROM n{i - 1}}}\n" for i in range(1, length)]
    return "thalweg: 1\npipeline: chain\nnodes:\n" + "".join(nodes)


def cost(ended, nodes):
    return ended.cpu * 1000 / nodes


def test_chain(directory):
    (directory / "chain.yaml").write_text(chain(CHAIN))
    thalweg = Program(directory)
    first = thalweg.good("run", "-q", timeout=600)
    expect_equal(thalweg.query(f"FROM n{CHAIN - 1}"), [[CHAIN]], "the last node's row")
    again = thalweg.good("run", "-o", "json", timeout=600)
    expect_equal({node["state"] for node in again.json()["nodes"]}, {"reused"}, "states of the second run")
    # A change in the middle runs what is below it and nothing else.
    (directory / "chain.yaml").write_text(chain(CHAIN).replace("FROM n899}", "FROM n899 WHERE true}"))
    states = Counter(node["state"] for node in thalweg.good("run", "-o", "json", timeout=600).json()["nodes"])
    expect_equal(states, {"reused": 900, "done": 100}, "states after an edit of node 900")
    expect(cost(first, CHAIN) < CPU_MS_PER_NODE, f"{cost(first, CHAIN):.1f} ms of CPU a node, bar {CPU_MS_PER_NODE}")
    return (f"{first.wall:.1f} s of wall, {cost(first, CHAIN):.2f} ms of CPU a node; "
            f"reused {again.cpu * 1000:.0f} ms of CPU in all; {first.peak_kib >> 10} MiB")


def test_syncs_of_a_node(directory):
    """The difference between two lengths, so that what a run costs once does not count."""
    thalweg = Program(directory)
    if not has_test_hooks(thalweg.path):
        return "not counted: the program was built without THALWEG_TEST_HOOKS"
    counts = {}
    for length in (20, 60):
        place = directory / str(length)
        place.mkdir()
        (place / "chain.yaml").write_text(chain(length))
        trace = place / "trace"
        Program(place).good("run", "-q", env={"THALWEG_FAULT": f"trace:{trace}"})
        operations = [line.split(" ", 2)[1] for line in trace.read_text().splitlines()]
        counts[length] = sum("sync" in operation for operation in operations), len(operations)
    syncs = (counts[60][0] - counts[20][0]) / 40
    operations = (counts[60][1] - counts[20][1]) / 40
    # The node's own directory below tables/ is synced when the node is first seen: once in its life.
    expect(syncs <= SYNCS_PER_NODE + 1, f"{syncs} fsyncs a node, bar {SYNCS_PER_NODE} and one when it is first seen")
    return f"{syncs:.2f} fsyncs and {operations:.1f} operations a node"


def test_fan_out(directory):
    nodes = "".join(f"  f{i}: {{sql: SELECT v * {i} AS v FROM base}}\n" for i in range(FAN))
    union = " UNION ALL ".join(f"SELECT v FROM f{i}" for i in range(FAN))
    (directory / "fan.yaml").write_text(
        "thalweg: 1\npipeline: fan\nnodes:\n  base: {sql: SELECT 2 AS v}\n" + nodes +
        f"  total: {{sql: \"SELECT sum(v) AS v, count(*) AS n FROM ({union}) AS u\"}}\n")
    thalweg = Program(directory)
    first = thalweg.good("run", "-q", timeout=600)
    expect_equal(thalweg.query("FROM total"), [[FAN * (FAN - 1), FAN]], "the total")
    again = thalweg.good("run", "-o", "json", timeout=600)
    expect_equal({node["state"] for node in again.json()["nodes"]}, {"reused"}, "states of the second run")
    return f"{first.wall:.1f} s of wall, {cost(first, FAN + 2):.2f} ms of CPU a node"


if __name__ == "__main__":
    sys.exit(run_tests([test_chain, test_syncs_of_a_node, test_fan_out], "scale"))
