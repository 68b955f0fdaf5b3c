#!/usr/bin/env python3
"""docs/reference is what `thalweg schema --reference DIR` writes."""
import difflib
import sys

from program import ROOT, Program, expect, run_tests, skip

PAGES = ROOT / "docs" / "reference"


def pages_of(directory):
    return {path.relative_to(directory).as_posix(): path.read_text()
            for path in directory.rglob("*") if path.is_file()}


def test_pages(directory):
    Program(directory).good("schema", "--reference", str(directory / "written"))
    written, committed = pages_of(directory / "written"), pages_of(PAGES)
    expect(written, "nothing was written")
    diff = []
    for name in sorted(written.keys() | committed.keys()):
        diff += difflib.unified_diff(committed.get(name, "").splitlines(), written.get(name, "").splitlines(),
                                     f"docs/reference/{name}", f"as the program writes {name}", lineterm="")
    expect(not diff, "docs/reference is not what the program says; to write it anew: "
                     "build/thalweg schema --reference docs/reference\n" + "\n".join(diff[:200]))
    return f"{len(written)} pages"


if __name__ == "__main__":
    if not PAGES.is_dir():
        skip("docs/reference does not exist yet: build/thalweg schema --reference docs/reference")
    sys.exit(run_tests([test_pages], "reference"))
