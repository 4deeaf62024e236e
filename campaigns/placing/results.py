"""What came of a request to place a call: the provider's answer, or that nothing left us."""

from __future__ import annotations

from dataclasses import dataclass

from dialer.providers.base import Accepted, PlaceResult, Refused, Unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """Nothing left us: the lead goes back, the slot is free. ``is_our_choice``: a fence said no, nothing is down."""

    detail: str
    is_our_choice: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What came of one request."""

    attempt_id: int
    account_id: int
    campaign_id: int
    result: PlaceResult | Unsent
    # Whether the account had turned calls away just before: then an accepted one is news.
    was_crowded: bool = False
    # Whether the call was to ring an agent of ours: it is the agent who rests where nobody is there.
    has_agent: bool = False

    @property
    def word(self) -> str:
        """What came of it, for those who count: ACCEPTED, UNCERTAIN, UNSENT, or the reason of a refusal."""
        if isinstance(self.result, Refused):
            return self.result.reason.value
        if isinstance(self.result, Accepted):
            return "ACCEPTED"
        return "UNCERTAIN" if isinstance(self.result, Unclear) else "UNSENT"
