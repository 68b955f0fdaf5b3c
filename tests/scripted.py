"""A test case in one file: a pipeline, and above it, in comments, small files and the steps of a script.

    # What the case shows.
    # file: in/a.csv            the lines below with a bar are written to it; NAME.gz is compressed, a \\r at the end of
    # | id,name                 a line is a carriage return
    # | 1,Ada
    # $ thalweg run             a step; README.md lists them
    thalweg: 1
    ...

The pipeline is written to the case's directory under the name of the case, without these comments.
"""
import bz2
import gzip
import json
import os
import random
import re
import shlex
import shutil
import time
from datetime import datetime, timezone
from pathlib import Path

from program import BUG, Failure, Program, expect, without_measures, without_the_changing

FILES = Path(__file__).resolve().parent / "files"
# Their results are shown from their JSON documents: progress lines carry times and come in any order.
RUNS = ("run", "resume")
# Their columns are as wide as their widest duration or size.
LISTS = ("ls", "runs", "show")


class Script:
    """The comments above a pipeline: files to write, then steps."""

    def __init__(self, path):
        self.steps, self.files = [], []
        lines = path.read_bytes().decode(errors="surrogateescape").splitlines(keepends=True)
        at, bars = 0, None
        while at < len(lines) and lines[at].startswith("#"):
            text = lines[at][1:].rstrip("\n").removeprefix(" ")
            at += 1
            if text.startswith("| ") or text == "|":
                if bars is None:
                    raise Failure(f"{path}: a line of a file, but no file: {text}")
                bars.append(text[2:])
            elif text.startswith("file: "):
                bars = []
                self.files.append((text.removeprefix("file: ").strip(), bars))
            elif text.startswith("$ "):
                bars = []
                self.steps.append((text[2:], bars))
            elif text.strip() and (self.steps or self.files):
                raise Failure(f"{path}: cannot read the line: # {text}")
        self.pipeline = "".join(lines[at:])
        if not self.steps:
            raise Failure(f"{path}: no step: write `# $ thalweg run`")


