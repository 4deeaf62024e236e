"""One person is erased everywhere; nobody else is; who must not be called is not, and the proof says what is left."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.erasure import runs
from campaigns.erasure.runs import run_waiting
from campaigns.leads.callbacks import set_callback
from campaigns.models import (
    Attempt,
    Callback,
    CallNote,
    CampaignNotice,
    Contact,
    ContactImport,
    Erasure,
    FeedEntry,
    ImportRefusal,
    Lead,
    OptOut,
    PossibleOptOut,
    RulesVersion,
    Skip,
    SuppressedNumber,
    SuppressionList,
)
from campaigns.states.campaigns import UnableToOperate
from dialer.audit import record
from dialer.models import AuditEntry
from tests.api import made
from tests.api.conftest import API, ClientFor, api, client_for
from tests.campaigns.world import enrol_campaign
from webhooks.models import Delivery, ProviderEvent, Subscription

__all__ = ["api", "client_for"]

pytestmark = pytest.mark.django_db

NUMBER, OTHER = "+919812345678", "+919812345679"
NOW = timezone.now


def everywhere(number: str, name: str) -> Attempt:
    """Return a call of a person who stands in every table that can name one."""
    of = made.campaign(state="RUNNING")
    lead = made.lead(of, number=number, state="COMPLETED", ended_at=made.NOON, variables={"flat": "12"})
    Contact.objects.filter(pk=lead.contact_id).update(
        name=name, variables={"mail": f"{name}@example.com"}, further_numbers=[f"{name} at home"]
    )
    call = made.attempt(
        lead, outcome="ANSWERED", transcript=[{"text": f"I am {name}"}], external_id=f"c-{name}", digits="9",
        recording_url=f"https://r.example.com/{name}", analysis={"mood": name}, detail=f"rang {number}",
    )  # fmt: skip
    OptOut.objects.create(attempt=call, number=number, words=f"{name} said stop", created_at=made.NOON)
    CallNote.objects.create(attempt=call, account=call.account, text=f"{name} moved", created_at=made.NOON)
    Callback.objects.create(
        lead=lead, at=made.NOON, due_at=made.NOON, note=f"ask for {name}", set_by="x", created_at=made.NOON
    )
    version = RulesVersion.objects.create(campaign=of, version=1, rules={}, made_at=made.NOON)
    Skip.objects.create(
        lead_id=lead.pk, campaign=of, number=number, at=made.NOON, rule="CAP", detail="x", rules_version=version
    )
    national = number.removeprefix("+91")
    body = {"text": f"{name} here", "to": f"0{national[:5]} {national[5:]}"}
    for attempt in (call, None):
        ProviderEvent.objects.create(
            account=call.account, attempt=attempt, body=json.dumps(body).encode(), state="IGNORED", headers={"x": name}
        )
    told, _ = Subscription.objects.get_or_create(name="CRM", url="https://crm.example.com/")
    for about in ({"kind": "RESULT", "attempt": call}, {"kind": "LEAD_ENDED", "lead": lead}):
        Delivery.objects.create(
            subscription=told, entry=FeedEntry.objects.create(**about), reply=f"saved {name}", next_try_at=made.NOON,
            created_at=made.NOON,
        )  # fmt: skip
    CampaignNotice.objects.create(campaign=of, kind="OPENED", text=f"Called {number}", created_at=made.NOON)
    upload = ContactImport.objects.create(contact_list=of.contact_lists.get(), state="DONE")
    ImportRefusal.objects.create(
        contact_import=upload, row_number=2, code="x", message=f"{national} twice", row={"phone": int(national)}
    )
    AuditEntry.objects.create(
        kind="ACCESS", at=made.NOON, by="x", face="REST", subject="number", details={"number": number}
    )
    record(act="x", what="Changed", subject=Contact.objects.get(pk=lead.contact_id), changes={"name": ["", name]})
    record(act="x", what="Callback set", subject=lead, reason=f"{name} asked for it")
    return call


def erase(number: str = NUMBER, **options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("erase", "--number", number, "--json", stdout=out, **options)
    return json.loads(out.getvalue())  # type: ignore[no-any-return]


def dump() -> str:
    """Return all that the tables hold, but for what is kept on purpose."""
    rows: list[Any] = []
    for model in (Contact, Lead, Attempt, OptOut, CallNote, Callback, Skip, ProviderEvent, CampaignNotice,
                  ImportRefusal, AuditEntry, PossibleOptOut, Delivery):  # fmt: skip
        rows += model.objects.values_list()
    return "\n".join(str([bytes(v) if isinstance(v, memoryview) else v for v in row]) for row in rows)


def test_a_person_is_erased_from_every_table_and_nobody_else_is() -> None:
    call, other = everywhere(NUMBER, "Asha"), everywhere(OTHER, "Vikram")
    SuppressedNumber.objects.create(
        suppression_list=SuppressionList.objects.create(name="Never"), number=NUMBER, reason="Asha said stop"
    )
    before = dump()
    assert before.count("Asha") == before.count("Vikram") > 8
    looked = erase(dry_run=True)["found"]
    assert dump() == before
    assert {"campaigns_contact.number", "campaigns_attempt.number", "webhooks_providerevent.body"} <= set(looked)
    proof = erase("0091 98123-45678")
    assert proof["is_proven"] is True
    assert proof["still_found"] == {}
    assert set(proof["kept"]) == {"campaigns_suppressednumber.number"}
    assert {one.partition(".")[0] for one in looked} - {"campaigns_suppressednumber"} <= set(proof["erased"])
    after = dump()
    assert "Asha" not in after
    assert after.count("Vikram") == before.count("Vikram")
    assert runs.would_erase(number=OTHER) != {}
    # What is counted stays true, and the person stays barred.
    call.refresh_from_db()
    assert (call.outcome, call.is_burned, call.number.startswith("erased-")) == ("ANSWERED", True, True)
    assert SuppressedNumber.objects.filter(number=NUMBER).count() == 1
    other.refresh_from_db()
    assert other.number == OTHER
    assert Erasure.objects.get().number == ""


def test_who_is_erased_is_called_by_nobody_and_enrolled_by_nobody() -> None:
    of = made.campaign(state="RUNNING")
    waiting = made.lead(of, number=NUMBER)
    done = made.lead(made.campaign(state="COMPLETED"), number=NUMBER, state="COMPLETED", ended_at=made.NOON)
    erase()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.number == NUMBER) == ("CANCELED", False)
    with pytest.raises(UnableToOperate, match="erased"):
        set_callback(lead_id=done.pk, at=NOW(), by="asha", now=NOW())
    again = made.campaign(state="RUNNING")
    again.contact_lists.set(Contact.objects.values_list("contact_list", flat=True))
    assert enrol_campaign(campaign_id=again.pk, now=NOW()) == 0


def test_a_call_under_way_refuses_it() -> None:
    lead = made.lead(made.campaign(state="RUNNING"), number=NUMBER, state="DIALING")
    made.attempt(lead, state="PLACED", placing_at=NOW())
    with pytest.raises(CommandError, match="under way"):
        erase()
    assert Contact.objects.filter(number=NUMBER).exists()
    assert not Erasure.objects.exists()


def test_a_number_that_waits_for_a_decision_stays_barred_and_one_may_be_barred_besides() -> None:
    call = made.attempt(made.lead(made.campaign(), number=NUMBER, state="COMPLETED", ended_at=made.NOON))
    PossibleOptOut.objects.create(
        attempt=call, campaign=call.campaign, number=NUMBER, heard_in="x", said="no", why="UNCLEAR", heard_at=made.NOON
    )
    assert erase()["is_suppressed"] is True
    assert SuppressedNumber.objects.get(number=NUMBER).until is None
    assert erase(OTHER)["is_suppressed"] is False
    assert erase(OTHER, never_call=True)["is_suppressed"] is True


def test_what_stands_in_a_setting_is_told_and_left() -> None:
    of = made.campaign()
    of.template.options = {"bot_id": "7", "transfer_to": NUMBER}
    of.template.save()
    with pytest.raises(SystemExit) as ended:
        erase()
    assert ended.value.code == 1
    assert Erasure.objects.get().still_found == {"campaigns_calltemplate.options": 1}


def test_a_run_that_dies_is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    everywhere(NUMBER, "Asha")
    runs.ask(number=NUMBER, never_call=False, reason="", by="x", now=NOW())

    def die(_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(runs, "erase_mentions", die)
        with pytest.raises(KeyboardInterrupt):
            run_waiting()
    assert Erasure.objects.get().state == "RUNNING"
    assert run_waiting() == 1
    assert Erasure.objects.get().is_proven
    assert "Asha" not in dump()


def test_over_rest_it_is_an_administrators(api: APIClient, client_for: ClientFor) -> None:
    assert client_for().post(f"{API}/erasures/", {"number": NUMBER}).status_code == 403
    wrong = api.post(f"{API}/erasures/", {"number": "98"})
    assert (wrong.status_code, wrong.json()["error"]["fields"][0]["field"]) == (400, "number")
    named = api.post(f"{API}/erasures/", {"number": NUMBER, "reason": "letter of 9812345678"})
    assert named.status_code == 400
    asked = api.post(f"{API}/erasures/", {"number": NUMBER, "reason": "letter of 2 March"})
    assert (asked.status_code, asked.json()["state"]) == (201, "WAITING")
    assert NUMBER[3:] not in asked.content.decode()
    run_waiting()
    proof = api.get(f"{API}/erasures/{asked.json()['id']}/").json()
    assert (proof["state"], proof["is_proven"]) == ("DONE", True)
