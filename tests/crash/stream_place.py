"""The crash test of a stream: a run of several epochs is disturbed, and nobody may notice.

After each disturbance `resume` or `run`, also with rows cut in other places, leads to the rows of an undisturbed run, in
tables and files, each once. All the while a reader looks. What it sees comes of whole epochs: rows are only those of the
undisturbed run, none twice and none taken back; a table that others are made from is never behind them.
"""
import json
from collections import Counter

from homes import (DONE, FAILED, NOT_FOUND, NOTHING_YET, SIGKILLED, catalog_of, complaints, copy, settle_queued, unnamed,
                   unsettled)
from program import Failure, Program, expect
from watchers import Watchers

CUT = {"THALWEG_CHECKPOINT_ELEMENTS": "1", "THALWEG_BATCH_BYTES": "8192"}
CUT_OTHERWISE = {"THALWEG_CHECKPOINT_ELEMENTS": "2", "THALWEG_BATCH_BYTES": "5000"}
LONG_AGO = 1000  # of versions: gc keeps them all
# Everything in one statement, for one statement sees one state of the home.
LOOK = " UNION ALL ".join(
    f"SELECT '{table}' AS name, {key} AS k, CAST({at} AS VARCHAR) AS at, {newest} AS newest, CAST(x AS VARCHAR) AS text FROM {table} AS x"
    for table, key, at, newest in (("counts", "ad", "window_start", "newest"), ("latest", "ad", "window_start", "newest"),
                                   ("matched", "ad", "ts", "view"))
) + " UNION ALL SELECT 'seen', count(*), CAST(count(DISTINCT view) AS VARCHAR), max(view), '' FROM seen"


class StreamPlace:
    """One worker's directory, as Place of crash_test.py."""

    def __init__(self, scenario, root):
        self.scenario, self.root = scenario, root
        self.here = root / "here"
        self.thalweg = Program(self.here, options=["--threads", "2"], env=CUT)
        self.operations = {}
        self.prepare()

    def state(self, name):
        return self.root / f"state-{name}"

    def prepare(self):
        self.here.mkdir()
        self.scenario.write(self.here, 1)
        copy(self.here, self.state("first"))
        self.thalweg.good("run")
        self.tables, self.files = Tables(self.thalweg.query(LOOK)), self.rows_of_files()
        expect(self.epochs() >= 5, f"only {self.epochs()} epochs: nothing is proved")
        copy(self.state("first"), self.here)
        self.thalweg.good("run", code=SIGKILLED, env={"THALWEG_KILL_AT": "commit.after:4"})
        copy(self.here, self.state("again"))
        for phase in self.scenario.phases:
            copy(self.state(phase), self.here)
            file = self.root / "count"
            ended = self.command(phase, f"count:{file}")
            expect(ended.code == DONE, "the undisturbed command fails", ended)
            self.operations[phase] = int(file.read_text())

    def epochs(self):
        with catalog_of(self.here) as catalog:
            return catalog.execute("SELECT count(DISTINCT sequence) FROM epochs").fetchone()[0]

    def command(self, phase, fault):
        return self.thalweg.run("run" if phase == "first" else "resume", env={"THALWEG_FAULT": fault})

    def files_of(self, target):
        directory = self.here / target
        if not directory.is_dir():
            return {}
        return {path.name: path.read_text() for path in sorted(directory.iterdir()) if not path.name.startswith((".", "_"))}

    def rows_of_files(self):
        return {target: rows_in(target, self.files_of(target)) for target in self.scenario.targets}

    def disturb(self, phase, fault, number):
        copy(self.state(phase), self.here)
        reader = Reader(self)
        watchers = Watchers(reader.look, shortest_pause=0.02)
        if fault != "powercut":  # it takes readers with it
            watchers.start()
        try:
            ended = self.command(phase, f"{fault.rstrip('+')}:{number}{'+' if fault.endswith('+') else ''}")
            self.check_end(fault, ended)
            if fault == "powercut":
                watchers.start()
            self.finish(number)
        finally:
            watchers.stop()
        watchers.raise_failure()
        settle_queued(self.thalweg, self.here, [])
        self.compare()
        self.check_home()
        return ended, reader.looks

    def check_end(self, fault, ended):
        if fault in ("kill", "powercut"):
            expect(ended.code in (SIGKILLED, DONE), "ended in another way than by SIGKILL", ended)
            return
        expect(ended.code in (DONE, FAILED), "an I/O error must fail the run, with exit code 1", ended)
        expect(ended.code == DONE or len(ended.err.strip()) > 20, "no clear error", ended)
        expect("bug in thalweg" not in ended.err, "an I/O error is called a bug", ended)

    def finish(self, number):
        """Odd numbers: resume; every other two of them with rows cut in other places."""
        env = CUT_OTHERWISE if number % 4 >= 2 else CUT
        words = ["resume"] if number % 2 == 1 else ["run"]
        for _ in range(3):
            ended = self.thalweg.run(*words, env=env)
            if ended.code == DONE:
                return
            expect(ended.code == NOT_FOUND and words == ["resume"], f"recovery by {words} fails", ended)
            words = ["run"]
        raise Failure("recovery comes to no end")

    def compare(self):
        found, files = Tables(self.thalweg.query(LOOK)), self.rows_of_files()
        wrong = self.tables.differences(found)
        for target, rows in files.items():
            wrong += differences(target, self.files[target], rows)
        expect(not wrong, "not what an undisturbed run gives: " + "; ".join(wrong))

    def check_home(self):
        wrong = complaints(self.thalweg)
        self.thalweg.good("gc", "--keep", str(LONG_AGO))
        home = self.here / ".thalweg"
        with catalog_of(self.here) as catalog:
            wrong += unsettled(catalog)
            named = {path for table in ("version_files", "operator_states")
                     for path, in catalog.execute(f"SELECT path FROM {table}")}
            wrong += unnamed(catalog, home, ["tables", "state"], named)
        wrong += [f"not swept: spill/{path.name}" for path in sorted((home / "spill").iterdir())]
        wrong += [f"left beside the files: {path.relative_to(self.here)}" for target in self.scenario.targets
                  for path in sorted((self.here / target).iterdir()) if path.name.startswith(".")]
        wrong += [f"beside the targets: {path.name}" for path in sorted((self.here / "out").iterdir())
                  if f"out/{path.name}" not in self.scenario.targets]
        expect(not wrong, "\n  ".join(["the home is not clean:", *wrong]))


