"""What somebody can say about how a file is to be read: its encoding, what separates its columns, which sheet."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models

from campaigns.rows.columns import MEANINGS, meaning_problem

#: Encodings that can be asked for: those that files of contacts come in.
ENCODINGS = frozenset(
    codecs.lookup(name).name
    for name in (
        "utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255",
        "cp1256", "cp1257", "cp1258", "cp850", "cp866", "cp874", "iso8859-1", "iso8859-2", "iso8859-5", "iso8859-6",
        "iso8859-7", "iso8859-8", "iso8859-9", "iso8859-15", "koi8-r", "koi8-u", "mac-roman", "tis-620", "shift_jis",
        "cp932", "euc-jp", "euc-kr", "cp949", "gb18030", "gbk", "big5",
    )
)  # fmt: skip
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_DELIMITERS = {"\\t": "\t", **{name: delimiter for delimiter, name in DELIMITER_NAMES.items()}}
#: Columns of which it can be said what they are.
MOST_MAPPED = 500
_MEANINGS = ", ".join((*MEANINGS, "variables.some_name"))


def encoding_named(name: str) -> str:
    """Return the name by which an encoding is decoded, "" for "". Raises ValidationError for one that is not known."""
    if not name.strip():
        return ""
    try:
        found = codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        found = ""
    if found not in ENCODINGS:
        examples = "utf-8, utf-16, windows-1252, windows-1251, shift_jis or gb18030"
        raise ValidationError(f"There is no encoding {name[:40]!r} to read files in; use for example {examples}.")
    return found


def delimiter_named(name: str) -> str:
    """Return a delimiter from its name or itself, "" for "". Raises ValidationError for what cannot be one."""
    found = _DELIMITERS.get(name.strip().lower(), name if len(name) == 1 else name.strip())
    if found and (len(found) > 1 or found.isalnum() or found in " \"'\r\n\0+.@-"):
        raise ValidationError(
            f"Columns cannot be separated by {name[:20]!r}: use comma, semicolon, tab, pipe or a sign."
        )
    return found


def region_named(name: str) -> str:
    """Return a country's two letters, "" for "". Raises ValidationError for what is none."""
    if name and name.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValidationError(f"There is no country {name[:20]!r}; write its two letters, such as IN.")
    return name.upper()


def column_map_named(value: Any) -> dict[str, str]:
    """Return what columns are said to be. Raises ValidationError for what is no object of names and meanings."""
    if not isinstance(value, Mapping) or len(value) > MOST_MAPPED:
        raise ValidationError(f"Write an object of at most {MOST_MAPPED} columns and what each is: {_MEANINGS}.")
    for column, meaning in value.items():
        if not isinstance(column, str) or not column.strip() or len(column) > 100:
            raise ValidationError("The name of a column has 1 to 100 characters.")
        if problem := meaning_problem(meaning):
            raise ValidationError(f"{problem} That of {column[:40]!r} is {str(meaning)[:40]!r}.")
    return dict(value)


def valid_region(name: str) -> None:
    """Raise ValidationError for what is no country's two letters."""
    region_named(name)


def valid_column_map(value: Any) -> None:
    """Raise ValidationError for what is no object of columns and what they are."""
    column_map_named(value)


def valid_encoding(name: str) -> None:
    """Raise ValidationError for an encoding that is not known."""
    encoding_named(name)


def valid_delimiter(name: str) -> None:
    """Raise ValidationError for what cannot separate columns."""
    delimiter_named(name)


class FileChoices(models.Model):
    """How a file is to be read; whatever is empty is found by looking at the file."""

    encoding = models.CharField(
        max_length=20,
        blank=True,
        default="",
        validators=[valid_encoding],
        help_text="Encoding of a text file, e.g. windows-1251. Empty: found where it is certain.",
    )
    delimiter = models.CharField(
        max_length=20,
        blank=True,
        default="",
        validators=[valid_delimiter],
        help_text="What separates columns: comma, semicolon, tab, pipe or a sign. Empty: found in the header.",
    )
    sheet = models.CharField(
        max_length=100,
        blank=True,
        default="",
        help_text="Name or number of a workbook's sheet. Empty: the first one that is shown and holds a table.",
    )
    region = models.CharField(
        "country",
        max_length=2,
        blank=True,
        default="",
        validators=[valid_region],
        help_text="Country of numbers written without a country code, e.g. IN. Empty: that of the list.",
    )
    header_row = models.PositiveIntegerField(
        "row of the names",
        default=0,
        validators=[MaxValueValidator(1_000)],
        help_text="Row that names the columns, as a spreadsheet counts. 0: found, also below a title.",
    )
    column_map = models.JSONField(
        "what columns are",
        default=dict,
        blank=True,
        validators=[valid_column_map],
        help_text='By name, e.g. {"Mobile": "phone", "Home": "further_number", "Notes": "ignore"}. Others: by name.',
    )

    class Meta:
        abstract = True
