#!/usr/bin/env python3
"""blocked_target_test.py [--seconds N]

A target whose peer does not read for a long while holds a source back that could be ten times as fast and more: memory
stays flat, and when the peer reads on nothing was lost.
"""
import argparse
import json
import socket
import sys
import threading
import time

from program import Program, Workplace, expect

ROWS = 1_000_000
WARM_UP = 10         # seconds until memory must be flat
MOST_GROWTH = 1.1    # of the last third over the first
PIPELINE = """\
thalweg: 1
pipeline: blocked
nodes:
  events:
    source:
      generator:
        id: {{sequence: 0}}
        key: {{key: {{count: 1000, skew: zipf}}}}
        ts: {{time: {{start: "2024-01-01T00:00:00Z", step: 1ms, jitter: 2s}}}}
        text: {{text: "event {{row}} of key {{key}}"}}
      rows: {rows}
    event_time: {{column: ts, lateness: 2s}}
  kept: {{from: events, filter: key >= 0, materialize: append}}
  counts: {{from: kept, aggregate: {{by: [key], window: {{tumbling: 10s}}, columns: {{n: "count(*)"}}}}, materialize: append}}
  sent: {{from: kept, target: {{tcp: "127.0.0.1:{port}", format: ndjson}}}}
"""


class Peer(threading.Thread):
    """Accepts, reads nothing until it is told to, then everything."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(30)
        self.port = self.listener.getsockname()[1]
        self.accepted, self.reads_on = threading.Event(), threading.Event()
        self.connections, self.parts = 0, []

    def run(self):
        connection, _ = self.listener.accept()
        self.connections += 1
        self.accepted.set()
        self.reads_on.wait()
        while part := connection.recv(1 << 20):
            self.parts.append(part)
        connection.close()

    def ids(self):
        return [json.loads(line)["id"] for line in b"".join(self.parts).decode().splitlines()]


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def test(directory, seconds):
    peer = Peer()
    peer.start()
    (directory / "blocked.yaml").write_text(PIPELINE.format(rows=ROWS, port=peer.port))
    thalweg = Program(directory, options=["--threads", "2"])
    with open(directory / "stderr", "w") as errors:
        process = thalweg.start("run", stderr=errors)
    try:
        expect(peer.accepted.wait(30), f"nobody connects to the peer: {(directory / 'stderr').read_text()[-2000:]}")
        sizes, began = [], time.monotonic()
        while time.monotonic() - began < seconds:
            expect(process.poll() is None, f"it ended although its target is blocked: {process.returncode}")
            if time.monotonic() - began > WARM_UP:
                sizes.append(resident_kib(process.pid))
            time.sleep(0.2)
        third = len(sizes) // 3
        first, last = max(sizes[:third]), max(sizes[-third:])
        expect(last <= MOST_GROWTH * first, f"resident memory grows from {first} to {last} KiB while the target is blocked")
        peer.reads_on.set()
        code = process.wait(120)
        expect(code == 0, f"exit {code}: {(directory / 'stderr').read_text()[-2000:]}")
    finally:
        peer.reads_on.set()
        if process.poll() is None:
            process.kill()
            process.wait()
    peer.join(30)
    ids = peer.ids()
    expect(peer.connections == 1, f"{peer.connections} connections: rows can be there twice")
    expect(ids == list(range(ROWS)), f"{len(ids)} rows came, {len(set(ids))} of them different; wanted {ROWS} in their order")
    stored, = thalweg.query("SELECT count(*) AS n FROM kept")
    expect(stored[0] == ROWS, f"{stored[0]} rows are stored, wanted {ROWS}")
    counted, = thalweg.query("SELECT CAST(sum(n) AS BIGINT) AS n FROM counts")
    expect(counted[0] == ROWS, f"{counted[0]} rows are counted, wanted {ROWS}")
    return (f"{seconds} s blocked, resident {first / 1024:.1f} MiB at first, {last / 1024:.1f} MiB at last; "
            f"{len(ids)} rows came")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    with Workplace("blocked-target") as directory:
        print(f"ok   {test(directory, arguments.seconds)}")


if __name__ == "__main__":
    sys.exit(main())
