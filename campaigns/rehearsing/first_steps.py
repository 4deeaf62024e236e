"""A walk for newcomers: from nothing to a finished campaign in the sandbox, each step with defaults that work.

Everything it makes is an ordinary account, list, template and campaign, as pages and REST make them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from campaigns.importing import import_rows
from campaigns.leads.single_calls import call_once
from campaigns.lifecycle.standing import standing_campaign
from campaigns.models import Attempt, CallTemplate, Campaign, ContactList, FirstSteps
from campaigns.states import campaigns as campaign_states
from campaigns.states.campaigns import UnableToOperate
from dialer.accounts.sandbox import open_sandbox
from dialer.audit.rows import row_added
from dialer.models import ProviderAccount
from dialer.providers.base import Outcome
from dialer.sandbox.rehearsals import FIRST, OWN_PHONE, REHEARSALS

#: Numbers that no telephone has: they are kept for films, should somebody take the list elsewhere.
FIRST_NUMBER, PEOPLE = 12025550100, 30
NAMES = ("Asha", "Ben", "Chen", "Dilip", "Elena", "Farah", "Goran", "Hana", "Ivo", "Jaya")
LIST, TEMPLATE, CAMPAIGN = "Sample people", "Sample call", "First campaign"
WAITS = {"NO_ANSWER": 5, "BUSY": 5, "FAILED": 5}


@dataclass(frozen=True, slots=True)
class Step:
    """``said``: what it does; ``needs``: the step without which there is nothing to do it with."""

    name: str
    title: str
    button: str
    said: str
    needs: str
    again: bool = False


STEPS = (
    Step("account", "A sandbox account", "Open it", "Nobody is called by it: no key, no address.", "", again=False),
    Step("list", "A sample list", "Make it", "Invented people, with numbers that nobody has.", "", again=False),
    Step("template", "What the call does", "Make it", "A call template.", "account", again=False),
    Step("campaign", "A campaign", "Make it", "List, template and numbers together.", "template", again=False),
    Step(
        "preflight",
        "Preflight",
        "Look",
        "Whom it would call, when it would be done, and what is missing.",
        "campaign",
        again=True,
    ),
    Step("ring", "Ring me", "Ring", "A simulated phone rings as a person's would.", "campaign", again=True),
    Step("start", "Start", "Start …", "The page before each start.", "campaign", again=False),
    Step("watch", "Watch", "Watch it", "Calls, answers and limits as they come.", "start", again=True),
    Step("call", "Read a call", "Read one", "What was said, and what became of it.", "start", again=True),
    Step("export", "Export", "Download", "All calls, for a spreadsheet.", "start", again=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A step as the card shows it; ``is_next``: the one to do now."""

    step: Step
    is_done: bool
    is_open: bool
    is_next: bool


def shown_steps() -> Sequence[Shown]:
    """Return the steps; none where the walk was put away, or where somebody has begun without it."""
    walk = FirstSteps.objects.select_related("campaign").first()
    if walk is None and ProviderAccount.objects.exists():
        return ()
    if walk is not None and walk.dismissed_at is not None:
        return ()
    done = _done(walk)
    todo = [step for step in STEPS if step.name not in done]
    return [
        Shown(
            step=step,
            is_done=step.name in done,
            is_open=not step.needs or step.needs in done,
            is_next=bool(todo) and step is todo[0],
        )
        for step in STEPS
    ]


def _done(walk: FirstSteps | None) -> set[str]:
    if walk is None:
        return set()
    started = walk.campaign is not None and walk.campaign.started_at is not None
    return {*walk.done, *(["start"] if started else [])}


@transaction.atomic
def take_step(name: str, *, by: str, now: datetime) -> FirstSteps:
    """Do what a step makes, once, and tick it. Raises UnableToOperate, KeyError for no step."""
    FirstSteps.objects.get_or_create(pk=1)
    walk = FirstSteps.objects.select_for_update(of=("self",)).get(pk=1)
    _MAKES[name](walk, by, now)
    if name not in walk.done:
        walk.done = [*walk.done, name]
    walk.save()
    return walk


