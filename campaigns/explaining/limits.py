"""The limits of a campaign and its accounts at an instant, read as claiming reads them, without a lock.

What claiming decides by is asked of the same functions: ``account_reading.read_account`` (live calls, DIDs with caps
and rest, agents with wrap-up, who may stand in), ``reserving.rooms``, ``budget.send_times`` and ``judging.is_closed``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from campaigns.claiming.account_reading import AccountView, read_account
from campaigns.claiming.campaign_reading import CampaignView
from campaigns.claiming.gate import look_at_gates
from campaigns.claiming.judging import LEAVES_WITHIN, is_closed
from campaigns.claiming.readiness_reading import why_not_of
from campaigns.explaining.checks import Check, Limit, Mends
from campaigns.explaining.house_checks import house_checks
from campaigns.explaining.line_owners import Held, Holders, held_by_accounts
from campaigns.explaining.rooms import account_rooms, back_off, own_rooms, rate
from campaigns.explaining.standby import standby_check
from campaigns.models import OVER, Campaign, CampaignState, RunsOn
from campaigns.rules.campaign import read_rules
from campaigns.rules.ruleset import CampaignRules
from dialer.accounts.result_troubles import Trouble, current_troubles


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """An account by which the campaign may call now, as claiming would see both, and its limits."""

    account: AccountView
    view: CampaignView
    checks: tuple[Check, ...]

    @property
    def is_open(self) -> bool:
        """Whether a call may start by it now."""
        return all(check.is_ok for check in self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of the whole campaign, and those of each way; no way: no account takes its calls."""

    campaign: Campaign
    rules: CampaignRules
    checks: tuple[Check, ...]
    ways: tuple[Way, ...]

    @property
    def way(self) -> Way | None:
        """The way by which the next call leaves: an open one if there is one."""
        return next((way for way in self.ways if way.is_open), self.ways[0] if self.ways else None)

    @property
    def all_checks(self) -> tuple[Check, ...]:
        """The limits of the campaign and of its best way."""
        return (*self.checks, *(self.way.checks if self.way else ()))


class House:
    """Accounts with their campaigns, and the kill switch, at an instant: each read once, however many campaigns ask.

    ``names_holders``: whether a limit that is reached says who holds the lines; those who keep it for long need not.
    """

    def __init__(self, cursor: Any, *, now: datetime, names_holders: bool = True) -> None:
        self._cursor = cursor
        self._names_holders = names_holders
        self.now = now
        self._ways: dict[int, tuple[AccountView, Mapping[int, CampaignView]] | None] = {}
        self._holding: dict[int, list[Held]] = {}

    @cached_property
    def whole(self) -> tuple[Check, ...]:
        """Whether anything is dialed at all: the home of the database, the switchboard, the workers' clocks."""
        return house_checks()

    def results(self, campaign: Campaign) -> Check:
        """Return whether results of the campaign's accounts arrive; calls are placed although they do not."""
        found = [one for pk in campaign.account_ids for one in self._troubles.get(pk, ())]
        if not found:
            return Check(limit=Limit.RESULTS, said="Results arrive.")
        said = " ".join(f"{one.text} {one.remedy}" for one in found)
        return Check(limit=Limit.RESULTS, said=said, values={"troubles": [one.as_json() for one in found]})

    @cached_property
    def _troubles(self) -> Mapping[int, Sequence[Trouble]]:
        return current_troubles(now=self.now)

    def way(self, *, account_id: int, campaign: Campaign) -> Way | None:
        """Return how the campaign may call by an account now, None where it may not."""
        if account_id not in self._ways:
            self._ways[account_id] = self._read(account_id)
        found = self._ways[account_id]
        view = found[1].get(campaign.pk) if found else None
        if found is None or view is None:
            return None
        account, now = found[0], self.now
        holders = Holders(read=lambda: self._held(campaign.account_ids), zone=campaign.time_zone, now=now)
        checks = [back_off(account, now), *account_rooms(account, holders, now), rate(account, now)]
        return Way(account=account, view=view, checks=(*checks, *own_rooms(view, holders)))

    def _held(self, account_ids: Sequence[int]) -> list[Held]:
        """Return who holds the lines of accounts; each account is read once, when it is first asked about."""
        if not self._names_holders:
            return []
        unread = [pk for pk in account_ids if pk not in self._holding]
        if unread:
            self._holding |= {pk: [] for pk in unread}
            for one in held_by_accounts(self._cursor, account_ids=unread, now=self.now):
                self._holding[one.account_id].append(one)
        return [one for pk in account_ids for one in self._holding[pk]]

    def rules(self, campaign: Campaign) -> CampaignRules:
        """Return the rules of a campaign."""
        return read_rules(self._cursor, campaign_ids=[campaign.pk])[campaign.pk]

    def readiness(self, campaign: Campaign, *, is_claimed_for: bool) -> Check:
        """Return whether the campaign may call as it is set: what its start, and every claim, asks as well.

        ``is_claimed_for``: claiming has just found it ready. What it only waits for, as an account that is switched
        off, its ways tell.
        """
        found = (
            [] if is_claimed_for else why_not_of(self._cursor, campaign_ids=[campaign.pk], now=self.now)[campaign.pk]
        )
        said = " ".join(problem.said for problem in found if not problem.waits)
        if not said:
            return Check(limit=Limit.READINESS, said="It may call as it is set.")
        fields = [problem.field for problem in found if not problem.waits]
        return Check(limit=Limit.READINESS, said=said, mends=Mends.PERSON, values={"fields": fields})

    def standby(self, campaign: Campaign, ways: Sequence[Way]) -> list[Check]:
        """Return which of its two accounts takes its calls; nothing of a campaign with one."""
        taken_by = [way.account.id for way in ways]
        found = standby_check(self._cursor, campaign=campaign, taking=taken_by, now=self.now)
        return [found] if found else []

    def _read(self, account_id: int) -> tuple[AccountView, Mapping[int, CampaignView]] | None:
        gates = look_at_gates(self._cursor, account_id=account_id)
        if account_id not in gates:
            return None
        account = read_account(self._cursor, account_id=account_id, gates=gates, now=self.now, keep=False)
        return (account, {view.id: view for view in account.campaigns}) if account else None


