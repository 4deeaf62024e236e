"""Whether calls began while the rules allowed it that they were judged by, as they stood then. Pure.

A call names the version of its campaign's rules and the zones that were open. What those rules say of its instant is
asked again here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from campaigns.rules.caps import Caps
from campaigns.rules.hours import Hours, is_open
from campaigns.rules.stored import caps_of, hours_of, profile_of
from campaigns.rules.walls import BrokenRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A version of a campaign's rules, as far as an audit asks. ``time_zone`` None: by the clock of the contact."""

    hours: Hours
    time_zone: str | None
    legal: Hours | None
    starts_at: datetime | None
    ends_at: datetime | None
    caps: Caps

    def closed(self, *, at: datetime, zones: Sequence[str], clocks_differ: timedelta) -> str:
        """Say why no call may begin at ``at``, nor within ``clocks_differ`` around it; empty where one may."""
        said = ""
        for instant in (at, at - clocks_differ, at + clocks_differ):
            found = self._closed(instant, zones)
            if not found:
                return ""
            said = said or found
        return said

    def _closed(self, at: datetime, zones: Sequence[str]) -> str:
        if self.starts_at is not None and at < self.starts_at:
            return "before the campaign's start"
        if self.ends_at is not None and at >= self.ends_at:
            return "after the campaign's end"
        if (self.time_zone is None or self.legal is not None) and not zones:
            return "no time zone of the contact was kept"
        legal = tuple((self.legal, zone) for zone in zones) if self.legal is not None else ()
        campaign = tuple((self.hours, zone) for zone in ([self.time_zone] if self.time_zone else zones))
        try:
            return "" if is_open(requirements=(*legal, *campaign), at=at) else "closed by the hours"
        except BrokenRule as error:
            return str(error)


def kept_rules(stored: Mapping[str, Any]) -> Kept:
    """Return the rules of a stored version (``campaigns.rules.ruleset.CampaignRules``). Raises BrokenRule."""
    country, subdivision = stored.get("holidays") or ("", "")
    hours = hours_of(
        stored["windows"], country=country, subdivision=subdivision, own=stored.get("blackout_dates") or ()
    )
    caps = caps_of(stored.get("caps") or (), minimum_gap_seconds=stored.get("minimum_gap_seconds") or 0)
    named = stored.get("profile") or {}
    profile = None
    if named.get("slug"):
        profile = profile_of(slug=named["slug"], version=named.get("version") or 0, rules=named.get("rules") or {})
    return Kept(
        hours=hours,
        time_zone=None if stored.get("hours_follow") == "CONTACT" else stored["time_zone"],
        legal=profile.hours if profile else None,
        starts_at=_instant(stored.get("starts_at")),
        ends_at=_instant(stored.get("ends_at")),
        caps=caps.with_those_of(profile.caps) if profile else caps,
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
