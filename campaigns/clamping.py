"""The first instant from a wished one on at which a campaign may call."""

from __future__ import annotations

from datetime import datetime

from campaigns.hours import DailyWindow, next_open
from campaigns.models import Campaign


def first_permitted(*, campaign: Campaign, at: datetime) -> datetime | None:
    """Return the first instant (UTC) from ``at`` on inside the campaign's hours, start and end; None: there is none.

    Claiming judges again, by every rule; this only keeps a lead from coming due while its campaign is closed.
    """
    wished = max(at, campaign.starts_at) if campaign.starts_at is not None else at
    window = DailyWindow(time_zone=campaign.time_zone, opens=campaign.window_opens, closes=campaign.window_closes)
    found = next_open(window=window, at=wished)
    if found is None or (campaign.ends_at is not None and found >= campaign.ends_at):
        return None
    return found