class Case:
    def __init__(self, path, directory, options=()):
        self.script, self.directory = Script(path), directory
        self.thalweg = Program(directory, options=list(options))
        self.variables, self.transcript = {}, []
        if self.script.pipeline.strip():
            (directory / path.name).write_bytes(self.script.pipeline.encode(errors="surrogateescape"))
        for name, lines in self.script.files:
            self.write(name, lines)

    def run(self):
        """Runs all steps; the transcript."""
        for text, lines in self.script.steps:
            self.step(text, lines)
        return "".join(self.transcript)

    def step(self, text, lines):
        self.transcript.append(f"$ {text}\n")
        words = shlex.split(text)
        method = getattr(self, "step_" + words[0].replace("-", "_"), None)
        if method is None:
            raise Failure(f"there is no step `{words[0]}`")
        words = [self.with_variables(word) for word in words]
        if words[0] == "write":
            self.write(words[1], lines)
        else:
            try:
                method(*words[1:])
            except OSError as error:
                raise Failure(f"step `{text}`: {error}\n{''.join(self.transcript)}") from None

    def with_variables(self, word):
        return re.sub(r"@(\w+)@", lambda m: self.variables[m[1]], word)

    def at(self, name):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, name, lines):
        data = "".join(line + "\n" for line in lines).replace("\\r\n", "\r\n").encode(errors="surrogateescape")
        if name.endswith(".gz"):
            data = gzip.compress(data, mtime=0)
        elif name.endswith(".bz2"):
            data = bz2.compress(data)
        self.at(name).write_bytes(data)

    def say(self, text):
        if text:
            self.transcript.append(text if text.endswith("\n") else text + "\n")

    # The program.

    def step_thalweg(self, *words):
        as_document = words[0] in RUNS or (words[0] == "approve" and "--resume" in words)
        if as_document and "-o" not in words:
            words = (*words, "-o", "json")
        ended = self.thalweg.run(*words)
        expect(ended.code >= 0 and ended.code != BUG, "the program broke", ended)
        if as_document:
            self.say(self.run_text(ended))
        else:
            self.say(self.shown(words[0], ended.out))
            self.say(self.stable(ended.err))
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
            lines += ["    " + line for line in node.get("error", "").splitlines()]
        for gate in document["gates"]:
            lines += self.gate_lines(gate)
        return self.stable("\n".join(lines) + "\n" + ended.err)

    def shown(self, command, text):
        if command == "query":  # data: nothing in it is taken for an instant or an id
            return text.replace(str(self.directory), "<dir>")
        text = self.stable(text)
        return re.sub(r"(?<=\S) {2,}", "  ", text) if command in LISTS else text

    def stable(self, text):
        return without_measures(without_the_changing(text, self.directory))

    @staticmethod
    def gate_lines(gate):
        yield f"  gate {gate['gate']}: {gate['question']}"
        if gate.get("approved_rows") is not None:
            yield (f"    last approved: version {gate['approved_version']} of {gate['approved_table']}, "
                   f"{gate['approved_rows']} rows, by {gate['approved_by']}; now {gate['rows']} rows")
        for change in gate.get("schema_changes", []):
            yield f"    column change: {change}"
        for check in gate.get("failed_checks", []):
            yield f"    warning: {check}"
        for query in gate.get("queries", []):
            yield f"    {query['sql']}"
            if query.get("error"):
                yield f"      failed: {query['error']}"
                continue
            yield "      " + ", ".join(query["columns"])
            for row in query["rows"]:
                yield "      " + ", ".join("NULL" if cell is None else cell for cell in row)

    def errors_text(self, ended):
        try:
            errors = json.loads(ended.err)["errors"]
        except (ValueError, KeyError):
            return "not a JSON document:\n" + ended.err
        lines = []
        for error in errors:
            place = ":".join(str(error[key]) for key in ("file", "line", "column") if key in error)
            lines.append(f"{error['severity']}[{error['slug']}] {place + ': ' if place else ''}{error['message']}")
            lines += [f"  {key}: {error[key]}" for key in ("label", "help") if key in error]
        return self.stable("\n".join(lines) + "\n")

    # Files.

    def step_write(self):
        raise AssertionError("handled by step()")

    def step_edit(self, name, old, new):
        """Replaces a text that must be there."""
        path = self.directory / name
        text = path.read_bytes().decode()
        old, new = (word.replace("\\n", "\n") for word in (old, new))
        if old not in text:
            raise Failure(f"edit: {name} does not hold {old!r}")
        path.write_bytes(text.replace(old, new).encode())

    def step_edit_keeping_time(self, name, old, new):
        """Other bytes, the same size and time: what only --verify finds."""
        path = self.directory / name
        before = path.stat()
        self.step_edit(name, old, new)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        if path.stat().st_size != before.st_size:
            raise Failure("edit-keeping-time: the size changed")

    def step_touch(self, name):
        """Another time, the same bytes."""
        path = self.directory / name
        stat = path.stat()
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000_000))

    def step_append(self, name, *lines):
        with open(self.directory / name, "a") as file:
            file.writelines(line + "\n" for line in lines)

    def step_remove(self, *names):
        for name in names:
            path = self.directory / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def step_copy(self, name, to=None):
        """A file of tests/files, or of the directory."""
        source = FILES / name if (FILES / name).exists() else self.directory / name
        shutil.copyfile(source, self.at(to or name))

    def step_folder(self, name):
        (self.directory / name).mkdir(parents=True)

    def step_cut(self, name, size):
        """Keeps so many bytes."""
        os.truncate(self.directory / name, int(size))

    def step_noise(self, name, size):
        """Random bytes, the same every time."""
        self.at(name).write_bytes(random.Random(7).randbytes(int(size)))

    def step_generate(self, name, count, template):
        """Appends COUNT lines; {i} stands for the number from 0."""
        with open(self.at(name), "a") as file:
            file.writelines(template.replace("{i}", str(i)) + "\n" for i in range(int(count)))

    # Looks.

    def step_cat(self, name):
        path = self.directory / name
        if not path.is_file():
            self.say("no such file")
            return
        data = path.read_bytes()
        self.say((gzip.decompress(data) if name.endswith(".gz") else data).decode().replace("\r", "\\r"))

    def step_ends(self, name):
        """The first and last four bytes, which name many formats."""
        path = self.directory / name
        data = path.read_bytes() if path.is_file() else None
        self.say("no such file" if data is None else f"{data[:4]!r} {data[-4:]!r}")

    def step_list(self, name="."):
        path = self.directory / name
        self.say("\n".join(sorted(entry.name for entry in path.iterdir() if not entry.name.startswith(".")))
                 if path.is_dir() else "no such directory")

    def step_now(self, variable):
        """Remembers this instant as @VARIABLE@, later than all that happened and earlier than all that will."""
        time.sleep(0.002)
        self.variables[variable] = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        time.sleep(0.002)
