"""Entries of the feed as they are told, put into words once for all subscribers that are told of them.

Most of what a delivery costs is this, so it is kept for a moment: ten subscribers hear of a result at about the same
time. What becomes known of a call in that moment is an entry of its own and follows.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from campaigns.models import Campaign, CampaignNotice, FeedEntry, Lead
from campaigns.results.feed import TOLD_OF
from campaigns.results.shape import ResultSerializer
from dialer.json_limits import dumped

#: How long what was put into words is used again.
KEPT_SECONDS = 5.0
#: Of all that is kept, at most so many bytes.
MOST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An entry as it is told. ``order``: what it is of, a lead or a campaign; ``json``: ``entry`` as JSON."""

    order: str
    entry: dict[str, Any]
    json: bytes
    campaign: dict[str, Any] | None
    crm: dict[str, Any] | None


class Entries:
    """What was put into words lately, by the entry's id. For any thread."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[float, Shown]] = {}
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, entry_ids: Collection[int]) -> dict[int, Shown]:
        """Return these entries, those that exist."""
        since = time.monotonic() - KEPT_SECONDS
        with self._lock:
            kept = {one: self._kept[one] for one in entry_ids if one in self._kept}
        found = {entry_id: shown for entry_id, (at, shown) in kept.items() if at >= since}
        missing = [one for one in entry_ids if one not in found]
        if missing:
            read = _read(missing)
            self._keep(read, since)
            found |= read
        return found

    def _keep(self, read: dict[int, Shown], since: float) -> None:
        now = time.monotonic()
        with self._lock:
            for entry_id in [one for one, (at, _) in self._kept.items() if at < since]:
                self._bytes -= len(self._kept.pop(entry_id)[1].json)
            for entry_id, shown in read.items():
                if entry_id not in self._kept and self._bytes + len(shown.json) <= MOST_BYTES:
                    self._kept[entry_id] = (now, shown)
                    self._bytes += len(shown.json)


#: Those of this process.
entries = Entries()


def _read(entry_ids: list[int]) -> dict[int, Shown]:
    found = list(FeedEntry.objects.filter(pk__in=entry_ids).select_related(*TOLD_OF))
    abouts = [about for entry in found if (about := _about(entry)) is not None]
    campaign_ids = {about.campaign_id for about in abouts if about.campaign_id is not None}
    # Beside the entries, as each would bring the whole of its campaign.
    names = dict(Campaign.objects.filter(pk__in=campaign_ids).values_list("id", "name"))
    return {entry.pk: _shown(entry, names) for entry in found}


def _about(entry: FeedEntry) -> Lead | CampaignNotice | None:
    return (entry.attempt.lead if entry.attempt else entry.lead) or entry.notice


def _shown(entry: FeedEntry, names: Mapping[int, str]) -> Shown:
    """Return an entry as it is told, as things are now. Calls keep their order by lead, notices by campaign."""
    about = _about(entry)
    campaign_id = about.campaign_id if about is not None else None
    lead = about if isinstance(about, Lead) else None
    shown = _results().to_representation(entry)
    return Shown(
        order=f"lead {lead.pk}" if lead else f"campaign {campaign_id}",
        entry=shown,
        json=dumped(shown),
        campaign={"id": campaign_id, "name": names.get(campaign_id)} if campaign_id is not None else None,
        crm=_crm(lead) if lead else None,
    )


def _crm(lead: Lead) -> dict[str, Any]:
    contact = lead.contact
    named = {"name": contact.name, "external_reference": contact.external_reference}
    return {**named, **(contact.variables or {}), **(lead.variables or {}), "number": lead.number}


@cache
def _results() -> ResultSerializer:
    # Making a serializer costs ten times as much as using one.
    return ResultSerializer()