class Tables:
    """What one statement sees."""

    def __init__(self, rows):
        self.rows = {"counts": Counter(), "latest": Counter(), "matched": Counter()}
        self.seen, self.newest, last = 0, -1, {}
        for name, key, at, newest, text in rows:
            if name == "seen":
                expect(key == int(at), f"{key} rows are seen, but {at} views: some twice")
                expect(key == (newest + 1 if key else 0), f"{key} rows are seen, the last is {newest}: some are left out")
                self.seen = key
                continue
            self.rows[name][text] += 1
            self.newest = max(self.newest, newest)
            if name == "counts" and at > last.get(key, ("",))[0]:
                last[key] = (at, text)
        made = Counter(text for _, text in last.values())
        expect(self.rows["latest"] == made, f"latest is not what counts give: {shown(self.rows['latest'] - made)} "
                                            f"in place of {shown(made - self.rows['latest'])}")
        expect(self.newest < self.seen, f"rows are made of view {self.newest}, but only {self.seen} are seen")

    def differences(self, found):
        wrong = [] if self.seen == found.seen else [f"{found.seen} rows seen, wanted {self.seen}"]
        for name, rows in self.rows.items():
            wrong += differences(name, rows, found.rows[name])
        return wrong


def differences(name, wanted, found):
    if wanted == found:
        return []
    return [f"{name}: {sum((found - wanted).values())} rows too many: {shown(found - wanted)}, "
            f"{sum((wanted - found).values())} missing: {shown(wanted - found)}"]


def shown(rows):
    return ", ".join(sorted(rows)[:2]) or "none"


def rows_in(target, files):
    rows = Counter()
    for name, text in files.items():
        expect(text.endswith("\n"), f"{target}/{name} is half: it ends in {text[-40:]!r}")
        rows.update(json.dumps(json.loads(line), sort_keys=True) for line in text.splitlines())
    return rows


class Reader:
    """Looks at files, and then at tables."""

    def __init__(self, place):
        self.place, self.looks = place, 0
        self.tables, self.files = None, {target: {} for target in place.scenario.targets}

    def look(self):
        self.look_at_files()
        self.look_at_tables()

    def look_at_files(self):
        for target, before in self.files.items():
            now = self.place.files_of(target)
            expect(all(now.get(name) == text for name, text in before.items()), f"a file of {target} was changed or is gone")
            self.files[target] = now
            if now != before:
                too_many = rows_in(target, now) - self.place.files[target]
                expect(not too_many, f"{target} shows rows twice, or wrong ones: {shown(too_many)}")

    def look_at_tables(self):
        ended = self.place.thalweg.run("query", "-o", "json", LOOK)
        if self.tables is None and ended.code == NOT_FOUND and any(slug in ended.err for slug in NOTHING_YET):
            return
        expect(ended.code == DONE, "a reader gets an error", ended)
        found, before, all_rows = Tables(ended.rows()), self.tables, self.place.tables
        for name in ("counts", "matched"):
            too_many = found.rows[name] - all_rows.rows[name]
            expect(not too_many, f"a reader sees rows of {name} twice, or wrong ones: {shown(too_many)}")
            gone = before.rows[name] - found.rows[name] if before else None
            expect(not gone, f"a reader sees rows of {name} no more: {shown(gone or [])}")
        expect(before is None or found.seen >= before.seen, "a reader sees fewer rows than before")
        shown_files = sum(len(text.splitlines()) for text in self.files["out/counts"].values())
        expect(sum(found.rows["counts"].values()) >= shown_files, "the files are ahead of the table")
        self.tables = found
        self.looks += 1
