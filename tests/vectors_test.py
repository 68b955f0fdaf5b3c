#!/usr/bin/env python3
"""Every vector and every regression that operators and readers must reproduce has a test that carries its name:
TEST(Aggregate, A1), TEST(Join, B14IntervalsReachAcrossBatches), TEST(Derivative, B2B8NullsAreNoPoints)."""
import re

from program import ROOT, expect_equal, run_tests

VECTORS = ("F1 F2 GR1 GR2 D1 D2 J1 J2 A1 A2 A3 A4 A5 W1 W2 W3 W4 W5 W7 DW1 DW2 DW4 T1 T2 T3 T4 T5 T6 "
           "DE1 DE2 DE4 DE5 TU1").split()
REGRESSIONS = [f"B{i}" for i in (*range(1, 9), *range(13, 18))]
TEST = re.compile(r"\bTEST(?:_F|_P)?\(\s*\w+,\s*((?:[A-Z]{1,2}\d+)+)\w*\s*\)")
IDS = re.compile(r"[A-Z]{1,2}\d+")


def tested():
    ids = set()
    for path in (ROOT / "src").rglob("*_test.cc"):
        for match in TEST.finditer(path.read_text()):
            ids.update(IDS.findall(match.group(1)))
    return ids


def test_every_vector_has_a_test(_):
    expect_equal([vector for vector in VECTORS if vector not in tested()], [], "vectors without a test")


def test_every_regression_has_a_test(_):
    expect_equal([bug for bug in REGRESSIONS if bug not in tested()], [], "regressions without a test")


if __name__ == "__main__":
    raise SystemExit(run_tests([test_every_vector_has_a_test, test_every_regression_has_a_test], "vectors"))
