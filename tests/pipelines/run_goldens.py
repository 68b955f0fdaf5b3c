#!/usr/bin/env python3
"""run_goldens.py [--accept] [--threads N] [--memory SIZE] [KIND[/CASE]...]

Runs golden pipelines: tests/pipelines/KIND/CASE.yaml (a script and small files stand in the comments above the pipeline)
against CASE.expected, the transcript. --accept writes the transcripts: read the diff before you commit it.
"""
import argparse
import difflib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from program import Failure, Workplace  # noqa: E402
from scripted import Case  # noqa: E402

HERE = Path(__file__).resolve().parent


def wrong_in(path, options, accept):
    """What differs; empty when all is well."""
    expected_path = path.with_suffix(".expected")
    with Workplace("golden") as directory:
        transcript = Case(path, directory, options).run()
    if accept:
        expected_path.write_text(transcript)
    expected = expected_path.read_text() if expected_path.exists() else ""
    return "\n".join(difflib.unified_diff(expected.splitlines(), transcript.splitlines(), expected_path.name,
                                          "what came", lineterm=""))


def chosen_cases(words):
    cases = sorted(HERE.glob("*/*.yaml"))
    stale = {path.with_suffix(".yaml") for path in HERE.glob("*/*.expected")} - set(cases)
    if stale:
        sys.exit(f"expected without a case: {sorted(path.name for path in stale)}")
    chosen = []
    for word in words:
        matching = [case for case in cases if word.rstrip("/") in (case.parent.name, f"{case.parent.name}/{case.stem}")]
        if not matching:
            sys.exit(f"there is no golden {word}")
        chosen += matching
    return chosen or cases


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accept", action="store_true")
    parser.add_argument("--threads")
    parser.add_argument("--memory")
    parser.add_argument("case", nargs="*")
    arguments = parser.parse_args()
    options = [word for name in ("threads", "memory") if getattr(arguments, name)
               for word in (f"--{name}", getattr(arguments, name))]
    cases, failed = chosen_cases(arguments.case), []
    for path in cases:
        name = f"{path.parent.name}/{path.stem}"
        try:
            wrong = wrong_in(path, options, arguments.accept)
        except Failure as failure:
            wrong = str(failure)
        if wrong:
            failed.append(name)
            print(f"FAIL {name}\n{wrong}\n", flush=True)
    print(f"{len(cases) - len(failed)} of {len(cases)} goldens are as expected")
    if failed:
        print(f"one alone: tests/pipelines/run_goldens.py {' '.join([*options, failed[0]])}; --accept writes what came")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
