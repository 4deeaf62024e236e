"""How our checks are run, and what they have in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from django.core.checks import CheckMessage, Tags, register, run_checks
from django.db import DEFAULT_DB_ALIAS, OperationalError, ProgrammingError

#: The tag of every check of ours: ``manage.py check --tag operation``.
OPERATION = "operation"
#: Pages show what was found this long ago at most.
BELIEVED_SECONDS = 60.0
Check = Callable[[], list[CheckMessage]]


def of_settings(check: Check) -> Check:
    """Register a check that looks at the settings only."""

    def checked(**_: Any) -> list[CheckMessage]:
        return check()

    register(checked, OPERATION)
    return check


def of_database(check: Check) -> Check:
    """Register a check that asks PostgreSQL: run where a database is named, silent where tables are still missing."""

    def checked(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
        if databases is None or DEFAULT_DB_ALIAS not in databases:
            return []
        try:
            return check()
        except (ProgrammingError, OperationalError):  # before the first migration, or away: those who need it say so
            return []

    register(checked, OPERATION, Tags.database)
    return check


def findings() -> list[CheckMessage]:
    """Return what our checks find now, the worst first; those silenced by settings are left out."""
    found = run_checks(tags=[OPERATION], databases=[DEFAULT_DB_ALIAS])
    return sorted((each for each in found if not each.is_silenced()), key=lambda each: (-each.level, str(each.id)))


_latest: tuple[float, list[CheckMessage]] = (float("-inf"), [])
_looking = Lock()


def recent_findings() -> list[CheckMessage]:
    """Return what our checks found within the last minute; for pages, which many open again and again."""
    global _latest
    with _looking:  # those who ask meanwhile wait for this look, instead of each looking too
        if time.monotonic() - _latest[0] > BELIEVED_SECONDS:
            _latest = (time.monotonic(), findings())
        return _latest[1]


def forget_findings() -> None:
    """Have the next who asks look again."""
    global _latest
    with _looking:
        _latest = (float("-inf"), [])
