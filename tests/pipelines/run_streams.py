#!/usr/bin/env python3
"""run_streams.py [--way WAY] [CASE...]

Streams give the same rows however they are run. Each case of tests/pipelines/streams runs in every way below; its queries
must give what CASE.expected says, which run_goldens.py compares for an undisturbed run.

A node of a case is one line. Words in a comment at its end say what else it can be: `parallel` (with `parallel: 2`),
`lowered` (as SQL of the engine, `engine: duckdb`, over files).
"""
import argparse
import re
import shlex
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from program import Failure, Program, Workplace, expect, has_test_hooks, program_path, skip  # noqa: E402
from scripted import Case  # noqa: E402

CASES = Path(__file__).resolve().parent / "streams"
STREAMS_ONLY = ("late", "frames")  # a table has no late rows, and no frames
MOST_RESTARTS = 200
SIGKILLED = -9
NODE = re.compile(r"^(  \w+: )\{(.*)\}  # ([\w, ]+)$", re.MULTILINE)


@dataclass
class Way:
    threads: int = 1
    parallel: bool = False
    batch_bytes: int = 0         # of one poll; 0: as always
    checkpoint_after: int = 0    # batches of a source; 0: as always
    restart_after: int = 0       # commits of a process, 2 or more, for the last one is of no rows; 0: never
    files: bool = False          # over whole files, as a batch pipeline
    lowered: bool = False
    others: list = field(default_factory=list)  # ways that take turns with this one from restart to restart

    def env(self):
        named = {"THALWEG_BATCH_BYTES": self.batch_bytes, "THALWEG_CHECKPOINT_ELEMENTS": self.checkpoint_after}
        env = {name: str(value) for name, value in named.items() if value}
        if self.restart_after:
            env["THALWEG_KILL_AT"] = f"commit.after:{self.restart_after}"
        return env

    def pipeline(self, text):
        if self.files or self.lowered:
            text = re.sub(r"\{tail: (.*?), end_at_eof: true", r"{files: \1", text)
            text = re.sub(r"source: \{replay: (\w+)\}", r'sql: "SELECT * FROM \1"', text)
        for word, key, wanted in (("parallel", "parallel: 2", self.parallel), ("lowered", "engine: duckdb", self.lowered)):
            if wanted:
                text, count = re.subn(NODE, lambda m, word=word, key=key: (
                    f"{m[1]}{{{key}, {m[2]}}}  # {m[3]}" if word in m[3] else m[0]), text)
                expect(count, f"no node can be {word}")
        return text


WAYS = {
    "one-thread": Way(threads=1),
    "two-threads": Way(threads=2),
    "rows": Way(batch_bytes=1),
    "rows-two-threads": Way(threads=2, batch_bytes=1),
    "parallel": Way(threads=2, parallel=True),
    "parallel-rows": Way(threads=2, parallel=True, batch_bytes=1),
    "checkpoints": Way(batch_bytes=150, checkpoint_after=1),
    "checkpoints-of-rows": Way(threads=2, batch_bytes=1, checkpoint_after=1, parallel=True),
    "restarts": Way(batch_bytes=150, checkpoint_after=1, restart_after=2),
    "restarts-parallel": Way(threads=2, parallel=True, batch_bytes=100, checkpoint_after=1, restart_after=3),
    "restarts-rescaled": Way(threads=2, batch_bytes=200, checkpoint_after=1, restart_after=2,
                             others=[Way(parallel=True, batch_bytes=90, checkpoint_after=2, restart_after=1)]),
    "files": Way(files=True, threads=2),
    "lowered": Way(lowered=True),
}


def expected_of(path):
    """The rows of each query in the transcript."""
    sections = re.split(r"^\$ (.*)\n", path.with_suffix(".expected").read_text(), flags=re.MULTILINE)[1:]
    return {step: rows for step, rows in zip(sections[::2], sections[1::2]) if step.startswith("thalweg query")}


def run(path, way, directory):
    """Writes the case and runs it in a way; how often the process was killed."""
    case = Case(path, directory)
    turns = [way, *way.others]
    for turn in range(MOST_RESTARTS):
        now = turns[turn % len(turns)]
        (directory / path.name).write_text(now.pipeline(case.script.pipeline))
        thalweg = Program(directory, options=["--threads", str(now.threads)], env=now.env())
        # A file that was changed is run; else what broke off goes on.
        resumes = turn > 0 and not way.others and turn % 2 == 1
        ended = thalweg.run("resume" if resumes else "run")
        if ended.code == 0:
            return turn
        expect(ended.code == SIGKILLED and now.restart_after, f"exit {ended.code}", ended)
    raise Failure(f"after {MOST_RESTARTS} restarts it has not ended")


def wrong_in(path, name):
    """What differs from the golden, and how often the process was killed."""
    way = WAYS[name]
    with Workplace(f"stream-{path.stem}-{name}") as directory:
        restarts = run(path, way, directory)
        expect(restarts > 0 or not way.restart_after, "it was never killed: nothing is proved")
        wrong = []
        for step, rows in expected_of(path).items():
            ended = Program(directory).run(*shlex.split(step)[1:])
            if ended.out + ended.err != rows:
                wrong.append(f"{step}\n  {difference(rows, ended.out + ended.err)}")
        expect(not wrong, "\n".join(wrong))
    return restarts


def difference(wanted, found):
    wanted, found = wanted.splitlines(), found.splitlines()
    lines = [f"- {line}" for line in wanted if line not in found] + [f"+ {line}" for line in found if line not in wanted]
    return "\n  ".join(lines[:8]) or f"{len(found)} rows, wanted {len(wanted)}: some are there in another number"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--way", choices=WAYS, action="append")
    parser.add_argument("case", nargs="*")
    arguments = parser.parse_args()
    if not has_test_hooks(program_path()):
        skip("the program was built without THALWEG_TEST_HOOKS: its streams are cut in one way only")
    paths = sorted(path for path in CASES.glob("*.yaml") if not arguments.case or path.stem in arguments.case)
    jobs = [(path, name) for path in paths for name in arguments.way or WAYS
            if not (path.stem in STREAMS_ONLY and (WAYS[name].files or WAYS[name].lowered))]

    def one(job):
        try:
            return wrong_in(*job), None
        except Exception as error:
            return 0, str(error) if isinstance(error, Failure) else traceback.format_exc()

    began, failed = time.monotonic(), 0
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(one, jobs))
    for (path, name), (_, wrong) in zip(jobs, results):
        if wrong:
            failed += 1
            print(f"FAIL {path.stem} {name}: {wrong}\n     again: tests/pipelines/run_streams.py --way {name} {path.stem}\n")
    print(f"{len(jobs) - failed} of {len(jobs)} runs of {len(paths)} streams give the same rows; "
          f"{sum(result[0] for result in results)} restarts; {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
