#!/usr/bin/env python3
"""docs/architecture.md, the tree and tools/check_layers agree on the rooms and their order."""
import re
import runpy

from program import ROOT, expect, expect_equal, run_tests

TABLE_ROW = re.compile(r"^\| `(\w+)/` \|(?:.*)\|(.*)\|$", re.MULTILINE)


def documented_rooms():
    return [match.group(1) for match in TABLE_ROW.finditer((ROOT / "docs" / "architecture.md").read_text())]


def checked_rooms():
    return runpy.run_path(str(ROOT / "tools" / "check_layers"), run_name="check_layers")["ROOMS"]


def built_rooms():
    text = (ROOT / "CMakeLists.txt").read_text()
    return re.search(r"set\(THALWEG_ROOMS ([^)]*)\)", text).group(1).split()


def test_rooms(_):
    rooms = documented_rooms()
    expect(len(rooms) > 5, f"the table of rooms was not found: {rooms}")
    folders = [path.name for path in (ROOT / "src").iterdir() if path.is_dir()]
    expect_equal(sorted(rooms), sorted(folders), "rooms of the page, and folders of src/")
    order = [room for room in checked_rooms() if room in rooms]
    expect_equal(rooms, order, "order of the page, and of tools/check_layers")
    expect_equal(rooms, built_rooms(), "order of the page, and of CMakeLists.txt")


def test_each_room_says_what_it_is(_):
    missing = [room for room in documented_rooms()
               if any((ROOT / "src" / room).rglob("*.cc")) and not (ROOT / "src" / room / "README.md").exists()]
    expect_equal(missing, [], "rooms without a README.md")


def test_links(_):
    """Every relative link of the documentation leads to something."""
    dead = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.md"),
                 *(ROOT / "tests").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                dead.append(f"{page.relative_to(ROOT)}: {target}")
    expect_equal(dead, [], "links that lead nowhere")


if __name__ == "__main__":
    raise SystemExit(run_tests([test_rooms, test_each_room_says_what_it_is, test_links], "architecture"))
