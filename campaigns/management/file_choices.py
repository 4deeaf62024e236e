"""The arguments by which commands are told how to read a file."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import fields
from typing import Any

from campaigns.importing import Choices


def add_file_choices(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--phone-column", default="", help="column with the number; default: found by its name")
    parser.add_argument("--encoding", default="", help="e.g. windows-1251; default: found where it is certain")
    parser.add_argument("--delimiter", default="", help="comma, semicolon, tab, pipe or a sign; default: found")
    parser.add_argument("--sheet", default="", help="name or number; default: the first shown one that holds a table")


def choices_of(options: dict[str, Any]) -> Choices:
    """Return what was chosen. Raises ImportProblem for an encoding or a delimiter that there is not."""
    return Choices(**{choice.name: options[choice.name] for choice in fields(Choices)})
