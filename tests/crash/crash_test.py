#!/usr/bin/env python3
"""The commit proof: a pipeline run is disturbed at every file and catalog operation, and nobody may notice.

    crash_test.py SCENARIO [--sample N | --every K] [--begin N] [--seed S] [--jobs J] [--phase PHASE] [--fault FAULT]
    crash_test.py SCENARIO PHASE FAULT:N           one disturbance again, for example: kinds run kill:37

SCENARIO  kinds (every kind of node, small), flights (the example in full), stream (see stream_place.py)
PHASE     first    the first run, home and all, up to the gate
          run      a run over changed inputs, where version 1 of everything exists
          approve  approve --resume at the gate of that run, to the end
          again    of the stream: the resume of a run that was killed after a few epochs
FAULT     kill     SIGKILL in front of operation N
          powercut everything unsynced is undone, then SIGKILL
          fail     operation N gives EIO;     fail+     so do all after it
          nospace  operation N gives ENOSPC;  nospace+  so do all after it

After each: `resume` (or `run`, where nothing is to be resumed; for even N always `run`) leads to the same tables, the same
number of versions and the same target files as an undisturbed run; doctor is content; gc leaves no file that the catalog
does not name. All the while a second process reads: every table is as it was or as it will be, and so is every target.
"""
import argparse
import os
import queue
import random
import sys
import threading
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from homes import (DONE, FAILED, NOT_FOUND, NOTHING_YET, SIGKILLED, WAITING, catalog_of, complaints, copy,  # noqa: E402
                   settle_queued, unnamed, unsettled)
from program import DATA, Failure, Program, Workplace, expect, has_test_hooks, program_path, skip  # noqa: E402
from scenarios import SCENARIOS  # noqa: E402
from stream_place import StreamPlace  # noqa: E402
from watchers import Watchers  # noqa: E402

PHASES = ("first", "run", "approve", "again")
FAULTS = ("kill", "powercut", "fail", "fail+", "nospace", "nospace+")
KILLING = ("kill", "powercut")

