"""Before the start: who would be called and who not, what is missing, and when it would be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q, Sum

from campaigns.claiming.account_reading import placing_rate
from campaigns.explaining.forecasting import Assumptions, Plan, forecast
from campaigns.explaining.limits import House
from campaigns.explaining.population import Lacking, capped_people, lacking, needed_variables, read_groups
from campaigns.explaining.shared_people import Shared, shared_people
from campaigns.explaining.sorting import SortedOut, sort_out
from campaigns.explaining.verdict import in_a_sentence, refusals, verdict, warnings
from campaigns.lifecycle.readiness import starting_problems
from campaigns.lifecycle.schedule import next_run, span_of_run
from campaigns.models import Campaign, ContactImport, ImportState
from campaigns.rules.campaign import read_rules
from campaigns.rules.ruleset import CampaignRules
from dialer.models import DID, ProviderAccount
from dialer.sql import hot_cursor

#: What is done one after the other, in words.
STEPS = (
    "Counting people",
    "Looking for those who were called of late",
    "Looking for missing variables",
    "Planning the calls",
)
#: Where no limit is set at all, so many calls at one time are assumed.
LINES_UNKNOWN = 10
#: Hours of the plan that are shown.
MOST_HOURS = 24 * 14
#: Numbers of the campaign that are named.
MOST_NUMBERS = 100
#: Sets of zones that are shown, those of the most people first.
MOST_ZONES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLimits:
    """What one of the campaign's accounts takes: calls at one time, a second, an hour and a day; None: no limit."""

    account: int
    name: str
    template: str
    stands_by: bool
    lines: int
    calls_per_second: float | None
    calls_per_hour: int | None
    calls_per_day: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """``people`` = ``callable`` + ``suppressed`` + ``invalid`` + ``never`` + ``lacking_required``.

    Whoever is ``capped``, ``suppressed_for_now`` or ``held`` for a decision may be called later and is among the
    callable. ``refused_rows``: of uploads to its lists, that became no contact; ``duplicate_rows``: whose number was
    there already. ``shared``: who waits in another campaign that goes.
    ``hindrances``: what keeps all calls, or their results, back at present. ``zones``: how many of the
    callable may be in which zones, all of which must be open for a call; empty where the campaign goes by its own
    clock alone.
    ``assumed`` is of the first account alone; ``accounts`` has what the second one could take as well.
    """

    campaign_id: int
    at: datetime
    problems: list[str]
    people: int
    callable: int
    suppressed: int
    suppressed_for_now: int
    held: int
    invalid: int
    never: int
    never_reasons: dict[str, int]
    lacking_required: int
    capped: int
    refused_rows: int
    duplicate_rows: int
    hindrances: list[str]
    from_numbers: list[str]
    shared: list[Shared]
    waits_for_leads: bool
    time_zone: str
    zones: dict[tuple[str, ...], int]
    lacking: list[Lacking]
    assumed: Assumptions
    accounts: list[AccountLimits]
    plan: Plan

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values; instants stay datetimes."""
        counts = {name: getattr(self, name) for name in _COUNTS}
        hours = sorted(self.plan.calls_by_hour.items())[:MOST_HOURS]
        assumed = {name: getattr(self.assumed, name) for name in Assumptions.__slots__}
        found = {
            "campaign": self.campaign_id,
            "at": self.at,
            **counts,
            "zones": [{"zones": list(zones), "people": people} for zones, people in self.zones.items()],
            "missing_variables": [
                {"name": one.name, "needed_by": one.needed_by, "contacts": one.contacts, "rows": list(one.contact_ids)}
                for one in self.lacking
            ],
            "in_other_campaigns": [asdict(one) for one in self.shared],
            "assumed": assumed,
            "accounts": [asdict(one) for one in self.accounts],
            "first_call_at": self.plan.first_call_at,
            "finish_at": self.plan.finish_at,
            "calls": round(sum(self.plan.calls_by_hour.values())),
            "answered": round(self.plan.answered),
            "not_reached": round(self.plan.attempts_used_up),
            "not_finished": round(self.plan.left_over),
            "hours": [{"hour": hour, "calls": round(calls)} for hour, calls in hours],
        }
        return found | self._judged(found)

    def _judged(self, found: dict[str, Any]) -> dict[str, Any]:
        """Return what it comes to, by what was found."""
        refused, warned = refusals(found, waits_for_leads=self.waits_for_leads), list(warnings(found))
        return {
            "verdict": str(verdict(refused=refused, warned=warned)),
            "refusals": refused,
            "warnings": warned,
            "said": in_a_sentence(found, zone=self.time_zone, now=self.at),
        }


_LIMITS = ("lines", "calls_per_second", "calls_per_hour", "calls_per_day")
_COUNTS = (
    "people", "callable", "suppressed", "suppressed_for_now", "held", "invalid", "never", "never_reasons",
    "lacking_required", "capped", "refused_rows", "duplicate_rows", "problems", "hindrances", "from_numbers",
)  # fmt: skip


def preflight(
    *,
    campaign: Campaign,
    now: datetime,
    talk_seconds: float = 60.0,
    ring_seconds: float = 20.0,
    answer_percent: float = 40.0,
    tell: Callable[[str], None] = lambda _: None,
) -> Preflight:
    """Look at a campaign before its start. What people do is assumed; everything else is as it is set.

    ``tell`` is called with each of STEPS as it begins.
    """
    tell(STEPS[0])
    with hot_cursor() as cursor:
        rules = read_rules(cursor, campaign_ids=[campaign.pk])[campaign.pk]
        hindrances = _hindrances(House(cursor, now=now), campaign)
        groups = read_groups(cursor, campaign=campaign, rules=rules, now=now)
        looked_at = _looked_at(cursor, campaign, rules, now, tell)
    tell(STEPS[3])
    accounts = account_limits(campaign=campaign, now=now)
    limits = {name: getattr(accounts[0], name) for name in _LIMITS}
    assumed = Assumptions(**limits, ring_seconds=ring_seconds, talk_seconds=talk_seconds, answer_percent=answer_percent)
    sorted_out = sort_out(groups=groups, rules=rules, now=now)
    starts_at, rules_then = _when_it_calls(campaign, rules, now)
    return Preflight(
        campaign_id=campaign.pk,
        at=now,
        problems=starting_problems(campaign=campaign, now=now),
        people=sum(group.size for group in groups),
        **_counted(sorted_out, rules),
        **_left_out_rows(campaign),
        **looked_at,
        hindrances=hindrances,
        from_numbers=_from_numbers(campaign),
        waits_for_leads=campaign.is_standing or bool(campaign.run_cron),
        time_zone=campaign.time_zone,
        assumed=assumed,
        accounts=accounts,
        plan=forecast(rules=rules_then, cohorts=sorted_out.cohorts(rules_then), assumed=assumed, starts_at=starts_at),
    )


def _looked_at(
    cursor: Any, campaign: Campaign, rules: CampaignRules, now: datetime, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Return what is looked for in each person's earlier calls, other campaigns and variables."""
    tell(STEPS[1])
    capped = capped_people(cursor, campaign=campaign, rules=rules, now=now)
    shared = shared_people(cursor, campaign=campaign)
    tell(STEPS[2])
    lacks = lacking(cursor, campaign=campaign, needed=needed_variables(campaign, rules))
    return {"capped": capped, "shared": shared, "lacking": lacks}


