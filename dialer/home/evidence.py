"""Counts what providers tell of calls that bear a reference of ours and are unknown here.

After a restore they are calls that the backup does not know; at any other time, calls of a copy that dials with the
same accounts. A number in one row: it costs the same after a year.
"""

from __future__ import annotations

from django.db import connection

#: After so many days without one, the count begins anew.
FORGET_AFTER_DAYS = 7

_COUNT = f"""
UPDATE dialer_installation
   SET unknown_references = CASE WHEN unknown_at > clock_timestamp() - interval '{FORGET_AFTER_DAYS} days'
                                 THEN unknown_references ELSE 0 END + %(more)s,
       unknown_since = CASE WHEN unknown_at > clock_timestamp() - interval '{FORGET_AFTER_DAYS} days'
                            THEN unknown_since ELSE clock_timestamp() END,
       unknown_at = clock_timestamp()
 WHERE id = 1 RETURNING unknown_references
"""  # noqa: S608


def count_unknown_references(more: int) -> bool:
    """Add to the count; return whether these are the first, of which somebody should be told."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"more": more})
        row = cursor.fetchone()
    return row is not None and row[0] == more
