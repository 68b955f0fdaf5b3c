"""What the crash tests do with directories and homes."""
import shutil
import sqlite3
import subprocess

DONE, FAILED, NOT_FOUND, WAITING = 0, 1, 5, 6
SIGKILLED = -9
# What a reader may be told while there is no home yet, or no such table.
NOTHING_YET = ("no-home", "unknown-table", "no-version")


def copy(source, target):
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)


def catalog_of(directory):
    class Open:
        def __enter__(self):
            self.connection = sqlite3.connect(directory / ".thalweg" / "catalog.db", timeout=30)
            return self.connection

        def __exit__(self, *_):
            self.connection.close()
    return Open()


def unsettled(catalog):
    """What a crash left in the middle and nobody has settled."""
    wrong = []
    for what, state in (("attempts", "running"), ("receipts", "prepared"), ("runs", "queued"), ("runs", "running")):
        count, = catalog.execute(f"SELECT count(*) FROM {what} WHERE state = '{state}'").fetchone()
        if count:
            wrong.append(f"{count} {what} are still {state}")
    return wrong


def settle_queued(thalweg, directory, arguments):
    """A run that was killed before it began is left alone for a while, for it may be about to begin: let that
    while be over."""
    with catalog_of(directory) as catalog:
        aged = catalog.execute("UPDATE runs SET started = started - 3600 * 1000000 WHERE state = 'queued'").rowcount
        catalog.commit()
    if aged:
        thalweg.good("run", *arguments)


def complaints(thalweg):
    """Of doctor, but for what depends on the machine."""
    doctor = thalweg.good("doctor", "-o", "json")
    return [f"doctor is not content: {finding}" for finding in doctor.json()["findings"]
            if finding["health"] != "ok" and finding["what"] not in ("memory", "disk")]


def unnamed(catalog, home, roots, named):
    """Files below `roots` of a home that the catalog does not name, files that it names and that are gone, and empty
    directories of attempts."""
    stored = {path.relative_to(home).as_posix()
              for root in roots for path in (home / root).rglob("*") if path.is_file()}
    wrong = [f"nothing names {path}" for path in sorted(stored - named)]
    wrong += [f"{path} is gone" for path in sorted(named - stored)]
    wrong += [f"an empty directory: {path.relative_to(home)}" for root in roots
              for path in sorted((home / root).glob("*/*")) if not any(path.iterdir())]
    return wrong
