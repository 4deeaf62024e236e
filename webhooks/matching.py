"""Finds the attempts that reports speak of: by our reference, else by the provider's id."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from dialer.providers.base import CallReport
from dialer.sql import hot_cursor

#: Account, our reference, the provider's id.
Key = tuple[int, str | None, str | None]


def match(reports: Sequence[tuple[int, CallReport]]) -> dict[Key, int]:
    """Return the attempt id for each (account, reference, external id) that is known. An account sees only its own."""
    keys = {(account_id, report.reference, report.external_id) for account_id, report in reports}
    references = {key: value for key in keys if (value := _uuid(key[1])) is not None}
    by_reference = _by_reference(list(set(references.values())))
    found = {
        key: by_reference[key[0], reference]
        for key, reference in references.items()
        if (key[0], reference) in by_reference
    }
    rest = [key for key in keys if key not in found and key[2]]
    by_external_id = _by_external_id([(key[0], str(key[2])) for key in rest])
    found.update({key: by_external_id[key[0], str(key[2])] for key in rest if (key[0], str(key[2])) in by_external_id})
    return found


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


def _by_reference(references: list[uuid.UUID]) -> dict[tuple[int, uuid.UUID], int]:
    if not references:
        return {}
    with hot_cursor() as cursor:
        cursor.execute(
            "SELECT account_id, reference, id FROM campaigns_attempt WHERE reference = ANY(%s)", [references]
        )
        return {(account_id, reference): attempt_id for account_id, reference, attempt_id in cursor.fetchall()}


def _by_external_id(keys: list[tuple[int, str]]) -> dict[tuple[int, str], int]:
    if not keys:
        return {}
    with hot_cursor() as cursor:
        cursor.execute(
            """SELECT a.account_id, a.external_id, max(a.id)
                 FROM unnest(%s::bigint[], %s::text[]) AS v(account_id, external_id)
                 JOIN campaigns_attempt a ON a.account_id = v.account_id AND a.external_id = v.external_id
                GROUP BY 1, 2""",
            [[account_id for account_id, _ in keys], [external_id for _, external_id in keys]],
        )
        return {(account_id, external_id): attempt_id for account_id, external_id, attempt_id in cursor.fetchall()}