def _counted(found: SortedOut, rules: CampaignRules) -> dict[str, Any]:
    """Return how many people may be called, and how many not and why."""
    return {
        "callable": sum(found.callable.values()),
        "suppressed": found.suppressed,
        "suppressed_for_now": found.suppressed_for_now,
        "held": found.held,
        "invalid": found.invalid,
        "never": sum(found.never.values()),
        "never_reasons": dict(found.never),
        "lacking_required": found.lacking_required,
        "zones": dict(found.by_zones(rules).most_common(MOST_ZONES)),
    }


def _when_it_calls(campaign: Campaign, rules: CampaignRules, now: datetime) -> tuple[datetime, CampaignRules]:
    """Return when calls would begin, and the rules by then: a recurring campaign calls nobody before its next run."""
    run = next_run(campaign=campaign, now=now) if campaign.run_cron else None
    if run is None:
        return max(now, campaign.starts_at or now), rules
    begins_at, ends_at = span_of_run(campaign=campaign, begins_at=run)
    return begins_at, replace(rules, schedule=replace(rules.schedule, ends_at=ends_at))


def _left_out_rows(campaign: Campaign) -> dict[str, Any]:
    """Return how many rows of uploads to its lists became no contact: refused ones, and duplicates."""
    uploads = ContactImport.objects.filter(contact_list__in=campaign.contact_lists.all(), state=ImportState.DONE)
    sums = uploads.aggregate(refused_rows=Sum("rows_refused"), duplicate_rows=Sum("rows_duplicate"))
    return {name: rows or 0 for name, rows in sums.items()}


def _hindrances(house: House, campaign: Campaign) -> list[str]:
    """Return what keeps all calls back at present, or their results: a start is possible, and not what was meant."""
    checks = [*house.whole, house.results(campaign)]
    return [check.said for check in checks if not check.is_ok or "troubles" in check.values]


def _from_numbers(campaign: Campaign) -> list[str]:
    """Return the numbers that its calls come from, of its first account."""
    dids = DID.objects.filter(Q(campaigns=campaign) | Q(groups__campaigns=campaign), is_active=True)
    own = dids.filter(account_id=campaign.account_id).order_by("number").distinct()
    return list(own.values_list("number", flat=True)[:MOST_NUMBERS])


def account_limits(*, campaign: Campaign, now: datetime) -> list[AccountLimits]:
    """Return what each of the campaign's accounts takes by limits as they are set, the first one first."""
    second = campaign.fallback_account
    accounts = [campaign.account, *([second] if second is not None else [])]
    return [_limits(campaign, account, now) for account in accounts]


def _limits(campaign: Campaign, account: ProviderAccount, now: datetime) -> AccountLimits:
    capabilities, template = account.api.capabilities, campaign.template_at(account.pk)
    dids = DID.objects.filter(Q(campaigns=campaign) | Q(groups__campaigns=campaign), is_active=True, account=account)
    # A DID may come by several groups: it is counted once.
    own = DID.objects.filter(pk__in=dids.values("pk"))
    sums = own.aggregate(lines=Sum("max_live_calls"), hour=Sum("max_calls_per_hour"), day=Sum("max_calls_per_day"))
    agents = None
    if capabilities.rings_agent(template.action):
        usable = campaign.agents.usable(now=now).filter(account=account)
        agents = usable.aggregate(lines=Sum("max_live_calls"))["lines"] or 0
    limits = [campaign.max_live_calls, account.max_live_calls, sums["lines"], agents]
    if capabilities.reports_capacity:
        limits.append(account.gate.fleet_maximum)
    known = [limit for limit in limits if limit is not None]
    return AccountLimits(
        account=account.pk,
        name=account.name,
        template=template.name,
        stands_by=account.pk != campaign.account_id,
        lines=min(known) if known else LINES_UNKNOWN,
        calls_per_second=placing_rate(given=account.calls_per_second, capabilities=capabilities),
        # One DID without a cap takes what the others do not.
        calls_per_hour=None if own.filter(max_calls_per_hour=None).exists() else sums["hour"],
        calls_per_day=None if own.filter(max_calls_per_day=None).exists() else sums["day"],
    )
