#!/usr/bin/env python3
"""run_bad_input.py [--accept] [CASE...]

Bad inputs: each CASE.yaml here is wrong for a cause of its own. Its last step meets the bad input; CASE.stderr holds
what the program then says, and its exit code. The last step runs twice, without a home and in a home that another
pipeline has used, and must say the same. Beside the message:
    stdout is empty;
    no file of the directory changes, so no target is written;
    without a home, a file that cannot start leaves none behind;
    what the home held it still holds; there is more only when a run began, and never in the catalog's tables otherwise
    (its cache may change at any time).
"""
import argparse
import difflib
import hashlib
import shlex
import shutil
import sqlite3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from program import BUG, Failure, Program, Workplace, expect, without_measures, without_the_changing  # noqa: E402
from scripted import Case  # noqa: E402

HERE = Path(__file__).resolve().parent
BEGINS_NO_RUN = (2, 3, 5)
DOCUMENTED = {"cache", "sqlite_sequence"}  # may change at any time

# What was there before: a pipeline with a table and a target.
EARLIER = """\
thalweg: 1
pipeline: earlier
nodes:
  kept: {sql: SELECT 1 AS one}
  told: {from: kept, target: {files: kept.csv}}
"""


def tree(directory, leave_out=()):
    """{path: hash}; directories have none."""
    found = {}
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        if not any(name == out or name.startswith(out + "/") for out in leave_out):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    return found


def rows_of(home):
    connection = sqlite3.connect(home / "catalog.db", timeout=30)
    try:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {(table, repr(row)) for table in tables if table not in DOCUMENTED
                for row in connection.execute(f"SELECT * FROM {table}")}
    finally:
        connection.close()


class State:
    """Everything in a home that a bad input must leave as it is."""

    def __init__(self, home):
        self.rows = rows_of(home)
        self.files = set(tree(home, ("catalog.db", "catalog.db-wal", "catalog.db-shm", "spill")).items())
        self.runs = {row for table, row in self.rows if table == "runs"}

    def check_after(self, before):
        """What was there stays. More is there only when a run began: what that run did, as documented."""
        gone = sorted(map(str, (before.rows - self.rows) | (before.files - self.files)))
        expect(not gone, "gone from the home, or changed:\n" + "\n".join(gone))
        if self.runs == before.runs:
            more = sorted(map(str, (self.rows - before.rows) | (self.files - before.files)))
            expect(not more, "no run began, but the home holds more than before:\n" + "\n".join(more))


class BadCase(Case):
    """Runs the steps but for the last one; then that one, which meets the bad input."""

    def meet(self):
        for text, lines in self.script.steps[:-1]:
            self.step(text, lines)
        last = self.script.steps[-1][0]
        words = shlex.split(last)
        expect(words[0] == "thalweg", "the last step is no command of the program")
        home = self.directory / ".thalweg"
        outside = tree(self.directory, (".thalweg",))
        before = State(home) if (home / "format").exists() else None
        ended = self.thalweg.run(*words[1:])
        expect(ended.code not in (0, BUG) and ended.code > 0, f"exit {ended.code}", ended)
        return f"{without_measures(without_the_changing(ended.err, self.directory))}exit {ended.code}\n", \
            lambda: self.check_nothing_changed(ended, outside, before)

    def check_nothing_changed(self, ended, outside, before):
        home = self.directory / ".thalweg"
        expect(not ended.out, "something on stdout", ended)
        inside = tree(self.directory, (".thalweg",))
        expect(inside == outside, f"files changed: {set(inside.items()) ^ set(outside.items())}", ended)
        if before is not None:
            State(home).check_after(before)
        elif ended.code in BEGINS_NO_RUN:
            expect(not home.exists(), "a home was made for a pipeline that cannot start", ended)


def met(path):
    """What it says, and what is wrong beside that; empty when all is well."""
    texts, complaints = [], []
    for with_home in (False, True):
        with Workplace("bad") as directory:
            if with_home:
                earlier = directory / "earlier"
                earlier.mkdir()
                (earlier / "earlier.yaml").write_text(EARLIER)
                Program(earlier).good("run")
                shutil.move(earlier / ".thalweg", directory / ".thalweg")
                shutil.rmtree(earlier)
            text, check = BadCase(path, directory).meet()
            # In a home that was used runs have other numbers.
            texts.append(text.replace("run 2 of", "run 1 of"))
            try:
                check()
            except Failure as failure:
                complaints.append(str(failure))
    if texts[0] != texts[1]:
        complaints.append("without and with a home it says different things:\n" + "\n".join(difflib.unified_diff(
            texts[0].splitlines(), texts[1].splitlines(), "without", "with", lineterm="")))
    return texts[0], "\n".join(complaints)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accept", action="store_true")
    parser.add_argument("case", nargs="*")
    arguments = parser.parse_args()
    cases = sorted(HERE.glob("*.yaml"))
    unknown = set(arguments.case) - {path.stem for path in cases}
    if unknown:
        sys.exit(f"there is no case {sorted(unknown)}")
    cases = [path for path in cases if not arguments.case or path.stem in arguments.case]
    failed, said = [], {}
    for path in cases:
        golden = path.with_suffix(".stderr")
        try:
            text, wrong = met(path)
            if arguments.accept:
                golden.write_text(text)
            expected = golden.read_text() if golden.exists() else ""
            wrong += "\n".join(difflib.unified_diff(expected.splitlines(), text.splitlines(), golden.name, "what came",
                                                    lineterm=""))
            twin = said.setdefault(text, path.stem)
            if twin != path.stem:
                wrong += f"says exactly what {twin} says: is it another cause?"
        except Failure as failure:
            wrong = str(failure)
        if wrong:
            failed.append(path.stem)
            print(f"FAIL {path.stem}\n{wrong}\n", flush=True)
    print(f"{len(cases) - len(failed)} of {len(cases)} bad inputs are met as expected")
    if failed:
        print(f"one alone: tests/bad_input/run_bad_input.py {failed[0]}; --accept writes what came")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
