"""What the database keeps because something relies on it: its sentence, and when it judges.

A trigger of ours that refuses raises ``restrict_violation``, with a sentence for people on what relies on the row.
Nothing else raises that code here, so the sentence may be shown as it is.
"""

from __future__ import annotations

from django.db import IntegrityError, connection

RESTRICT_VIOLATION = "23001"


def refusal_of(error: IntegrityError) -> str:
    """Return the database's own sentence on why something is kept; empty for any other violation."""
    diag = getattr(error.__cause__, "diag", None)
    if getattr(diag, "sqlstate", None) != RESTRICT_VIOLATION:
        return ""
    return str(getattr(diag, "message_primary", None) or "")


def judge_now() -> None:
    """Have the database judge now what it would judge at the end of the transaction. Raises IntegrityError.

    Then the refusal belongs to the act that caused it, whatever transaction it is in.
    """
    connection.check_constraints()
