"""The parts of an .xlsx file, which is a zip archive of XML: which sheets there are, and which of them people see."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from xml.parsers import expat

MOST_UNPACKED_BYTES = 300 * 1024 * 1024
MOST_SHEETS = 1_000
TOO_LARGE = "save the sheet as CSV and upload that."
_PIECE_BYTES = 256 * 1024


class Problem(Exception):
    """Why the workbook is not read, as a sentence."""


@dataclass
class Sheet:
    """A sheet as the workbook lists it: where its XML is, and whether people see it."""

    name: str
    path: PurePosixPath
    is_shown: bool
    is_table: bool


def refuse_other_formats(archive: zipfile.ZipFile) -> None:
    names = {entry.filename for entry in archive.infolist()}
    if "_rels/.rels" not in names or "xl/workbook.bin" in names:
        kind = "a binary workbook (.xlsb)" if "xl/workbook.bin" in names else "no Excel workbook (.xlsx)"
        kind = "an OpenDocument sheet (.ods)" if "content.xml" in names else kind
        raise Problem(f"This is {kind}: save it as .xlsx or CSV and upload that.")
    if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED_BYTES:
        raise Problem(f"The workbook is too large when unpacked: {TOO_LARGE}")


def candidates(sheets: list[Sheet], wanted: str) -> list[Sheet]:
    """Return the sheet that was asked for, or all that people see. Raises Problem where there is none."""
    if not wanted:
        found = [sheet for sheet in sheets if sheet.is_shown and sheet.is_table]
        if not found:
            raise Problem("All sheets of the workbook are hidden: show the one to read, or say which one (sheet).")
        return found
    found = [sheet for sheet in sheets if sheet.name.strip().casefold() == wanted.strip().casefold() and sheet.is_table]
    if not found and wanted.isdecimal() and 0 < int(wanted) <= len(sheets):
        found = [sheets[int(wanted) - 1]]
    if not found or not found[0].is_table:
        names = ", ".join(repr(sheet.name[:40]) for sheet in sheets[:20] if sheet.is_table)
        raise Problem(f"The workbook has no sheet {wanted[:40]!r}. Its sheets are: {names}.")
    return found


def sheets_of(archive: zipfile.ZipFile) -> list[Sheet]:
    """Return the sheets in their order."""
    root = _related(archive, PurePosixPath("/"))
    main = next((target for kind, target in root.values() if kind.endswith("/officeDocument")), None)
    if main is None:
        raise zipfile.BadZipFile
    listed: list[dict[str, str]] = []

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            listed.append(attributes)
        if len(listed) > MOST_SHEETS:
            raise Problem(f"The workbook has more than {MOST_SHEETS:,} sheets: {TOO_LARGE}")

    parse(archive, main, sheet)
    targets = _related(archive, main)
    found = []
    for one in listed:
        key = next((value for name, value in one.items() if name.rpartition(":")[2] == "id"), "")
        kind, path = targets.get(key, ("", main))
        is_shown = one.get("state", "visible") == "visible"
        found.append(Sheet(one.get("name", ""), path, is_shown, kind.endswith("/worksheet")))
    return found


def _related(archive: zipfile.ZipFile, path: PurePosixPath) -> dict[str, tuple[str, PurePosixPath]]:
    """Return kind and path of what a part of the workbook names by relations, by their ids."""
    found: dict[str, tuple[str, PurePosixPath]] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = path.parent / attributes.get("Target", "")
            found[attributes.get("Id", "")] = (attributes.get("Type", ""), PurePosixPath(os.path.normpath(target)))

    parse(archive, path.parent / "_rels" / f"{path.name}.rels", relation)
    return found


def parse(archive: zipfile.ZipFile, path: PurePosixPath, started: Any) -> None:
    """Call ``started`` with the local name and the attributes of each element, as the file is unpacked."""
    try:
        member = archive.open(str(path).lstrip("/"))
    except KeyError as error:
        raise zipfile.BadZipFile from error

    def refuse(*_: Any) -> None:
        raise Problem("The workbook declares entities of its own, as no spreadsheet does: save it again.")

    names: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        started(names.get(name) or names.setdefault(name, name.rpartition(":")[2]), attributes)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    with member:
        while piece := member.read(_PIECE_BYTES):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
