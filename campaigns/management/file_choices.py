"""The arguments by which commands are told how to read a file."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from campaigns.importing import Choices, ImportProblem


def add_file_choices(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--phone-column", default="", help="column with the number; default: found by its name")
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NAME=MEANING",
        help="what a column is: phone, further_number, name, external_reference, time_zone, variables, "
        "variables.some_name or ignore; may be repeated",
    )
    parser.add_argument("--encoding", default="", help="e.g. windows-1251; default: found where it is certain")
    parser.add_argument("--delimiter", default="", help="comma, semicolon, tab, pipe or a sign; default: found")
    parser.add_argument("--sheet", default="", help="name or number; default: the first shown one that holds a table")
    parser.add_argument("--header-row", type=int, default=0, help="row that names the columns; default: found")
    parser.add_argument("--region", default="", help="country of numbers without a country code, e.g. IN")


def choices_of(options: dict[str, Any]) -> Choices:
    """Return what was chosen. Raises ImportProblem for what cannot be."""
    return Choices(
        phone_column=options["phone_column"],
        encoding=options["encoding"],
        delimiter=options["delimiter"],
        sheet=options["sheet"],
        header_row=max(0, options["header_row"]),
        region=options["region"].upper(),
        column_map=dict(_meaning(said) for said in options["column"]),
    )


def _meaning(said: str) -> tuple[str, str]:
    name, mark, meaning = said.rpartition("=")
    if not mark or not name:
        raise ImportProblem(f"Write --column NAME=MEANING, such as 'Mobile=phone'; this is {said[:60]!r}.")
    return name, meaning
