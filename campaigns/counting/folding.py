"""Folds changes of counts into the counts that are kept, so that reading them stays cheap."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

#: Changes in one piece: some milliseconds of PostgreSQL.
PIECE = 5_000

# What two fold at the same time are different changes, and both write the counts in one order. The campaign of a change
# may have been a draft that is deleted by now.
_FOLD = """
WITH taken AS (
    DELETE FROM campaigns_countchange
     WHERE id IN (SELECT id FROM campaigns_countchange ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
    RETURNING campaign_id, lead_state, outcome, number, is_gone
), folded AS (
    INSERT INTO campaigns_keptcount AS k (campaign_id, counted, value, number, gone)
    SELECT t.campaign_id, CASE WHEN t.outcome IS NULL THEN 'LEADS' ELSE 'OUTCOME' END,
           COALESCE(t.outcome, t.lead_state),
           COALESCE(sum(t.number) FILTER (WHERE NOT t.is_gone), 0), COALESCE(sum(t.number) FILTER (WHERE t.is_gone), 0)
      FROM taken t WHERE EXISTS (SELECT FROM campaigns_campaign c WHERE c.id = t.campaign_id)
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (campaign_id, counted, value)
        DO UPDATE SET number = k.number + EXCLUDED.number, gone = k.gone + EXCLUDED.gone
)
SELECT count(*) FROM taken
"""


def fold_changes(*, most: int = PIECE) -> int:
    """Fold the oldest changes, in a transaction; return how many. Safe to run anywhere, several at a time."""
    with transaction.atomic(), connection.cursor() as cursor:
        return _fold(cursor, most)


def _fold(cursor: Any, most: int) -> int:
    cursor.execute(_FOLD, {"most": most})
    return int(cursor.fetchone()[0])


def fold_all(*, most: int = PIECE) -> int:
    """Fold until fewer than a piece are left; return how many were folded. Each piece is a transaction."""
    folded = 0
    while (piece := fold_changes(most=most)) == most:
        folded += piece
    return folded + piece
