#!/usr/bin/env python3
"""run_goldens.py [--accept] [--threads N] [--memory SIZE] [KIND[/CASE]...]

Runs golden pipelines: tests/pipelines/KIND/CASE.yaml, whose script and small files stand in the comments above the
pipeline, against CASE.expected, the transcript. --accept writes the transcripts. The format is in README.md here.
"""
import argparse
import bz2
import difflib
import gzip
import json
import re
import shlex
import shutil
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from program import Failure, Program, Workplace, without_the_changing  # noqa: E402

HERE = Path(__file__).resolve().parent
FILES = HERE / "files"
# Their results are shown from their JSON documents: progress lines carry times and come in any order.
RUNS = ("run", "resume")
SHOW_DETAIL = re.compile(r"(run|version) \d+")


class Script:
    """The comments above a pipeline: files to write, then steps."""

    def __init__(self, path):
        self.steps, self.files, self.title = [], [], []
        lines = path.read_text().splitlines(keepends=True)
        at = 0
        current = None
        while at < len(lines) and lines[at].startswith("#"):
            text = lines[at][1:].rstrip("\n")
            text = text[1:] if text.startswith(" ") else text
            at += 1
            if text.startswith("| ") or text == "|":
                if current is None:
                    raise Failure(f"{path}: a line of a file without a file: {text}")
                current.append(text[2:])
            elif text.startswith("file: "):
                current = []
                self.files.append((text.removeprefix("file: ").strip(), current))
            elif text.startswith("$ "):
                current = []
                self.steps.append((text[2:], current))
            elif text.strip() and not self.steps and not self.files:
                self.title.append(text)
            elif text.strip():
                raise Failure(f"{path}: cannot read the line: # {text}")
        self.pipeline = "".join(lines[at:]).lstrip("\n")
        if not self.steps:
            raise Failure(f"{path}: no step: write `# $ thalweg run`")


