"""The callable leads of campaigns, read under the gate's lock as far as somebody asks for them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from campaigns.claiming.account_reading import AccountView
from campaigns.claiming.campaign_reading import CampaignView
from campaigns.claiming.due import DueLead, due_leads
from campaigns.claiming.judging import callers, is_closed, judge
from dialer.sql import read_in_order

#: While an account is probed, the lead to try is chosen among so many.
PROBE_AMONG = 20
#: Where leads are judged one by one and some may not be called now, so many more are looked at.
LOOK_AMONG = 500
#: A campaign whose first leads are put out of the way by a rule is looked at again so often in one turn. Campaigns
#: that share people go through them side by side: without it, one finds the other's people on the line each time.
LOOKS_PER_TURN = 5
#: Of several campaigns, each is first read for so many times the part of the calls that is its own by weight.
PARTS_READ_FIRST = 2


def queues_of(
    cursor: Any, *, account: AccountView, rooms: Mapping[int, int], most: int, now: datetime
) -> dict[int, Queue]:
    """Return the queues of the campaigns that may call now, by id; nothing is read of them yet.

    ``rooms``: how many calls each campaign alone could start; ``most``: so many may begin in all.
    """
    read_in_order(cursor)
    taking = [one for one in account.campaigns if rooms[one.id] > 0 and not is_closed(rules=one.rules, now=now)]
    weights = sum(campaign.share.weight for campaign in taking)
    return {
        campaign.id: Queue(
            cursor,
            campaign=campaign,
            most=min(most, rooms[campaign.id]),
            first=math.ceil(PARTS_READ_FIRST * most * campaign.share.weight / weights) if len(taking) > 1 else most,
            probing=account.is_probing,
            now=now,
        )
        for campaign in taking
    }


class Queue:
    """The callable leads of one campaign in their order, locked as they are read.

    A hundred campaigns may wait where a few calls may begin: whose turn does not come is not read, and of the others no
    more than ``first``, and all of ``most`` only where these have been seated.
    """

    def __init__(
        self, cursor: Any, *, campaign: CampaignView, most: int, first: int, probing: bool, now: datetime
    ) -> None:
        self._cursor, self._campaign, self._probing, self._now = cursor, campaign, probing, now
        self._pages = [first, most] if first < most else [most]
        #: Those that were read so far, and whether any was put out of the way by a rule.
        self.leads: list[DueLead] = []
        self.has_judged = False

    def __getitem__(self, position: int) -> Sequence[str]:
        """Return all known numbers of the lead at this position, the one to ring first. Raises IndexError."""
        while self._pages and position >= len(self.leads):
            self._read(self._pages.pop(0))
        return self.leads[position].numbers

    @property
    def may_wait(self) -> bool:
        """Whether the campaign has leads to call, as far as anybody has looked."""
        return bool(self.leads or self._pages)

    def _read(self, wanted: int) -> None:
        limit = max(wanted, PROBE_AMONG) if self._probing else wanted
        for _ in range(LOOKS_PER_TURN):
            leads = self._unknown(limit, wanted)
            if not leads:
                break
            accepted, judged = judge(
                self._cursor, campaign_id=self._campaign.id, rules=self._campaign.rules, leads=leads, now=self._now
            )
            self.leads += accepted
            self.has_judged = self.has_judged or judged
            if len(self.leads) >= wanted or not judged:
                break
            limit = len(self.leads) + (LOOK_AMONG if self._campaign.rules.judges_leads else wanted)
        if len(self.leads) < wanted:
            self._pages.clear()
        self._campaign.share.callers = callers(self._cursor, rules=self._campaign.rules, leads=self.leads)

    def _unknown(self, limit: int, wanted: int) -> list[DueLead]:
        """Return those of the first due leads that were not read yet."""
        known = {lead.id for lead in self.leads}
        due = due_leads(
            self._cursor,
            campaign_id=self._campaign.id,
            now=self._now,
            limit=limit,
            number_names=self._campaign.rules.matrix.other_numbers,
            standing_in=self._campaign.is_standing_in,
        )
        leads = [lead for lead in due if lead.id not in known]
        if self._probing:
            # The one call that shows whether the provider takes calls again is not for a lead that it always refuses.
            return sorted(leads, key=lambda lead: lead.turned_away)[:wanted]
        return leads
