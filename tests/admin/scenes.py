"""A busy house for the pages that managers watch: campaigns in every state, calls under way and ended, troubles."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from campaigns.models import Attempt, Campaign, ContactImport, JobRun, LimitSpan
from dialer.models import AccountGate, Installation, ResultCount
from tests.admin import builders
from webhooks.models import Subscription


def under_way(name: str, number: int, *, state: str = "RUNNING", reason: str = "Started by olga") -> Campaign:
    """Return a campaign of an account of its own."""
    owner = builders.account(f"Account of {name}", max_live_calls=10)
    return builders.campaign(
        owner, name=name, number=number, state=state, state_reason=reason, state_changed_at=timezone.now()
    )


def ended(campaign: Campaign, outcomes: str, *, first: int, at: datetime, lead_state: str = "COMPLETED") -> None:
    """Add a lead with an ended call for each outcome named."""
    for nth, outcome in enumerate(outcomes.split()):
        lead = builders.lead(campaign, f"+9199{first + nth:08}", state=lead_state, ended_at=at)
        builders.attempt(lead, outcome=outcome, ended_at=at)


def ringing(campaign: Campaign, *, first: int, quantity: int = 1, since: timedelta = timedelta(seconds=5)) -> None:
    """Add calls that ring since then; after half a minute nobody has news of them."""
    now = timezone.now()
    for nth in range(quantity):
        call = builders.live(builders.lead(campaign, f"+9198{first + nth:08}", state="DIALING"))
        Attempt.objects.filter(pk=call.pk).update(placing_at=now - since, deadline_at=now + timedelta(minutes=20))


def busy_house() -> dict[str, Campaign]:
    """Return campaigns by what they do, while a worker is at work."""
    now = timezone.now()
    Installation.objects.update_or_create(pk=1, defaults={"seen_at": now, "healthy_at": now + timedelta(hours=1)})
    runs = under_way("Renewals of March", 1)
    ended(runs, "ANSWERED ANSWERED NO_ANSWER BUSY REFUSED", first=100, at=now - timedelta(minutes=2))
    ended(runs, "ANSWERED NO_ANSWER NO_ANSWER", first=200, at=now - timedelta(minutes=40))
    ringing(runs, first=100, quantity=3)
    for number in range(6):
        builders.lead(runs, f"+9197{number:08}")
    LimitSpan.objects.create(campaign=runs, limit="DID", said="All lines of its DIDs are taken: 3 of 3.", since_at=now)
    broken = under_way("Claims", 2, state="PAUSED", reason="The provider refused attempt #12: wrong key")
    done = under_way("Surveys", 3, state="COMPLETED", reason="Every lead has ended")
    ended(done, "ANSWERED NO_ANSWER", first=300, at=now - timedelta(hours=2))
    waits = under_way("Tomorrow", 4, state="SCHEDULED", reason="Scheduled by olga")
    paused = under_way("Lunch", 5, state="PAUSED", reason="Paused by olga: lunch")
    single = under_way("Test calls · Bots · Bot", 6)
    Campaign.objects.filter(pk=single.pk).update(is_standing=True)
    return {"runs": runs, "broken": broken, "done": done, "waits": waits, "paused": paused, "single": single}


def troubled_house() -> Campaign:
    """Stage every trouble that home names; return the campaign that runs in spite of them."""
    now = timezone.now()
    house = busy_house()
    runs = house["runs"]
    gates = AccountGate.objects.filter(account=runs.account)
    gates.update(fleet_available=0, fleet_maximum=10, fleet_measured_at=now)
    away = AccountGate.objects.filter(account=house["paused"].account)
    away.update(backoff_until=now + timedelta(minutes=1), backoff_reason="503 no line", refusals_in_row=9)
    for kind in ("SILENT", "UNMATCHED", "WRONG_TOKEN"):
        ResultCount.objects.create(account=runs.account, kind=kind, count=33, since_at=now, last_at=now)
    ringing(runs, first=900, quantity=2, since=timedelta(minutes=5))
    runs.template.approval = "WAITING"
    runs.template.save()
    runs.dids.update(resting_until=now + timedelta(hours=1))
    ContactImport.objects.create(
        contact_list=runs.contact_lists.get(),
        file_name="march.csv",
        state="DONE",
        rows_total=9,
        rows_accepted=2,
        rows_refused=7,
    )
    JobRun.objects.create(job="nightly", edge_at=now, begun_at=now, problem="The list was not there")
    Subscription.objects.create(
        name="CRM", url="https://crm.example/", failing_since=now, failures=5, problem="500", is_active=True
    )
    return runs
