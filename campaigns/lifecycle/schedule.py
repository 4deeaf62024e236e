"""Opens campaigns whose hour has come, and begins the runs of recurring ones: each edge once.

A recurring campaign waits as SCHEDULED and calls nobody. At each edge of its cron expression a copy of it begins, a
campaign of its own over the same lists, whose end is the next edge: two runs never call at the same time. Which edge
was handled is a row (unique by campaign and edge), written in the transaction that begins the run. After an outage only
the latest edge that was missed is made up for.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from campaigns.lifecycle.copying import copy_campaign
from campaigns.lifecycle.operations import start_campaign
from campaigns.models import Campaign, CampaignRun, CampaignState, NoticeKind
from campaigns.results.notices import notify
from campaigns.rules.cron import latest_edge, next_edge
from campaigns.states import campaigns as campaign_states
from campaigns.states.campaigns import UnableToOperate

log = structlog.get_logger(__name__)

_A_MOMENT = timedelta(microseconds=1)
_NAME_LENGTH = 150


def open_due(*, now: datetime) -> list[int]:
    """Open and begin what is due; return the campaigns that started, runs included. Safe to repeat, doubled or late."""
    started = []
    waiting = Campaign.objects.filter(state=CampaignState.SCHEDULED).order_by("pk").values_list("pk", flat=True)
    for campaign_id in list(waiting):
        try:
            found = _open(campaign_id, now)
        except Exception:
            # One campaign that cannot be opened must not keep the others closed; it is tried again.
            log.exception("campaign not opened", campaign_id=campaign_id)
            continue
        if found is not None:
            started.append(found)
    return started


def next_run(*, campaign: Campaign, now: datetime) -> datetime | None:
    """Return when a recurring campaign's next run begins (UTC), or None if it has none."""
    after = max(now, campaign.starts_at - _A_MOMENT) if campaign.starts_at else now
    edge = next_edge(expression=campaign.run_cron, time_zone=campaign.time_zone, after=after)
    return None if edge is None or (campaign.ends_at is not None and edge >= campaign.ends_at) else edge


def span_of_run(*, campaign: Campaign, begins_at: datetime) -> tuple[datetime, datetime | None]:
    """Return from when until when (UTC) the run of an edge calls: until the next edge, or the campaign's end."""
    following = next_edge(expression=campaign.run_cron, time_zone=campaign.time_zone, after=begins_at)
    return begins_at, min((at for at in (following, campaign.ends_at) if at is not None), default=None)


def next_runs(*, campaign: Campaign, now: datetime, count: int) -> list[datetime]:
    """Return when a recurring campaign's next runs begin (UTC): ``count`` at most, fewer before its end."""
    found: list[datetime] = []
    while campaign.run_cron and len(found) < count:
        edge = next_run(campaign=campaign, now=found[-1] if found else now)
        if edge is None:
            break
        found.append(edge)
    return found


@transaction.atomic
def _open(campaign_id: int, now: datetime) -> int | None:
    """Return the campaign that started, if one did. Returns at once while another opens it."""
    rows = Campaign.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    campaign = rows.filter(pk=campaign_id, state=CampaignState.SCHEDULED).first()
    if campaign is None:
        return None
    if not campaign.run_cron:
        return _open_once(campaign, now)
    edge = _due_edge(campaign, now)
    started = _begin_run(campaign, edge_at=edge[0], missed=edge[1], now=now) if edge is not None else None
    _say_next(campaign, now)
    return started


def _open_once(campaign: Campaign, now: datetime) -> int | None:
    if campaign.starts_at is not None and campaign.starts_at > now:
        return None
    edge_at = campaign.starts_at or campaign.state_changed_at or now
    run, is_new = CampaignRun.objects.get_or_create(
        campaign=campaign, edge_at=edge_at, defaults={"begun_at": now, "child": None}
    )
    if not is_new and run.problem:
        return None
    try:
        with transaction.atomic():
            start_campaign(campaign_id=campaign.pk, now=now, by="its schedule")
    except UnableToOperate as error:
        _could_not(campaign, run, error.problems, now)
        why = f"Could not open: {error}"
        campaign_states.leave_schedule(campaign_id=campaign.pk, to=CampaignState.PAUSED, reason=why, now=now)
        return None
    notify(campaign_id=campaign.pk, kind=NoticeKind.OPENED, text="Opened by its schedule.", now=now)
    return campaign.pk


