"""What claiming must know of hosted dialers: the lines they take, apart from what waits in their queues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from campaigns.claiming.lines import Counted

_HELD = """
SELECT campaign_id, did_id, CASE WHEN holds_lines THEN lines ELSE 0 END FROM campaigns_hosteddialer
 WHERE account_id = %s
"""


def with_held_lines(cursor: Any, *, account_id: int, live: Sequence[Counted]) -> list[Counted]:
    """Return live counts (campaign, DID, agent, calls) with the dialers' lines in place of the numbers they hold."""
    cursor.execute(_HELD, [account_id])
    held = cursor.fetchall()
    hosted = {campaign_id for campaign_id, *_ in held}
    own = [row for row in live if row.campaign_id not in hosted]
    return own + [Counted(campaign_id, did_id, None, lines) for campaign_id, did_id, lines in held if lines]
