"""A workbook made to cost without bound is not read, within the memory and the time that reading one has."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from campaigns.importing import Choices, ImportProblem
from campaigns.importing import workbooks as reading
from campaigns.rows.read_as import ReadAs
from campaigns.sheets.process import MOST_MEMORY_BYTES
from tests.campaigns.importing.workbook import MAIN, Sheet, workbook

#: Run by a process that is small itself: a child counts as its own what its parent held as it was made.
MEASURED = """
import json, resource, sys
sys.path.append({project!r})
import subprocess
code = subprocess.run([sys.executable, "-I", "-c", {program!r}, {project!r}, *sys.argv[1:]], stderr=subprocess.DEVNULL)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print()
print(json.dumps([usage.ru_maxrss, code.returncode]))
"""
CORNERS = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
DEEP = "<a>" * 500_000
DEFINED = '<!DOCTYPE a [<!ENTITY b "xxxxxxxxxx"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
LISTED = f'<workbook xmlns="{MAIN}"><sheets>{"<sheet/>" * 100_000}</sheets></workbook>'


def shared() -> str:
    """Return one shared string of 100 MB."""
    return f'<sst xmlns="{MAIN}"><si><t>{"x" * 100_000_000}</t></si></sst>'


def measured(content: bytes, folder: Path) -> tuple[list[str], int]:
    """Return what the reading process says of a workbook, and the most memory that it held, in KB."""
    path = folder / "a.xlsx"
    path.write_bytes(content)
    script = MEASURED.format(project=reading.PROJECT, program=reading.PROGRAM)
    run = subprocess.run([sys.executable, "-c", script, str(path), ""], capture_output=True, text=True, check=True)
    *lines, last = run.stdout.strip().splitlines()
    return [line for line in lines if line], json.loads(last)[0]


@pytest.mark.parametrize(
    ("made", "most_mb"),
    [
        (lambda: workbook(Sheet(xml=CORNERS)), 100),
        (lambda: workbook(Sheet(xml="<row>" + "<c/>" * 200_000 + "</row>")), 100),
        (
            lambda: workbook(
                Sheet(xml='<row r="1"><c t="s"><v>0</v></c></row>'), parts={"xl/sharedStrings.xml": shared()}
            ),
            1100,
        ),
        (lambda: workbook(Sheet(xml=DEEP)), 300),
        (lambda: workbook(Sheet(), parts={"xl/worksheets/sheet1.xml": DEFINED + Sheet().as_xml()}), 100),
        (lambda: workbook(Sheet(), parts={"xl/workbook.xml": LISTED}), 100),
        (lambda: workbook(Sheet(xml=f'<row r="{"9" * 5000}"><c r="A1"><v>1</v></c></row>')), 100),
        (lambda: workbook(Sheet(xml="x" * 301 * 1024 * 1024)), 100),
    ],
    ids=["corners", "empty cells", "shared strings", "deep", "entities", "sheets", "row", "unpacked"],
)
def test_no_shape_of_a_workbook_costs_more_than_its_bound(
    made: Callable[[], bytes], most_mb: int, tmp_path: Path
) -> None:
    said, peak_kb = measured(made(), tmp_path)
    assert peak_kb < most_mb * 1024
    assert peak_kb * 1024 < MOST_MEMORY_BYTES * 1.1
    assert [line for line in said if line.startswith("[") and "TOO_LONG" not in line] == []


def test_what_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_SECONDS", 0.0)
    with pytest.raises(ImportProblem, match="memory or time"):
        list(reading.workbook_rows([workbook(Sheet(rows=[["phone"]] * 5))], choices=Choices(), read_as=ReadAs()))


def test_a_table_of_many_rows_is_read_whole_within_the_bound(tmp_path: Path) -> None:
    said, peak_kb = measured(
        workbook(Sheet(rows=[["phone", "due"], *([9876500000 + n, n] for n in range(40_000))])), tmp_path
    )
    assert len(said) == 40_003
    assert peak_kb < 200 * 1024
