"""Every POST of the API, with rows that it can be asked about and a body that it takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from campaigns.leads.callbacks import set_callback
from campaigns.lifecycle.heartbeat import judge
from campaigns.models import Attempt, CallNote, ContactImport, FeedEntry, ImportSource, RulesProfile, SuppressionList
from campaigns.results.feed import last_position, place_entries
from campaigns.settling.reports import settle
from dialer.accounts.buying import quote_numbers
from dialer.accounts.texts import submit_text
from dialer.keys.making import make_key
from dialer.models import Agent, Installation, KeptAnswer, ProviderAccount, SyncedItem
from dialer.providers.base import CallReport, Outcome, Phase
from dialer.sandbox.client import SandboxClient
from tests.api import made
from tests.campaigns import world
from tests.dialer.accounts.builders import account_at
from webhooks.models import Delivery, Subscription

#: What a POST is asked with: the id in its address, and its body.
Question = tuple[Any, dict[str, Any] | None]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PERSON = {"name": "Asha", "email": "asha@company.example", "phone": "+919876543210", "password": "Secure@123"}
DESK = {"ext_no": "2109", "name": "Desk", "password": "Secure@123", "did": "+911143104567", "recording_id": "7"}


class House:
    """Makes what a question is about, when it is asked for."""

    def __init__(self, sandbox: SandboxClient, receiver_url: str) -> None:
        self._sandbox, self.receiver_url = sandbox, receiver_url

    def there(self) -> ProviderAccount:
        """Return an account at the carrier that can do everything."""
        if found := ProviderAccount.objects.filter(provider="ivrsolutions").first():
            return found
        carrier = {"agents": ["2101", "2102"], "caller_ids": ["+911143104567"], "templates": []}
        made_now: ProviderAccount = account_at(self._sandbox, "ivrsolutions", carrier=carrier)
        return made_now

    def agent(self) -> Agent:
        return Agent.objects.create(account=self.there(), name="Agent", kind="EXTENSION", address="2101")

    def running(self) -> Any:
        return world.campaign(world.account(), leads=2)

    def attempt(self) -> Attempt:
        return made.attempt(made.lead(made.campaign(), number="+919812345678"))

    def note(self) -> CallNote:
        attempt = self.attempt()
        ProviderAccount.objects.filter(pk=attempt.account_id).update(provider="ivrsolutions")
        ProviderAccount.objects.filter(pk=attempt.account_id).update(settings={"write_back": "remark"})
        Attempt.objects.filter(pk=attempt.pk).update(external_id="c-1")
        SyncedItem.objects.create(
            account_id=attempt.account_id, kind="DISPOSITION", external_id="3", name="Interested", seen_at=NOW
        )
        note = {"account_id": attempt.account_id, "disposition": "Interested", "created_at": NOW, "state": "FAILED"}
        return CallNote.objects.create(attempt=attempt, **note)

    def doubt(self) -> Any:
        attempt = world.place(self.running())
        said = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, disposition="do not call me at the office")
        settle(reports=[(attempt.pk, said)], now=world.NOON)
        return apps.get_model("campaigns", "PossibleOptOut").objects.get()

    def home_in_doubt(self) -> str:
        self.running()
        Installation.objects.update_or_create(pk=1)
        judge()
        past = datetime.now(UTC) - timedelta(hours=1)
        Installation.objects.filter(pk=1).update(seen_at=past, good_until=past)
        judge()
        since = Installation.objects.get().doubt_since
        assert since is not None
        return since.isoformat()

    def source(self) -> ImportSource:
        contact_list = made.campaign().contact_lists.get()
        return ImportSource.objects.create(name="Nightly", contact_list=contact_list, location="file:november.csv")

    def subscription(self, **fields: Any) -> Subscription:
        return Subscription.objects.create(name="Us", url=self.receiver_url, **fields)

    def delivery(self) -> Delivery:
        entry = FeedEntry.objects.create(kind="RESULT", attempt=self.attempt())
        given = {"state": "DELIVERED", "tries": 1, "created_at": NOW, "next_try_at": NOW}
        return Delivery.objects.create(subscription=self.subscription(), entry=entry, **given)

    def told(self) -> Subscription:
        subscription = self.delivery().subscription
        place_entries()
        Subscription.objects.filter(pk=subscription.pk).update(position=last_position())
        return subscription

    def quote(self) -> tuple[int, dict[str, Any]]:
        account = self.there()
        quote = quote_numbers(account=account, country_code="91", region="1", now=datetime.now(UTC))[0]
        return account.pk, {"token": quote.token, "price": "500"}

    def text(self) -> int:
        text, now = "Dear {name}, {amount} is due.", datetime.now(UTC)
        return submit_text(account=self.there(), name="due", text=text, now=now, by="olga").pk

    def drafted(self) -> dict[str, Any]:
        like = made.campaign()
        return {
            "name": "New",
            "account": like.account_id,
            "template": like.template_id,
            "contact_lists": [like.contact_lists.get().pk],
            "dids": [like.dids.get().pk],
            **made.WHOLE_DAY,
        }

    def called(self) -> dict[str, Any]:
        like = made.campaign()
        return {"number": "+919812345678", "account": like.account_id, "template": like.template_id}


def key_of_somebody(of: str = "root") -> int:
    """Return a new API key of a user."""
    user, _ = User.objects.get_or_create(username=of)
    made, _ = make_key(user_id=user.pk, name="Nightly", scopes=("read",), expires_at=None, now=datetime.now(UTC))
    return made.pk


def _to_call_back(house: House) -> int:
    lead, now = house.running().leads.first(), datetime.now(UTC)
    set_callback(lead_id=lead.pk, at=now + timedelta(hours=2), by="olga", now=now)
    return int(lead.pk)


def _tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).isoformat()


def _decision(house: House) -> dict[str, Any]:
    return {"decision": "OPT_OUT", "ids": [house.doubt().pk]}


def _pending(house: House) -> dict[str, Any]:
    return {"filter": {"campaign": house.running().pk, "state": "PENDING"}, "count": 2}


ONE = {"numbers": ["+919812345678"]}
ASKED: dict[str, Callable[[House], Question]] = {
    "accounts/": lambda h: (None, made.ACCOUNT),
    "accounts/{}/add-agent/": lambda h: (h.there().pk, PERSON),
    "accounts/{}/add-extension/": lambda h: (h.there().pk, DESK),
    "accounts/{}/buy-number/": lambda h: h.quote(),
    "accounts/{}/check/": lambda h: (h.there().pk, {}),
    "accounts/{}/number-quotes/": lambda h: (h.there().pk, {"country_code": "91", "region": "1"}),
    "accounts/{}/register-webhook/": lambda h: (h.there().pk, {}),
    "accounts/{}/renew-push-address/": lambda h: (h.there().pk, {}),
    "accounts/sandbox/": lambda h: (None, {"provider": "voxcore"}),
    "accounts/{}/sync/": lambda h: (h.there().pk, {"background": True}),
    "dids/": lambda h: (None, {"account": made.account(name="Numbers").pk, "number": "+912234567890"}),
    "did-groups/": lambda h: (None, {"account": made.account().pk, "name": "Group", "dids": []}),
    "agents/": lambda h: (
        None,
        {"account": made.account().pk, "name": "A", "kind": "NUMBER", "address": "912"},
    ),
    "agents/{}/disable/": lambda h: (h.agent().pk, {}),
    "agents/{}/enable/": lambda h: (h.agent().pk, {}),
    "agents/{}/expire/": lambda h: (h.agent().pk, {"expires_on": "2031-05-06"}),
    "text-templates/": lambda h: (None, {"account": h.there().pk, "name": "due", "text": "{amount} is due."}),
    "text-templates/{}/look/": lambda h: (h.text(), {}),
    "switchboard/": lambda h: (None, {"dialing_allowed": False, "reason": "Complaint"}),
    "switchboard/confirm-home/": lambda h: (None, {"doubt_since": h.home_in_doubt()}),
    "suppression-lists/": lambda h: (None, {"name": "Do not call"}),
    "suppression-lists/{}/numbers/": lambda h: (SuppressionList.objects.create(name="Never").pk, ONE),
    "suppression-lists/{}/numbers/remove/": lambda h: (SuppressionList.objects.create(name="Never").pk, ONE),
    "calls/": lambda h: (None, h.called()),
    "keys/": lambda h: (None, {"name": "Nightly", "scopes": ["read"]}),
    "keys/{}/rotate/": lambda h: (key_of_somebody(), {}),
    "keys/{}/revoke/": lambda h: (key_of_somebody("other"), {}),
    "lists/": lambda h: (None, {"name": "November"}),
    "lists/{}/upload/": lambda h: (made.campaign().contact_lists.get().pk, {"rows": [{"phone": "+919812345678"}]}),
    "imports/{}/cancel/": lambda h: (
        ContactImport.objects.create(contact_list=made.campaign().contact_lists.get()).pk,
        {},
    ),
    "contacts/": lambda h: (None, {"contact_list": made.campaign().contact_lists.get().pk, "number": "+919812345678"}),
    "saved-filters/": lambda h: (None, {"rows": "PEOPLE", "name": "Due", "query": "waits=due"}),
    "number-exceptions/": lambda h: (None, {"prefix": "+9174286", "reason": "Newer than the plan"}),
    "templates/": lambda h: (None, made.TEMPLATE),
    "rules-profiles/": lambda h: (None, {"slug": "ours", "name": "Ours", "rules": RulesProfile.objects.all()[0].rules}),
    "campaigns/": lambda h: (None, h.drafted()),
    "campaigns/{}/archive/": lambda h: (made.campaign(state="STOPPED").pk, {}),
    "campaigns/{}/unarchive/": lambda h: (made.campaign(state="STOPPED", archived_at=NOW).pk, {}),
    "campaigns/{}/clone/": lambda h: (h.running().pk, {}),
    "campaigns/{}/leads/": lambda h: (h.running().pk, {"contact": {"phone": "+919812345678"}}),
    "campaigns/{}/pause/": lambda h: (h.running().pk, {"reason": "lunch"}),
    "campaigns/{}/preflight/": lambda h: (h.running().pk, {}),
    "campaigns/{}/resume/": lambda h: (world.campaign(world.account(), leads=1, state="PAUSED").pk, {}),
    "campaigns/{}/start/": lambda h: (made.lead(made.campaign(), number="+919812345678").campaign_id, {}),
    "campaigns/{}/stop/": lambda h: (h.running().pk, {"reason": "Complaint"}),
    "leads/call-back/": lambda h: (None, {**_pending(h), "at": _tomorrow()}),
    "leads/cancel/": lambda h: (None, _pending(h)),
    "leads/priority/": lambda h: (None, {**_pending(h), "priority": 3}),
    "leads/suppress/": lambda h: (
        None,
        {**_pending(h), "suppression_list": SuppressionList.objects.create(name="Never").pk},
    ),
    "campaigns/pause/": lambda h: (None, {"filter": {"account": h.running().account_id}, "count": 1}),
    "campaigns/stop/": lambda h: (None, {"filter": {"account": h.running().account_id}, "count": 1}),
    "leads/{}/call-back/": lambda h: (h.running().leads.first().pk, {"at": _tomorrow()}),
    "leads/{}/call-off/": lambda h: (_to_call_back(h), {}),
    "leads/{}/cancel/": lambda h: (h.running().leads.first().pk, {}),
    "leads/{}/priority/": lambda h: (h.running().leads.first().pk, {"priority": 3}),
    "attempts/{}/notes/": lambda h: (h.attempt().pk, {"text": "Wants a call"}),
    "call-notes/{}/send-again/": lambda h: (h.note().pk, {}),
    "erasures/": lambda h: (None, {"number": "+919812345678"}),
    "deliveries/{}/send-again/": lambda h: (h.delivery().pk, {}),
    "import-sources/": lambda h: (
        None,
        {"name": "Nightly", "contact_list": made.campaign().contact_lists.get().pk, "location": "file:november.csv"},
    ),
    "import-sources/{}/fetch/": lambda h: (h.source().pk, {}),
    "possible-opt-outs/decide/": lambda h: (None, _decision(h)),
    "possible-opt-outs/{}/decide/": lambda h: (h.doubt().pk, {"decision": "OPT_OUT"}),
    "subscriptions/{}/preview/": lambda h: (h.subscription().pk, {}),
    "subscriptions/{}/replay/": lambda h: (h.subscription(position=5).pk, {"after": 0}),
    "subscriptions/": lambda h: (None, {"name": "Us", "url": h.receiver_url}),
    "subscriptions/{}/renew-secret/": lambda h: (h.subscription().pk, {}),
    "subscriptions/{}/revive/": lambda h: (h.subscription(is_active=False).pk, {}),
    "subscriptions/{}/test/": lambda h: (h.subscription().pk, {}),
}
#: What is not asked here, and why.
NOT_ASKED = {
    "campaigns/{}/rehearse/": "needs the carrier of the installation: tests/campaigns/rehearsing/test_rehearsal.py",
    "attempts/{}/participants/": "needs a live call at a carrier: tests/campaigns/calls/test_participants.py",
}


def leaves(patterns: Any = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Give every address of the project with its pattern."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from leaves(one.url_patterns, path)
        else:
            yield path, one


def posts() -> dict[str, Any]:
    """Return the view of every POST of the API by its address, with {} for an id; it knows its action."""
    found = {}
    for path, one in leaves():
        if path.startswith("api/v1/") and _takes_post(one.callback):
            name = re.sub(r"\(\?P<[^)]*\)|<[^>]*>", "{}", path.removeprefix("api/v1/"))
            found[name.replace("^", "").replace("$", "")] = one.callback
    return found


def _takes_post(callback: Any) -> bool:
    actions = getattr(callback, "actions", None)
    return "post" in actions if actions else hasattr(getattr(callback, "cls", None), "post")


def everything(*, but: Collection[type[Model]] = (KeptAnswer,)) -> dict[str, list[str]]:
    """Return all rows of all our tables, as JSON, but for the kept answers themselves."""
    ours = ("dialer", "campaigns", "webhooks", "django_celery_beat", "auth", "admin")
    models = [model for model in apps.get_models() if model._meta.app_label in ours and model not in but]
    found: dict[str, list[str]] = {model._meta.label: [] for model in models}
    with connection.cursor() as cursor:
        # One statement, as this is asked around hundreds of requests.
        cursor.execute(" UNION ALL ".join(_rows_of(model) for model in models))
        for label, row in cursor.fetchall():
            found[label].append(row)
    return {label: sorted(rows) for label, rows in found.items()}


def _rows_of(model: type[Model]) -> str:
    """Return the statement for a table's rows, but for the columns that do not tell of acts: when one was here last."""
    untold = [one.column for one in model._meta.concrete_fields if one.name.startswith("last_used")]
    columns = "".join(f" - '{column}'" for column in untold)
    return f"SELECT '{model._meta.label}', (to_jsonb(t){columns})::text FROM \"{model._meta.db_table}\" t"
