"""The admin: what is done by a button or an action of a list is done once, however often it is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.leads.callbacks import set_callback
from campaigns.models import ContactImport
from dialer.models import DID, ApiKey, AuditEntry, KeptAnswer
from dialer.sandbox.client import SandboxClient
from tests.acts.left import act_of_action, act_of_page, left_entry
from tests.admin.conftest import owner
from tests.doubles.asked import DESK, PERSON, House, everything, key_of_somebody, leaves
from tests.doubles.pages import forms_of
from tests.doubles.test_forms import MODELS, never, page, twice
from tests.doubles.test_rest import house
from tests.sandbox.carrier import carrier_process, receiver, sandbox

__all__ = ["carrier_process", "house", "owner", "receiver", "sandbox"]
pytestmark = pytest.mark.django_db

Act = tuple[list[Any], dict[str, Any]]


def in_a_day() -> dict[str, str]:
    return {"at": (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")}


ACTS: dict[str, Callable[[House], Act]] = {
    "dialer_agent_enable": lambda h: ([h.agent().pk], {}),
    "dialer_agent_disable": lambda h: ([h.agent().pk], {}),
    "dialer_agent_expire": lambda h: ([h.agent().pk], {"expires_on": "2031-05-06"}),
    "dialer_buy_numbers": lambda h: _buying(h),
    "dialer_sync_account": lambda h: ([h.there().pk], {}),
    "dialer_renew_push_address": lambda h: ([h.there().pk], {}),
    "dialer_revoke_key": lambda h: ([key_of_somebody("olga")], {}),
    "dialer_rotate_key": lambda h: ([key_of_somebody("olga")], {}),
    "dialer_provideraccount_sandbox": lambda h: ([], {"provider": "voxcore"}),
    "dialer_register_webhook": lambda h: ([h.there().pk], {}),
    "dialer_check_account": lambda h: ([h.there().pk], {}),
    "dialer_add_agent": lambda h: ([h.there().pk], PERSON),
    "dialer_add_extension": lambda h: ([h.there().pk], {**DESK, "did": _number_of(h)}),
    "dialer_texttemplate_add": lambda h: ([], {"account": h.there().pk, "name": "due", "text": "{amount} is due."}),
    "dialer_text_send_again": lambda h: ([h.text()], {}),
    "dialer_text_look": lambda h: ([h.text()], {}),
    "campaigns_attempt_notes": lambda h: ([h.attempt().pk], {"note-text": "Wants a call"}),
    "campaigns_campaign_ring": lambda h: ([h.running().pk], {"number": "+919812345678"}),
    "campaigns_campaign_operate": lambda h: ([h.running().pk, "pause"], {"reason": "lunch", "sure": "yes"}),
    "campaigns_campaign_clone": lambda h: ([h.running().pk], {"name": "Another"}),
    "campaigns_campaign_archive": lambda h: ([_over(h)], {}),
    "campaigns_lead_call_back": lambda h: ([h.running().leads.first().pk], in_a_day()),
    "campaigns_lead_call_now": lambda h: ([h.running().leads.first().pk], {}),
    "campaigns_lead_call_off": lambda h: ([_to_call_back(h)], {}),
    "campaigns_contact_suppress": lambda h: (
        [h.running().leads.first().contact_id],
        {"suppression_list": never(), "reason": "asked"},
    ),
    "campaigns_contactlist_upload": lambda h: ([h.running().contact_lists.get().pk], {"if_duplicate": "skip"}),
    "campaigns_contactimport_cancel": lambda h: (
        [ContactImport.objects.create(contact_list=h.running().contact_lists.get()).pk],
        {},
    ),
    "campaigns_possibleoptout_decide": lambda h: ([h.doubt().pk], {"decision": "OPT_OUT"}),
    "campaigns_suppressionlist_suppress": lambda h: ([never()], {"numbers": "+919812345678", "reason": "asked"}),
    "webhooks_subscription_replay": lambda h: ([h.subscription(position=5).pk], {"after": "0"}),
    "dialer_switchboard_changelist": lambda h: ([], {"allowed": "", "reason": "Complaint", "sure": "on"}),
}
#: Pages that are sent nothing, or do nothing for good, and those that cannot be tried here.
NO_ACTS = {
    "campaigns_campaign_rows": "shows", "campaigns_campaign_why": "shows", "campaigns_campaign_export": "shows",
    "campaigns_campaign_exports": "shows", "campaigns_campaign_report": "shows",
    "campaigns_did_health": "shows", "campaigns_did_health_of": "shows",
    "own_zone": "keeps one choice, which is the same however often it is sent: tests/admin/test_zones.py",
    "campaigns_home_now": "shows", "campaigns_home_attention": "shows", "campaigns_home_chart": "shows",
    "campaigns_home_findings": "shows",
    "campaigns_contact_person": "shows", "campaigns_attempt_note_effects": "changes nothing",
    "campaigns_campaign_steps": "tests/admin/test_steps.py",
    "campaigns_campaign_try_again": "its address names the calls: tests/admin/test_live.py",
    "campaigns_hours_picture": "shows", "dialer_places": "shows",
    "dialer_key_map": "shows a text", "dialer_auditentry_export": "shows",
    "dialer_sync_progress": "shows", "campaigns_attempt_recording": "shows",
    "campaigns_campaign_live": "shows",
    "campaigns_campaign_live_now": "shows", "campaigns_campaign_live_lately": "shows",
    "campaigns_campaign_live_chart": "shows", "campaigns_campaign_results": "shows",
    "campaigns_campaign_set_up": "shows",
    "campaigns_campaign_rehearse": "needs the carrier: tests/campaigns/rehearsing/test_rehearsal.py",
    "campaigns_campaign_rehearsal": "shows", "campaigns_campaign_phone": "shows",
    "campaigns_campaign_walk": "tests/campaigns/rehearsing/test_first_steps.py",
    "campaigns_contactimport_columns": "tests/admin/test_columns.py",
    "campaigns_campaign_preflight": "shows", "campaigns_contactimport_state": "shows",
    "campaigns_contactimport_report": "shows", "campaigns_lead_evidence": "shows",
    "campaigns_attempt_participants": "needs a live call; see tests/campaigns/calls/test_participants.py",
}  # fmt: skip
#: Acts that show what came of them instead of leading to it.
SHOW_RESULTS = ("dialer_check_account", "dialer_rotate_key")


def _over(house: House) -> int:
    """Return a campaign that is over."""
    campaign = house.running()
    type(campaign).objects.filter(pk=campaign.pk).update(state="COMPLETED")
    return int(campaign.pk)


def _to_call_back(house: House) -> int:
    lead = house.running().leads.first()
    now = timezone.now()
    set_callback(lead_id=lead.pk, at=now + timedelta(hours=2), by="olga", now=now)
    return int(lead.pk)


def _number_of(house: House) -> int:
    return DID.objects.create(account=house.there(), number=DESK["did"]).pk


def _buying(house: House) -> Act:
    pk, body = house.quote()
    return [pk], {"step": "buy", **body}


def test_every_act_is_sent_or_named_with_a_reason() -> None:
    own = ("_changelist", "_add", "_change", "_delete", "_history", "_password_change")
    ours = {
        str(one.name)
        for path, one in leaves()
        if path.startswith("admin/") and "_" in str(one.name) and not str(one.name).endswith(own)
    }
    ours -= {"app_list", "view_on_site", "password_change_done"}
    assert ours <= set(ACTS) | set(NO_ACTS)


@pytest.mark.parametrize("name", ACTS)
def test_an_act_that_is_sent_twice_is_done_once(owner: Client, house: House, sandbox: SandboxClient, name: str) -> None:
    args, given = ACTS[name](house)
    url = reverse(f"admin:{name}", args=args)
    changes: list[Any] = []

    def sent() -> dict[str, Any]:
        file = {"file": SimpleUploadedFile("a.csv", b"phone\n9810000001\n"), "key": "u-1"} if "upload" in name else {}
        return {**given, **file, "form_key": "k-1"}

    before = everything(but=(KeptAnswer, AuditEntry))
    first = owner.post(url, sent())
    said = [(one.level_tag, str(one)) for one in get_messages(first.wsgi_request)]
    assert not said or said[0][0] != "error", said
    if name not in SHOW_RESULTS:
        assert first.status_code == 302, first.context and first.context.get("form") and first.context["form"].errors
        after = everything(but=(KeptAnswer, AuditEntry))
        assert before != after or name in ("dialer_agent_enable", "dialer_register_webhook", "dialer_text_look")
    assert left_entry(act_of_page(url), by="olga", face="ADMIN")
    after = everything()
    changes = [one["changes"] for one in sandbox.summary()["accounts"].values()]
    again = owner.post(url, sent())
    if name != "dialer_check_account":
        assert first.status_code == 200 or again["Location"] == first["Location"]
        assert "done already, once" in str(list(get_messages(again.wsgi_request))[-1])
        assert everything() == after
    assert [one["changes"] for one in sandbox.summary()["accounts"].values()] == changes


#: What actions that ask first are told.
ASKED: dict[str, Callable[[], dict[str, Any]]] = {
    "opt_out_until_selected": lambda: {"until": in_a_day()["at"]},
    "call_back_selected": lambda: in_a_day(),
    "suppress_selected": lambda: {"suppression_list": never(), "reason": "asked"},
}
ACTIONS = [
    (model, name)
    for model in MODELS
    for _, name, _ in admin.site._registry[model]._get_base_actions()  # type: ignore[attr-defined]
    if name != "delete_selected"
]


@pytest.mark.parametrize(("model", "name"), ACTIONS, ids=lambda given: getattr(given, "__name__", given))
def test_an_action_that_is_sent_twice_is_done_once(owner: Client, house: House, model: type[Model], name: str) -> None:
    rows: dict[str, Callable[[], Any]] = {
        "Campaign": house.running, "ImportSource": house.source, "PossibleOptOut": house.doubt, "Agent": house.agent,
        "ProviderAccount": house.there, "Subscription": house.subscription, "CallNote": house.note,
        "Delivery": house.delivery, "Lead": lambda: house.running().leads.order_by("pk").first(),
    }  # fmt: skip
    rows["ApiKey"] = lambda: ApiKey.objects.get(pk=key_of_somebody("olga"))
    row = rows[model.__name__]()
    if name == "resume_selected":
        model._default_manager.filter(pk=row.pk).update(state="PAUSED")
    sent = {"action": name, "_selected_action": [row.pk], "index": "0", "form_key": "k-1"}
    reply = owner.post(page(model, "changelist"), sent)
    if reply.status_code == 200 and "text/html" in reply["Content-Type"]:
        question = next((one for one in forms_of(reply) if "_selected_action" in dict(one.inputs)), None)
        if question is None:
            return  # it shows, and does nothing
        given = ASKED.get(name, dict)()
        twice(owner, page(model, "changelist"), question.filled(**given))
        assert left_entry(act_of_action(model, name), by="olga", face="ADMIN")
        return
    if reply.status_code == 302:
        refused = all(one.level_tag == "error" for one in get_messages(reply.wsgi_request))
        assert refused or left_entry(act_of_action(model, name), by="olga", face="ADMIN")
        before = everything()
        again = owner.post(page(model, "changelist"), sent)
        assert (again.status_code, again["Location"]) == (302, reply["Location"])
        assert everything() == before
