"""Folds changes of counts into the counts that are kept, so that reading them stays cheap."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from campaigns.counting.spreading import SPREAD
from dialer.sql import hot_cursor

#: Changes in one piece: some milliseconds of PostgreSQL.
PIECE = 5_000

# What two fold at the same time are different changes, and both write the counts in one order. The campaign of a change
# may have been a draft that is deleted by now. An array of ids, so that the rows are found by them whatever is known of
# a table that is empty one minute and large the next.
_FOLD = f"""
WITH taken AS MATERIALIZED (
    DELETE FROM campaigns_countchange
     WHERE id = ANY (ARRAY(SELECT id FROM campaigns_countchange ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED))
    RETURNING *
), folded AS (
    INSERT INTO campaigns_keptcount AS k (campaign_id, counted, value, outcome, disposition, number, talk_ms, gone,
                                          gone_talk_ms)
    SELECT t.campaign_id, d.counted, d.value, d.outcome, d.disposition,
           COALESCE(sum(t.number) FILTER (WHERE NOT t.is_gone), 0),
           COALESCE(sum(t.talk_ms) FILTER (WHERE NOT t.is_gone), 0),
           COALESCE(sum(t.number) FILTER (WHERE t.is_gone), 0),
           COALESCE(sum(t.talk_ms) FILTER (WHERE t.is_gone), 0)
      FROM taken t CROSS JOIN LATERAL {SPREAD}
     WHERE d.value IS NOT NULL AND EXISTS (SELECT FROM campaigns_campaign c WHERE c.id = t.campaign_id)
     GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT (campaign_id, counted, value, outcome, disposition)
        DO UPDATE SET number = k.number + EXCLUDED.number, talk_ms = k.talk_ms + EXCLUDED.talk_ms,
                      gone = k.gone + EXCLUDED.gone, gone_talk_ms = k.gone_talk_ms + EXCLUDED.gone_talk_ms
)
SELECT count(*) FROM taken
"""  # noqa: S608


def fold_changes(*, most: int = PIECE) -> int:
    """Fold the oldest changes, in a transaction; return how many. Safe to run anywhere, several at a time."""
    with transaction.atomic(), hot_cursor() as cursor:
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
