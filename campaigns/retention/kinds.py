"""The kinds of this app's tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from campaigns.retention.calls import CALLS
from dialer.retention.kinds import Kind, register

# Materialized: for the highest place of a table PostgreSQL reads it from its end, and these are at its beginning.
_FEED_STARTS = """
WITH going AS MATERIALIZED (SELECT position FROM campaigns_feedentry WHERE id = ANY(%s))
INSERT INTO campaigns_feedstart (id, removed_through, removed_at)
SELECT 1, max(position), clock_timestamp() FROM going
ON CONFLICT (id) DO UPDATE
   SET removed_through = GREATEST(campaigns_feedstart.removed_through, EXCLUDED.removed_through),
       removed_at = EXCLUDED.removed_at
"""


def _feed_starts_later(cursor: Any, entry_ids: Sequence[int]) -> None:
    """Write down up to where the feed is gone, with its removal: a reader who is behind is told."""
    cursor.execute(_FEED_STARTS, [entry_ids])


def register_kinds() -> None:
    """Add them."""
    register(
        Kind(
            name="feed",
            words="entries of the feed",
            table="campaigns_feedentry",
            at="r.created_at",
            # The latest stays: positions go on from it.
            may_go="r.position < (SELECT max(position) FROM campaigns_feedentry)",
            going=_feed_starts_later,
            rank=2,
        ),
        Kind(
            name="notices",
            words="notices",
            table="campaigns_campaignnotice",
            at="r.created_at",
            # That a campaign has paused by itself is told by its notice.
            may_go="""NOT EXISTS (SELECT 1 FROM campaigns_feedentry f WHERE f.notice_id = r.id OFFSET 0)
                      AND NOT EXISTS (SELECT 1 FROM campaigns_campaign c WHERE c.id = r.campaign_id
                                         AND c.state NOT IN ('COMPLETED', 'STOPPED') OFFSET 0)""",
            rank=3,
        ),
        CALLS,
        Kind(
            name="decisions",
            words="reasons why leads were passed over",
            table="campaigns_skip",
            at="r.at",
            # Why a lead waits now.
            may_go="""NOT EXISTS (SELECT 1 FROM campaigns_lead l WHERE l.id = r.lead_id AND l.ended_at IS NULL
                                      OFFSET 0)""",
            needs_archive=True,
        ),
        Kind(
            name="limit-spans",
            words="times in which a limit held a campaign back",
            table="campaigns_limitspan",
            at="r.until_at",
        ),
        Kind(
            name="refused-rows",
            words="refused rows of uploads",
            table="campaigns_importrefusal",
            at="(SELECT i.ended_at FROM campaigns_contactimport i WHERE i.id = r.contact_import_id)",
            needs_archive=True,
        ),
        Kind(name="job-runs", words="runs of jobs", table="campaigns_jobrun", at="r.ended_at"),
        Kind(name="preflights", words="preflights", table="campaigns_preflightrun", at="r.ended_at"),
    )