class Place:
    """One worker's directory. What a source is includes its path, so everything happens at `here`; states that were
    prepared once are copied there."""

    def __init__(self, scenario, root):
        self.scenario, self.root = scenario, root
        self.here = root / "here"
        self.thalweg = Program(self.here, options=["--threads", "1"])
        self.expected = {}      # phase -> Outcome of the undisturbed run
        self.before = {}        # phase -> Outcome where it starts
        self.operations = {}    # phase -> how many there are
        self.prepare()

    def state(self, name):
        return self.root / f"state-{name}"

    def save(self, name):
        copy(self.here, self.state(name))

    def restore(self, name):
        copy(self.state(name), self.here)

    def prepare(self):
        self.here.mkdir()
        self.scenario.write(self.here, 1)
        self.save("first")
        self.finish(use_resume=False)
        done = self.look()
        self.scenario.write(self.here, 2)
        self.save("run")
        self.before["first"], self.before["run"] = {}, done
        self.expected["first"] = done
        # The gate whose rows did not change stays open; the others ask again.
        self.thalweg.good("run", *self.scenario.arguments, code=WAITING)
        self.before["approve"] = self.look()
        self.save("approve")
        self.finish(use_resume=True)
        self.expected["run"] = self.expected["approve"] = self.look()
        expect(self.expected["run"] != done, "the change of the inputs changes nothing")
        for phase in self.scenario.phases:
            self.operations[phase] = self.count(phase)

    def count(self, phase):
        self.restore(phase)
        file = self.root / "count"
        ended = self.command(phase, f"count:{file}")
        expect(ended.code in (DONE, WAITING), "the undisturbed command fails", ended)
        return int(file.read_text())

    def command(self, phase, fault):
        env = {"THALWEG_FAULT": fault}
        if phase == "approve":
            return self.thalweg.run("approve", self.scenario.gates[-1], "--resume", env=env)
        return self.thalweg.run("run", *self.scenario.arguments, env=env)

    # What there is to see.

    def look(self):
        """Tables as digests of their rows, versions by table, targets by their bytes."""
        ended = self.thalweg.good("query", "-o", "json", digests_of(self.scenario.tables))
        found = {f"table {name}": digest for name, digest in digests_in(ended)}
        for path in self.scenario.targets:
            found[f"target {path}"] = read(self.here / path)
        with catalog_of(self.here) as catalog:
            for name, output, count in catalog.execute(
                    "SELECT n.name, v.output, count(*) FROM versions v JOIN nodes n ON n.id = v.node_id GROUP BY 1, 2"):
                found[f"versions of {name}{output}"] = count
        return found

    def finish(self, use_resume):
        """What a person types after a crash, until the run is done."""
        run = ["run", *self.scenario.arguments]
        words = ["resume"] if use_resume else run
        for _ in range(3 + 2 * len(self.scenario.gates)):
            ended = self.thalweg.run(*words)
            if ended.code == DONE:
                return
            if ended.code == WAITING:
                words = ["approve", self.waiting_gate(), "--resume"]
            elif ended.code == NOT_FOUND and words == ["resume"]:
                words = run
            else:
                raise Failure(f"recovery by `thalweg {' '.join(words)}` fails\n{ended}")
        raise Failure("recovery comes to no end")

    def waiting_gate(self):
        with catalog_of(self.here) as catalog:
            row = catalog.execute("SELECT node_name FROM node_runs WHERE state = 'waiting' AND kind = 'gate' "
                                  "ORDER BY id DESC LIMIT 1").fetchone()
        expect(row is not None, "exit 6, but no gate waits")
        return row[0]

    # One disturbance.

    def disturb(self, phase, fault, number):
        self.restore(phase)
        watch_all = fault != "powercut"  # a power cut takes readers with it
        before, after = self.before[phase], self.expected[phase]
        reader = Reader(self, before, after)
        watchers = Watchers(reader.check_tables, reader.check_targets, shortest_pause=0.005)
        if watch_all:
            watchers.start()
        ended = self.command(phase, f"{fault.rstrip('+')}:{number}{'+' if fault.endswith('+') else ''}")
        self.check_end(fault, ended)
        if not watch_all:
            watchers.start()
        try:
            # Right after a crash, before anybody repairs: no target is half.
            reader.check_targets()
            self.finish(use_resume=number % 2 == 1)
        finally:
            watchers.stop()
        watchers.raise_failure()
        self.compare(after)
        settle_queued(self.thalweg, self.here, self.scenario.arguments)
        self.check_home()
        return ended, reader.looks

    def check_end(self, fault, ended):
        if fault in KILLING:
            expect(ended.code in (SIGKILLED, DONE, WAITING), "ended in another way than by SIGKILL", ended)
            return
        expect(ended.code in (DONE, WAITING, FAILED), "an I/O error must fail the run, with exit code 1", ended)
        if ended.code == FAILED:
            expect("error" in ended.err and len(ended.err.strip()) > 20, "no clear error", ended)
            expect("bug in thalweg" not in ended.err, "an I/O error is called a bug", ended)

    def compare(self, wanted):
        found = self.look()
        different = sorted(key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key))
        expect(not different, "not what an undisturbed run gives: " + "; ".join(
            f"{key}: {short(found.get(key))}, wanted {short(wanted.get(key))}" for key in different))

    def check_home(self):
        wrong = complaints(self.thalweg)
        self.thalweg.good("gc", "--keep", "1000")
        home = self.here / ".thalweg"
        with catalog_of(self.here) as catalog:
            named = {path for path, in catalog.execute("SELECT path FROM version_files") if not path.startswith("/")}
            wrong += unsettled(catalog) + unnamed(catalog, home, ["tables"], named)
        wrong += [f"not swept: spill/{path.name}" for path in sorted((home / "spill").iterdir())]
        wanted = {Path(path).name for path in self.scenario.targets}
        found = {path.name for path in (self.here / "out").iterdir()}
        wrong += [f"beside the targets: {name}" for name in sorted(found - wanted)]
        expect(not wrong, "\n  ".join(["the home is not clean:", *wrong]))


class Reader:
    """Looks at tables (through a second process) and at targets: each is as before or as after."""

    def __init__(self, place, before, after):
        self.place, self.allowed = place, {}
        for key in after:
            if key.startswith(("table ", "target ")):
                self.allowed[key] = {before.get(key), after[key]}
        self.fresh = not before
        self.looks = 0

    def check_tables(self):
        tables = self.place.scenario.tables
        # Where tables are not there yet, one at a time: a statement over all of them would always fail.
        chosen = [random.choice(tables)] if self.fresh else tables
        ended = self.place.thalweg.run("query", "-o", "json", digests_of(chosen))
        if self.fresh and ended.code == NOT_FOUND and any(slug in ended.err for slug in NOTHING_YET):
            return
        expect(ended.code == DONE, "a reader gets an error", ended)
        for name, digest in digests_in(ended):
            expect(digest in self.allowed[f"table {name}"], f"a reader sees half a version of {name}: {digest}, "
                                                            f"allowed {self.allowed[f'table {name}']}")
        self.looks += 1

    def check_targets(self):
        for path in self.place.scenario.targets:
            data = read(self.place.here / path)
            expect(data in self.allowed[f"target {path}"], f"{path} is half: {short(data)}")


def digests_of(tables):
    """Order-insensitive, blind neither to repeated rows nor to NULLs."""
    return " UNION ALL ".join(
        f"SELECT '{table}' AS name, count(*) AS n, CAST(sum(CAST(hash(x) AS HUGEINT)) AS VARCHAR) AS digest FROM {table} AS x"
        for table in tables)


