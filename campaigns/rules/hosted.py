"""What a campaign must be to run on the provider's dialer, and when that dialer shall be on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from campaigns.rules.hours import Hours, Span, Window, open_spans
from campaigns.rules.walls import DAY
from dialer.providers.base import Action


def hosting_problems(*, campaign: Any) -> dict[str, str]:
    """Return by field what keeps a campaign from running on its provider's dialer; account and template are set."""
    api, action = campaign.account.api, campaign.template.action
    can = api.capabilities.hosted_actions
    problems: dict[str, str] = {}
    if not can:
        problems["runs_on"] = f"{api.name} has no dialer of its own that runs campaigns: choose Here."
    elif action not in can:
        known = ", ".join(sorted(Action(one).value for one in can))
        problems["runs_on"] = f"{api.name}'s own dialer can run {known} only, and the template does {action}."
    elif campaign.fallback_account_id is not None:
        problems["fallback_account"] = "On the provider's dialer no second account can stand in: leave it empty."
    elif campaign.time_zone != campaign.account.time_zone:
        problems["time_zone"] = (
            f"On the provider's dialer the hours are those of the account's clock: use {campaign.account.time_zone}."
        )
    elif finer := _finer_rules(campaign):
        problems |= dict.fromkeys(finer, "The provider's dialer cannot keep this rule: leave it empty, or run Here.")
    elif campaign.window_opens and campaign.window_closes and clock_hours(campaign) is None:
        problems["window_closes"] = "On the provider's dialer the window lies within one day and has a whole minute."
    return problems


def _finer_rules(campaign: Any) -> list[str]:
    """Return the calling rules that are set and that a provider's dialer knows nothing of."""
    own = ("holiday_country", "blackout_dates", "profile_id", "caps", "minimum_gap_seconds")
    found = [name.removesuffix("_id") for name in own if getattr(campaign, name)]
    return [*found, *(["hours_follow"] if campaign.hours_follow == "CONTACT" else [])]


def clock_hours(campaign: Any) -> tuple[time, time] | None:
    """Return the whole minutes of the calling window that the provider's dialer is told: never more than the window."""
    opens, closes = campaign.window_opens, campaign.window_closes.replace(second=0, microsecond=0)
    if opens != opens.replace(second=0, microsecond=0):
        later = datetime.combine(date(2000, 1, 1), opens.replace(second=0, microsecond=0)) + timedelta(minutes=1)
        opens = later.time() if later.day == 1 else time(23, 59, 59)
    return (opens, closes) if opens < closes else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Whether the provider's dialer shall be on, since which edge, and why."""

    is_on: bool
    edge_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a wish depends on. Datetimes are aware."""

    state: str
    state_changed_at: datetime
    dialing_allowed: bool
    dialing_changed_at: datetime
    account_is_active: bool
    account_changed_at: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    time_zone: str
    hours: tuple[time, time] | None


def wish(*, given: Circumstances, now: datetime) -> Wish:
    """Return whether the dialer shall be on at ``now``. Between two changes everybody who asks gets the same edge."""
    if given.state != "RUNNING":
        return Wish(is_on=False, edge_at=given.state_changed_at, reason=f"The campaign is {given.state.lower()}")
    if not given.dialing_allowed:
        return Wish(is_on=False, edge_at=given.dialing_changed_at, reason="All dialing is stopped")
    if not given.account_is_active:
        return Wish(is_on=False, edge_at=given.account_changed_at, reason="The account is switched off")
    if given.starts_at is not None and now < given.starts_at:
        return Wish(is_on=False, edge_at=given.state_changed_at, reason="Before the campaign's start")
    if given.ends_at is not None and now >= given.ends_at:
        return Wish(is_on=False, edge_at=given.ends_at, reason="The campaign's end has passed")
    if given.hours is None:
        return Wish(is_on=False, edge_at=given.state_changed_at, reason="The calling window is not valid")
    opens, closes = _latest(given.hours, given.time_zone, now)
    if closes <= now:
        return Wish(is_on=False, edge_at=closes, reason="The calling window has closed")
    # The account's edit instant is no edge here: a new name of the account must not switch anything.
    edges = [opens, given.state_changed_at, given.starts_at, given.dialing_changed_at]
    return Wish(is_on=True, edge_at=max(edge for edge in edges if edge), reason="The calling window is open")


def _latest(hours: tuple[time, time], time_zone: str, now: datetime) -> Span:
    """Return the latest stretch (UTC) in which the window was open that began by ``now``; one that goes on ends later.

    As our own calls have it, on days on which clocks are turned as well.
    """
    rules = Hours(windows=(Window(opens=hours[0], closes=hours[1]),))
    today = now.astimezone(UTC).date()
    spans = [span for back in (3, 2, 1, 0) for span in open_spans(rules, time_zone, today - back * DAY)]
    opens, closes = max(span for span in spans if span[0] <= now)
    # A stretch is cut where a day of UTC ends.
    for begins, ends in reversed(spans):
        opens = begins if ends == opens else opens
    return opens, closes
