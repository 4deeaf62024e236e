"""What somebody can say about how a file is to be read: its encoding, what separates its columns, which sheet."""

from __future__ import annotations

import codecs

from django.core.exceptions import ValidationError
from django.db import models

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

    class Meta:
        abstract = True