def read_limits(*, house: House, campaign: Campaign, rules: CampaignRules | None = None) -> Limits:
    """Return what holds a campaign back, for every lead. ``rules``: its own, which are read where they are None."""
    # One that takes its calls on the provider's dialer is not claimed for at all.
    is_claimed_for = campaign.state == CampaignState.RUNNING and campaign.runs_on == RunsOn.HERE
    account_ids = campaign.account_ids if is_claimed_for else []
    ways = [way for pk in account_ids if (way := house.way(account_id=pk, campaign=campaign))]
    if rules is None:
        rules = ways[0].view.rules if ways else house.rules(campaign)
    open_hours = hours(rules=rules, now=house.now)
    # Hours that open again are in order.
    is_ready = bool(ways) and (open_hours.is_ok or open_hours.until is not None)
    readiness = house.readiness(campaign, is_claimed_for=is_ready)
    if not readiness.is_ok and open_hours.mends == Mends.NEVER:
        open_hours = replace(open_hours, mends=Mends.PERSON)
    standby = house.standby(campaign, ways) if is_claimed_for else []
    checks = [_state(campaign), readiness, *house.whole, house.results(campaign), *standby, open_hours]
    if is_claimed_for and not ways and readiness.is_ok and all(check.is_ok for check in house.whole):
        checks.append(_no_account(campaign))
    return Limits(campaign=campaign, rules=rules, checks=tuple(checks), ways=tuple(ways))


def _state(campaign: Campaign) -> Check:
    state, word = CampaignState(campaign.state), campaign.get_state_display().lower()
    values = {"state": str(state), "reason": campaign.state_reason, "since": campaign.state_changed_at}
    if state == CampaignState.RUNNING and campaign.runs_on == RunsOn.PROVIDER:
        said = "It runs on the provider's dialer, which chooses whom to call and when."
        return Check(limit=Limit.PROVIDER_DIALER, said=said, mends=Mends.PERSON, values=values)
    if state == CampaignState.RUNNING:
        return Check(limit=Limit.CAMPAIGN_STATE, said="The campaign is running.", values=values)
    over, reason = state in OVER, campaign.state_reason
    # "Paused by olga: lunch" says the state itself.
    if reason.lower().startswith(word):
        said = f"The campaign is {reason[0].lower()}{reason[1:]}."
    else:
        said = f"The campaign is {word}" + (f": {reason}." if reason else ".")
    return Check(
        limit=Limit.CAMPAIGN_STATE,
        said=said,
        mends=Mends.NEVER if over else Mends.PERSON,
        values=values,
    )


def hours(*, rules: CampaignRules, now: datetime) -> Check:
    """Return whether the campaign's own hours let anybody be called, as claiming asks before it looks at leads."""
    schedule = rules.schedule
    values = {
        "time_zone": schedule.time_zone or "of the contact",
        "starts_at": schedule.starts_at,
        "ends_at": schedule.ends_at,
        "windows": [str(window) for window in schedule.hours.windows],
    }
    if not is_closed(rules=rules, now=now):
        return Check(limit=Limit.HOURS, said="Inside the campaign's dates and hours.", values=values)
    # Closing while a request would be on its way is closed already.
    closed = rules.closed_by(now) or rules.closed_by(now + LEAVES_WITHIN)
    assert closed is not None  # the two questions are one
    return Check(
        limit=Limit.HOURS,
        rule=str(closed.rule),
        said=closed.detail,
        mends=Mends.TIME if closed.next_allowed_at else Mends.NEVER,
        until=closed.next_allowed_at,
        values=values,
    )


def _no_account(campaign: Campaign) -> Check:
    account = campaign.account
    off = "" if account.is_active else f"Account {account.name} is switched off: switch it on."
    said = off or "None of its DIDs is of the account that takes its calls."
    return Check(limit=Limit.ACCOUNT, said=said, mends=Mends.PERSON, values={"account": account.name})