def _due_edge(campaign: Campaign, now: datetime) -> tuple[datetime, int] | None:
    """Return the latest edge that nobody handled since the schedule was switched on, and how many came before it."""
    handled = campaign.runs.order_by("-edge_at").values_list("edge_at", flat=True).first()
    since = [at for at in (campaign.state_changed_at, handled) if at is not None]
    if campaign.starts_at is not None:
        since.append(campaign.starts_at - _A_MOMENT)
    until = now if campaign.ends_at is None else min(now, campaign.ends_at - _A_MOMENT)
    return latest_edge(
        expression=campaign.run_cron, time_zone=campaign.time_zone, after=max(since, default=now), until=until
    )


def _begin_run(campaign: Campaign, *, edge_at: datetime, missed: int, now: datetime) -> int | None:
    run, is_new = CampaignRun.objects.get_or_create(
        campaign=campaign, edge_at=edge_at, defaults={"begun_at": now, "edges_missed": missed}
    )
    if not is_new:
        return None
    try:
        with transaction.atomic():
            child = _copy(campaign, edge_at)
            start_campaign(campaign_id=child.pk, now=now, by="the schedule")
    except UnableToOperate as error:
        _could_not(campaign, run, error.problems, now)
        return None
    run.child = child
    run.save(update_fields=["child"])
    late = f", {missed} earlier ones were missed" if missed else ""
    notify(
        campaign_id=child.pk,
        kind=NoticeKind.RUN_STARTED,
        text=f"Run of {campaign.name} for {_wall(campaign, edge_at)}{late}.",
        now=now,
    )
    return child.pk


def _copy(campaign: Campaign, edge_at: datetime) -> Campaign:
    """Return a draft with everything of the campaign that people set, for one run."""
    _, ends_at = span_of_run(campaign=campaign, begins_at=edge_at)
    own = {"run_cron": "", "starts_at": None, "ends_at": ends_at}
    return copy_campaign(campaign, name=_run_name(campaign, edge_at), **own, parent=campaign, owner=campaign.owner)


def _run_name(campaign: Campaign, edge_at: datetime) -> str:
    ending = f" – run {_wall(campaign, edge_at)}"
    name = campaign.name[: _NAME_LENGTH - len(ending)] + ending
    taken = Campaign.objects.filter(name=name).exists()
    return f"{name[: _NAME_LENGTH - 12]} #{campaign.pk}" if taken else name


def _wall(campaign: Campaign, at: datetime) -> str:
    return f"{at.astimezone(zoneinfo.ZoneInfo(campaign.time_zone)):%Y-%m-%d %H:%M}"


def _could_not(campaign: Campaign, run: CampaignRun, problems: Sequence[str], now: datetime) -> None:
    run.problem = " ".join(problems)[:500]
    run.save(update_fields=["problem"])
    notify(campaign_id=campaign.pk, kind=NoticeKind.RUN_FAILED, text=f"No run: {run.problem}", now=now)


def _say_next(campaign: Campaign, now: datetime) -> None:
    """Show when the next run begins; one whose end has passed is over."""
    edge = next_run(campaign=campaign, now=now)
    if edge is None and campaign.ends_at is not None and campaign.ends_at <= now:
        why = "Its end has passed"
        campaign_states.leave_schedule(campaign_id=campaign.pk, to=CampaignState.COMPLETED, reason=why, now=now)
        return
    reason = f"Next run {_wall(campaign, edge)} {campaign.time_zone}" if edge else "No further run"
    if campaign.state_reason != reason:
        Campaign.objects.filter(pk=campaign.pk, state=CampaignState.SCHEDULED).update(state_reason=reason)