class Case:
    def __init__(self, path, directory, options):
        self.script, self.directory = Script(path), directory
        self.thalweg = Program(directory, options=options)
        self.variables, self.transcript = {}, []
        self.pipeline = directory / path.name
        if self.script.pipeline.strip():
            self.pipeline.write_text(self.script.pipeline)
        for name, lines in self.script.files:
            self.write(name, lines)

    def run(self):
        for text, lines in self.script.steps:
            self.transcript.append(f"$ {text}\n")
            words = shlex.split(text)
            step = getattr(self, "step_" + words[0], None)
            if step is None:
                raise Failure(f"there is no step `{words[0]}`")
            step(*[self.with_variables(word) for word in words[1:]], **({"lines": lines} if words[0] == "write" else {}))
        return "".join(self.transcript)

    def with_variables(self, word):
        return re.sub(r"@(\w+)@", lambda m: self.variables[m[1]], word)

    def write(self, name, lines):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(line + "\n" for line in lines).replace("\\r\n", "\r\n")
        if name.endswith(".gz"):
            path.write_bytes(gzip.compress(text.encode(), mtime=0))
        elif name.endswith(".bz2"):
            path.write_bytes(bz2.compress(text.encode()))
        else:
            path.write_bytes(text.encode())

    def say(self, text):
        if text:
            self.transcript.append(text if text.endswith("\n") else text + "\n")

    # Steps. Each is a line `# $ NAME WORD...`.

    def step_thalweg(self, *words):
        json_form = words[0] in RUNS or (words[0] == "approve" and "--resume" in words)
        if json_form and "-o" not in words:
            words = (*words, "-o", "json")
        ended = self.thalweg.run(*words)
        if json_form:
            self.say(self.run_text(ended))
        elif words[0] == "query":
            self.say(ended.out.replace(str(self.directory), "<dir>"))
            self.say(without_the_changing(ended.err, self.directory))
        else:
            self.say(without_the_changing(ended.out, self.directory))
            self.say(without_the_changing(ended.err, self.directory))
        if ended.code != 0:
            self.say(f"exit {ended.code}")

    def run_text(self, ended):
        if not ended.out:
            return self.errors_text(ended)
        document = ended.json()
        lines = [f"run {document['run']}: {document['state']}"]
        for node in document["nodes"]:
            parts = [f"  {node['node']}: {node['state']}"]
            if "rows" in node:
                parts.append(f"{node['rows']} rows")
            if node.get("rejected"):
                parts.append(f"{node['rejected']} rejected")
            if node.get("detail"):
                parts.append(node["detail"])
            lines.append(", ".join(parts))
            for line in node.get("error", "").splitlines():
                lines.append("    " + line)
        for gate in document["gates"]:
            lines.append(f"  gate {gate['gate']}: {gate['question']}")
            for query in gate.get("queries", []):
                lines.append(f"    {query['sql']}")
                if query.get("error"):
                    lines.append(f"      failed: {query['error']}")
                lines.append("      " + ", ".join(query["columns"]))
                for row in query["rows"]:
                    lines.append("      " + ", ".join("NULL" if cell is None else cell for cell in row))
            for change in gate.get("schema_changes", []):
                lines.append(f"    column change: {change}")
            for check in gate.get("failed_checks", []):
                lines.append(f"    warning: {check}")
            if gate.get("approved_rows") is not None:
                lines.append(f"    last approved: {gate['approved_rows']} rows, now {gate['rows']}")
        text = without_the_changing("\n".join(lines) + "\n", self.directory)
        return text + without_the_changing(ended.err, self.directory)

    def errors_text(self, ended):
        try:
            errors = json.loads(ended.err)["errors"]
        except (ValueError, KeyError):
            return "not JSON:\n" + ended.err
        lines = []
        for error in errors:
            place = ":".join(str(error[key]) for key in ("file", "line", "column") if key in error)
            lines.append(f"{error['severity']}[{error['slug']}] {place + ': ' if place else ''}{error['message']}")
            lines += [f"  {key}: {error[key]}" for key in ("label", "help") if key in error]
        return without_the_changing("\n".join(lines) + "\n", self.directory)

    def step_write(self, name, lines):
        self.write(name, lines)

    def step_edit(self, name, old, new):
        """Replaces a text that must be there."""
        path = self.directory / name
        text = path.read_bytes().decode()
        old, new = (word.replace("\\n", "\n") for word in (old, new))
        if old not in text:
            raise Failure(f"edit: {name} does not hold {old!r}")
        path.write_bytes(text.replace(old, new).encode())

    def step_remove(self, *names):
        for name in names:
            path = self.directory / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def step_copy(self, name, to=None):
        """A file of tests/pipelines/files, or of the directory."""
        path = FILES / name if (FILES / name).exists() else self.directory / name
        target = self.directory / (to or name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)

    def step_generate(self, name, count, template):
        """COUNT lines, {i} stands for the number from 0."""
        (self.directory / name).write_text("".join(template.replace("{i}", str(i)) + "\n" for i in range(int(count))))

    def step_append(self, name, line):
        with open(self.directory / name, "a") as file:
            file.write(line + "\n")

    def step_touch(self, name):
        """Another time, the same bytes."""
        path = self.directory / name
        stat = path.stat()
        import os
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000_000))

    def step_overwrite_keeping_time(self, name, old, new):
        """Other bytes, the same size and time: what only --verify finds."""
        import os
        path = self.directory / name
        stat = path.stat()
        self.step_edit(name, old, new)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        if path.stat().st_size != stat.st_size:
            raise Failure("the size changed")

    def step_cat(self, name):
        self.say((self.directory / name).read_bytes().decode().replace("\r", "\\r"))

    def step_zcat(self, name):
        self.say(gzip.decompress((self.directory / name).read_bytes()).decode())

    def step_magic(self, name):
        """How many bytes at the ends of a file say what it is: PAR1 for Parquet."""
        data = (self.directory / name).read_bytes()
        self.say(f"{data[:4]!r} ... {data[-4:]!r}")

    def step_list(self, directory):
        path = self.directory / directory
        self.say("\n".join(sorted(entry.name for entry in path.iterdir() if not entry.name.startswith(".")))
                 if path.is_dir() else "there is no such directory")

    def step_now(self, variable):
        """Remembers this instant as @VARIABLE@, later than all that happened and earlier than all that will."""
        time.sleep(0.002)
        self.variables[variable] = datetime.now(timezone.utc).isoformat(timespec="microseconds")
        time.sleep(0.002)


def run_case(path, options, accept):
    """None, or what is wrong."""
    expected_path = path.with_suffix(".expected")
    with Workplace("golden") as directory:
        transcript = Case(path, directory, options).run()
    if accept:
        expected_path.write_text(transcript)
        return None
    expected = expected_path.read_text() if expected_path.exists() else ""
    if transcript == expected:
        return None
    return "\n".join(difflib.unified_diff(expected.splitlines(), transcript.splitlines(),
                                          expected_path.name, "what came", lineterm=""))


def chosen_cases(words):
    cases = sorted(HERE.glob("*/*.yaml"))
    if not words:
        return cases
    chosen = []
    for word in words:
        matching = [case for case in cases
                    if word.rstrip("/") in (case.parent.name, f"{case.parent.name}/{case.stem}")]
        if not matching:
            sys.exit(f"there is no golden {word}")
        chosen += matching
    return chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1])
    parser.add_argument("--accept", action="store_true", help="write the transcripts")
    parser.add_argument("--threads")
    parser.add_argument("--memory")
    parser.add_argument("case", nargs="*")
    arguments = parser.parse_args()
    options = [word for name in ("threads", "memory") if getattr(arguments, name)
               for word in (f"--{name}", getattr(arguments, name))]
    failed = []
    cases = chosen_cases(arguments.case)
    for path in cases:
        name = f"{path.parent.name}/{path.stem}"
        try:
            wrong = run_case(path, options, arguments.accept)
        except Failure as failure:
            wrong = str(failure)
        if wrong:
            failed.append(name)
            print(f"FAIL {name}\n{wrong}\n", flush=True)
    print(f"{len(cases) - len(failed)} of {len(cases)} goldens are as expected")
    if failed:
        print(f"one alone: tests/pipelines/run_goldens.py {' '.join(options)} {failed[0]}; --accept writes what came")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
