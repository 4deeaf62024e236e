"""Writes down who heard a recording, exported rows or looked at raw events, before anything of it leaves us."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from dialer.models import Access, AccessKind

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who asks, and by which face: ADMIN, REST, COMMAND or JOB."""

    by: str
    face: str


def command_reader() -> Reader:
    """Return who runs a command: the user of the operating system, or its number where it has no name."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = f"uid {os.getuid()}"
    return Reader(by=name, face="COMMAND")


def note_access(
    *,
    kind: AccessKind,
    reader: Reader,
    subject: str,
    now: datetime,
    subject_id: int | None = None,
    rows: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> Access:
    """Write it down; in a transaction of the caller's, if there is one."""
    return Access.objects.create(
        kind=kind,
        at=now,
        by=reader.by[:150],
        face=reader.face,
        subject=subject,
        subject_id=subject_id,
        rows=rows,
        details={name: value for name, value in (details or {}).items() if value not in (None, "")},
    )


def counted(rows: Iterable[Row], *, access: Access) -> Iterator[Row]:
    """Give the rows, and write how many left us once they end or nobody takes more of them."""
    count = 0
    try:
        for row in rows:
            yield row
            count += 1
    finally:
        Access.objects.filter(pk=access.pk, rows=None).update(rows=count)
