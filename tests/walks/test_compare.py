"""Each cell of the comparison says where it comes from, and what it names of ours is there."""

from __future__ import annotations

import re

from tests.sources import PROJECT

PAGE = (PROJECT / "docs/compare.md").read_text()
TABLE = PAGE.partition("## Point by point")[2].partition("## ")[0]
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")] for line in TABLE.splitlines() if line.startswith("| ")
][1:]
#: Where a cell on another system may come from; "thread" is followed by repository and number.
SOURCE = re.compile(r"\((?:doc|code|3p|bg|measured|thread \w+#\d+)\)|thread \w+#\d+")
NOTHING = ("not found", "does not apply", "hosted: not to be tried")


def test_every_cell_on_another_system_has_its_source() -> None:
    assert len(ROWS) > 15
    assert {len(row) for row in ROWS} == {6}
    unsourced = [(row[0], cell) for row in ROWS for cell in row[2:] if cell not in NOTHING and not SOURCE.search(cell)]
    assert unsourced == []


def test_every_cell_on_dialer_names_a_test_a_command_or_a_page_that_is_there() -> None:
    targets = re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.M)
    for row in ROWS:
        proofs = re.findall(r"`(tests/[^`]+|make [^`]+)`|\]\(([\w-]+\.md)", row[1])
        assert proofs, row[0]
        for named, page in proofs:
            if page:
                assert (PROJECT / "docs" / page).exists()
            elif named.startswith("make"):
                assert named.split()[1] in targets
            else:
                assert (PROJECT / named).exists(), named