def dismiss() -> None:
    """Put the walk away for good."""
    FirstSteps.objects.update_or_create(pk=1, defaults={"dismissed_at": Now()})


def answered_call(walk: FirstSteps) -> Attempt | None:
    """Return an answered call of its campaign, the latest one."""
    calls = Attempt.objects.filter(campaign=walk.campaign, outcome=Outcome.ANSWERED)
    return calls.order_by("-id").first()


def _account(walk: FirstSteps, by: str, now: datetime) -> None:
    walk.account = open_sandbox(provider=FIRST)


def _list(walk: FirstSteps, by: str, now: datetime) -> None:
    if walk.contact_list is not None:
        return
    walk.contact_list = ContactList.objects.create(name=_free(ContactList, LIST))
    row_added(walk.contact_list)
    rows = [
        {"phone": f"+{FIRST_NUMBER + n}", "name": f"{NAMES[n % len(NAMES)]} {n + 1}", "Amount due": 100 + 10 * n}
        for n in range(PEOPLE)
    ]
    import_rows(contact_list=walk.contact_list, rows=rows, file_name="sample people")


def _template(walk: FirstSteps, by: str, now: datetime) -> None:
    if walk.template is not None:
        return
    account, rehearsal = _needed(walk.account), REHEARSALS[FIRST]
    walk.template = CallTemplate.objects.create(
        name=_free(CallTemplate, TEMPLATE),
        provider=account.provider,
        action=rehearsal.action,
        options=dict(rehearsal.options),
    )
    row_added(walk.template)


def _campaign(walk: FirstSteps, by: str, now: datetime) -> None:
    if walk.campaign is not None:
        return
    if walk.contact_list is None:
        _list(walk, by, now)
        walk.done = [*walk.done, "list"]
    account = _needed(walk.account)
    walk.campaign = campaign_states.add_draft(
        name=_free(Campaign, CAMPAIGN),
        account=account,
        template=_needed(walk.template),
        time_zone=account.time_zone,
        window_opens=time(0, 0),
        window_closes=time(23, 59, 59, 999999),
        max_attempts=2,
        retry_rules=dict(WAITS),
        callback_words=[],
        owner=by[:150],
    )
    walk.campaign.contact_lists.set([_needed(walk.contact_list)])
    walk.campaign.dids.set(account.dids.filter(is_active=True))
    walk.campaign.agents.set(account.agents.all())
    row_added(walk.campaign)


def _ring(walk: FirstSteps, by: str, now: datetime) -> None:
    campaign = _needed(walk.campaign)
    standing = standing_campaign(
        account=campaign.account, template=campaign.template, purpose="Test calls", now=now, by=by
    )
    variables = {"name": by, "amount_due": 420}
    walk.phone, _ = call_once(campaign=standing, number=OWN_PHONE, at=None, variables=variables, name=by, now=now)


def _call(walk: FirstSteps, by: str, now: datetime) -> None:
    if answered_call(walk) is None:
        raise UnableToOperate(["No call was answered yet: start the campaign, and wait a moment."])


def _needed(value: Any) -> Any:
    if value is None:
        raise UnableToOperate(["Do the steps before it first."])
    return value


def _free(model: Any, name: str) -> str:
    count, wanted = 1, name
    while model.objects.filter(name=wanted).exists():
        count += 1
        wanted = f"{name} {count}"
    return wanted


_MAKES: dict[str, Callable[[FirstSteps, str, datetime], None]] = {
    "account": _account,
    "list": _list,
    "template": _template,
    "campaign": _campaign,
    "ring": _ring,
    "call": _call,
    "preflight": lambda walk, by, now: _needed(walk.campaign),
    "watch": lambda walk, by, now: _needed(walk.campaign),
    "export": lambda walk, by, now: _needed(walk.campaign),
}
