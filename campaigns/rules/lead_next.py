"""What becomes of a lead after a call of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadNext:
    """The lead's next state; with ``next_attempt_at`` it waits in the queue again.

    ``counts``: whether the attempt counts against the campaign's maximum. ``other_did``: the next one leaves another
    DID. ``number``: whom to ring then, None for the contact's own.
    """

    state: str
    reason: str = ""
    next_attempt_at: datetime | None = None
    rank: int | None = None
    counts: bool = True
    other_did: bool = False
    number: str | None = None
