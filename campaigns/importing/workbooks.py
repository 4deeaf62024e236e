"""Rows of an Excel workbook (.xlsx), which is never unpacked here: a process of its own reads it, within limits."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import orjson

from campaigns.importing.reading import Choices
from campaigns.rows.delimited import Fault, Record
from campaigns.rows.problems import ImportProblem
from campaigns.rows.read_as import ReadAs

#: A workbook is unpacked in memory: larger tables belong into CSV.
MOST_BYTES = 30 * 1024 * 1024
#: Waited for, at most; the process is killed then.
MOST_SECONDS = 120
PROJECT = str(Path(__file__).parents[2])
PROGRAM = "import sys; sys.path.append(sys.argv.pop(1)); from campaigns.sheets.process import main; main()"
_COSTS_TOO_MUCH = (
    "Reading this workbook takes more memory or time than a table of contacts: save its sheet as CSV and upload that."
)


def is_workbook(start: bytes) -> bool:
    """Return whether a file that starts so is a zip archive, as .xlsx is."""
    return start.startswith(b"PK\x03\x04")


def workbook_rows(pieces: Iterable[bytes], *, choices: Choices, read_as: ReadAs) -> Iterator[Record]:
    """Give each row of the sheet that was chosen, else of the first one that is shown and holds a table.

    Hidden rows and columns are left out and counted. Raises ImportProblem when it is no workbook, or costs too much.
    """
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file, tempfile.TemporaryFile() as told:
        size_bytes = 0
        for piece in pieces:
            size_bytes += len(piece)
            if size_bytes > MOST_BYTES:
                raise ImportProblem("The workbook is larger than 30 MB: save it as CSV and upload that.")
            file.write(piece)
        file.flush()
        _run(file.name, told, sheet=choices.sheet)
        told.seek(0)
        yield from _records(told, read_as)


def _run(path: str, told: IO[bytes], *, sheet: str) -> None:
    """Read the workbook into ``told``. Whether it was read to its end is seen there."""
    command = [sys.executable, "-I", "-c", PROGRAM, PROJECT, path, sheet.replace("\0", "")]
    try:
        subprocess.run(  # noqa: S603 (our own program)
            command,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ImportProblem(_COSTS_TOO_MUCH) from error


def _records(told: IO[bytes], read_as: ReadAs) -> Iterator[Record]:
    for line in told:
        # A line without its end was not written to its end.
        found = orjson.loads(line) if line.endswith(b"\n") else None
        if isinstance(found, list):
            number, cells, *fault = found
            yield number, cells, Fault(*fault[0]) if fault else None
            continue
        if found is None:
            break
        if "problem" in found:
            raise ImportProblem(found["problem"])
        for name, value in found.get("end", found).items():
            setattr(read_as, name, value)
        if "end" in found:
            return
    raise ImportProblem(_COSTS_TOO_MUCH)
