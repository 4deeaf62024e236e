"""Whether beat lives while campaigns run, and whether counts are true: system checks, see `dialer.checks`."""

from __future__ import annotations

from datetime import UTC, datetime

from django.core.checks import CheckMessage, Warning

from campaigns.lifecycle.beat import SILENT_AFTER, beat_seen_at
from campaigns.models import Campaign, CampaignState, CountCheck
from dialer.checks.running import of_database

#: So many campaigns are named in a warning.
NAMED = 5


@of_database
def beat_lives() -> list[CheckMessage]:
    """Without beat, no upload is taken up again, nothing is synced, and no scheduled job runs."""
    return judge_beat(now=datetime.now(UTC))


def judge_beat(*, now: datetime) -> list[CheckMessage]:
    """Return a warning if campaigns run and beat has not been seen for a minute."""
    seen_at = beat_seen_at()
    if seen_at is not None and now - seen_at <= SILENT_AFTER:
        return []
    running = Campaign.objects.filter(state=CampaignState.RUNNING).count()
    if not running:
        return []
    since = f"since {seen_at:%Y-%m-%d %H:%M:%S} UTC" if seen_at is not None else "ever"
    text = (
        f"No beat has been seen {since}, and {running} campaigns are running: calls go on by the workers' own bells, "
        "but interrupted uploads wait, and imports, syncs and exports by schedule do not happen."
    )
    hint = "Start one: celery --app dialer beat (docker compose up -d beat), and see in its log why it has ended."
    return [Warning(text, hint=hint, id="campaigns.W001")]


@of_database
def counts_are_true() -> list[CheckMessage]:
    """Pages and REST show counts that are kept; each night they are held against the rows."""
    found = CountCheck.objects.exclude(differences=[]).order_by("pk").values_list("pk", "differences")[:NAMED]
    if not found:
        return []
    named = "; ".join(f"#{campaign_id} ({len(differences)})" for campaign_id, differences in found)
    text = f"Counts that are kept of campaigns are not what their leads and attempts come to: {named}."
    hint = "Repair them, calls may go on: manage.py check_counts --repair. It prints what differed: please report it."
    return [Warning(text, hint=hint, id="campaigns.W002")]
