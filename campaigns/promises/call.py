"""A call as an audit sees it. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Call(NamedTuple):
    """An attempt whose request may have left. ``told_seconds``: how long it took, as its result says.

    ``is_ours``: paced here, and not by the provider's own dialer. ``is_rehearsal``: in the sandbox, where nobody rings.
    """

    id: int
    lead_id: int
    campaign_id: int
    account_id: int
    did_id: int | None
    agent_id: int | None
    number: str
    began_at: datetime
    ended_at: datetime | None
    told_seconds: float | None
    rules_version_id: int | None
    zones: list[str] | None
    is_ours: bool
    is_rehearsal: bool = False
    #: When its line was taken, by the limits of then; its request leaves a little later, under a rate by its turn.
    reserved_at: datetime | None = None
