"""Sorts the contacts that uploads brought into the index by which they are found.

PostgreSQL takes new rows into a list of its own first, which each search goes through (GIN's pending list), and sorts
them in when the list is long or the table is tidied up. Here it is done as soon as an upload is over: the upload does
not wait for it, and the search is not slow for long.
"""

from __future__ import annotations

import structlog
from django.db import ProgrammingError, connection

log = structlog.get_logger(__name__)


def sort_in() -> None:
    """Sort in what waits. Where the user of the database does not own the index, autovacuum does it later."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list('contact_to_find'::regclass)")
    except ProgrammingError as error:
        log.warning("new contacts are not sorted in", error=type(error).__name__)