def digests_in(ended):
    return [(name, f"{n} rows, {digest}") for name, n, digest in ended.rows()]


def read(path):
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def short(value):
    return f"{len(value)} bytes {value[:40]!r}" if isinstance(value, bytes) else repr(value)


# All disturbances, or some of them.

def universe(operations, phases, faults, every):
    return [(phase, fault, n) for phase in phases for fault in faults
            for n in range(every, operations[phase] + 1, every)]


def work(scenario, place, jobs, results):
    while True:
        try:
            phase, fault, number = jobs.get_nowait()
        except queue.Empty:
            return
        began = time.monotonic()
        try:
            ended, looks = place.disturb(phase, fault, number)
            results.append((phase, fault, number, None, ended.code, looks, time.monotonic() - began))
            if len(results) % 100 == 0:
                print(f"{time.strftime('%H:%M:%S')} {len(results)} done, at {phase} {fault}:{number}", flush=True)
        except Exception as error:
            text = str(error) if isinstance(error, Failure) else traceback.format_exc()
            results.append((phase, fault, number, text, None, 0, time.monotonic() - began))
            kept = place.root / f"failed-{phase}-{fault}-{number}"
            copy(place.here, kept)
            print(f"FAIL {scenario.name} {phase} {fault}:{number}: {text}\n"
                  f"     again: tests/crash/crash_test.py {scenario.name} {phase} {fault.rstrip('+')}:{number}"
                  f"{'+' if fault.endswith('+') else ''}\n     left behind: {kept}", flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("one", nargs="*", metavar="PHASE FAULT:N")
    parser.add_argument("--sample", type=int, help="so many, at random; else all")
    parser.add_argument("--every", type=int, default=1, metavar="K", help="every K-th operation, K odd; else all")
    parser.add_argument("--begin", type=int, default=1, metavar="N", help="leave out the operations before N")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--phase", choices=PHASES, action="append")
    parser.add_argument("--fault", choices=FAULTS, action="append")
    return parser, parser.parse_args()


def chosen(parser, arguments, operations):
    if arguments.one:
        if len(arguments.one) != 2 or ":" not in arguments.one[1]:
            parser.error("one disturbance is PHASE FAULT:N, for example: run kill:37")
        phase, (fault, number) = arguments.one[0], arguments.one[1].split(":")
        return [(phase, fault + ("+" if number.endswith("+") else ""), int(number.rstrip("+")))]
    every = universe(operations, arguments.phase or list(operations), arguments.fault or FAULTS, arguments.every)
    every = [case for case in every if case[2] >= arguments.begin]
    random.seed(arguments.seed)
    if arguments.sample is None:
        return every
    # At least one of each phase with each fault, where the sample is large enough.
    by_kind = {}
    for case in random.sample(every, len(every)):
        by_kind.setdefault(case[:2], []).append(case)
    rounds = [case for cases in zip(*by_kind.values()) for case in random.sample(cases, len(cases))]
    return rounds[:arguments.sample]


def main():
    parser, arguments = parse()
    scenario = SCENARIOS[arguments.scenario]
    if not has_test_hooks(program_path()):
        skip("the program was built without THALWEG_TEST_HOOKS: nothing can be disturbed")
    if scenario.name == "flights" and not DATA.is_dir():
        skip("there are no flights data: tools/bootstrap fetches them")
    jobs, results = queue.Queue(), []
    with Workplace(f"crash-{scenario.name}") as root:
        place = StreamPlace if scenario.stream else Place
        first = place(scenario, make(root / "worker-0"))
        for case in chosen(parser, arguments, first.operations):
            jobs.put(case)
        total = jobs.qsize()
        print(f"{scenario.name}: operations {first.operations}, {total} disturbances, seed {arguments.seed}", flush=True)
        threads = [threading.Thread(target=work, args=(scenario, first, jobs, results))]
        for i in range(1, min(arguments.jobs, total)):
            threads.append(threading.Thread(target=lambda i=i: work(
                scenario, place(scenario, make(root / f"worker-{i}")), jobs, results)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        failed = [result for result in results if result[3]]
        hit = sum(1 for result in results if result[4] in (SIGKILLED, FAILED))
        print(f"{len(results) - len(failed)} of {total} good; {hit} were killed or failed, the others ended before "
              f"or bore it; {sum(result[5] for result in results)} looks by the reader; "
              f"{sum(result[6] for result in results) / max(1, len(results)):.2f} s each")
        if failed or len(results) != total:
            raise SystemExit(1) if os.environ.get("THALWEG_TEST_KEEP") == "0" else Kept()


class Kept(Exception):
    """Ends with 1 and keeps the directory."""


def make(directory):
    directory.mkdir()
    return directory


if __name__ == "__main__":
    try:
        main()
    except Kept:
        sys.exit(1)
