"""The forms: accounts keep their secrets, templates their options, campaigns what belongs together."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django.fixtures import Settings

from campaigns.models import (
    CallTemplate,
    ContactList,
    RulesProfile,
)
from dialer.models import DID, ProviderAccount
from tests.admin import builders
from tests.admin.builders import API_KEY, PUSH_TOKEN
from tests.admin.posted import ACCOUNT, NO_INLINES, change, problems
from tests.admin.sent import inputs_of

PUSH_INPUT = "voxcore__credentials__push_token"


def test_no_form_of_the_admin_takes_json(db: None, rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = User(is_superuser=True, is_active=True)
    forms_of = dict[str, type[forms.ModelForm[Any]]]()
    for model, page in admin.site._registry.items():
        with suppress(FieldError):  # of a page that has another form for what is new
            if page.has_add_permission(request):
                forms_of[model._meta.label] = page.get_form(request)
    assert {"webhooks.Subscription", "campaigns.RulesProfile", "dialer.DID"} <= forms_of.keys()
    fields = [(label, name, field) for label, form in forms_of.items() for name, field in form.base_fields.items()]
    assert [(label, name) for label, name, field in fields if isinstance(field, forms.JSONField)] == []


def test_an_account_is_made_from_one_input_per_declared_field(owner: Client) -> None:
    reply = owner.post(reverse("admin:dialer_provideraccount_add"), ACCOUNT)
    assert reply.status_code == 302
    account = ProviderAccount.objects.get()
    assert account.credentials == {"api_key": API_KEY, "push_token": PUSH_TOKEN}
    assert account.settings["dialout_path"] == "/api/v1/dialout"


def test_a_missing_credential_is_said_at_its_input(owner: Client) -> None:
    reply = owner.post(reverse("admin:dialer_provideraccount_add"), {**ACCOUNT, "voxcore__credentials__api_key": ""})
    assert problems(reply) == {"voxcore__credentials__api_key": "API key is required."}
    assert PUSH_TOKEN not in reply.content.decode()


def test_a_secret_that_was_typed_is_kept_while_another_input_is_mended_and_is_on_no_page(owner: Client) -> None:
    address = reverse("admin:dialer_provideraccount_add")
    reply: Any = owner.post(address, {**ACCOUNT, "name": ""})
    assert list(problems(reply)) == ["name"]
    assert API_KEY not in reply.content.decode()
    shown = inputs_of(reply.content.decode(), form="provideraccount_form")
    assert shown["voxcore__credentials__api_key"] == [""]
    assert owner.post(address, {**shown, "name": "Bots"}).status_code == 302
    assert ProviderAccount.objects.get().credentials == {"api_key": API_KEY, "push_token": PUSH_TOKEN}
    swapped = {
        **shown,
        "form_key": "another",
        "name": "Other",
        "voxcore__credentials__api_key__typed": shown[f"{PUSH_INPUT}__typed"],
    }
    assert "API key is required." in str(problems(owner.post(address, swapped)))


def test_an_empty_secret_keeps_the_stored_one(owner: Client) -> None:
    account = builders.account()
    form = {**ACCOUNT, **NO_INLINES, "name": "Renamed"}
    form |= {"voxcore__credentials__api_key": "", "voxcore__credentials__push_token": "another-token"}
    reply = owner.post(reverse("admin:dialer_provideraccount_change", args=[account.pk]), form)
    assert reply.status_code == 302
    account.refresh_from_db()
    assert account.name == "Renamed"
    assert account.credentials == {"api_key": API_KEY, "push_token": "another-token"}


def test_secrets_that_no_key_opens_stay_until_all_are_entered_again(owner: Client, settings: Settings) -> None:
    ours, other = settings.DIALER_ENCRYPTION_KEYS, "a key of another time"
    settings.DIALER_ENCRYPTION_KEYS = [other]
    account = builders.account()
    settings.DIALER_ENCRYPTION_KEYS = ours
    form = {**ACCOUNT, **NO_INLINES, "name": "Renamed"}
    empty = {f"voxcore__credentials__{name}": "" for name in ("api_key", "push_token")}
    address = reverse("admin:dialer_provideraccount_change", args=[account.pk])
    assert owner.post(address, form | empty).status_code == 302
    half = owner.post(address, form | {"voxcore__credentials__api_key": ""})
    assert problems(half) == {"voxcore__credentials__api_key": "API key is required."}
    moved = owner.post(address, form | empty | {"base_url": "https://thief.example"})
    assert set(problems(moved)) == set(empty)
    settings.DIALER_ENCRYPTION_KEYS = [*ours, other]
    kept = ProviderAccount.objects.get(pk=account.pk)
    assert (kept.name, kept.credentials) == ("Renamed", {"api_key": API_KEY, "push_token": PUSH_TOKEN})
    settings.DIALER_ENCRYPTION_KEYS = ours
    assert owner.post(address, form | {"voxcore__credentials__api_key": "another"}).status_code == 302
    mended = ProviderAccount.objects.get(pk=account.pk)
    assert mended.credentials == {"api_key": "another", "push_token": PUSH_TOKEN}
    assert owner.post(reverse("admin:dialer_renew_push_address", args=[account.pk])).status_code == 302
    assert ProviderAccount.objects.get(pk=account.pk).unreadable == ""


def test_the_key_map_comes_with_its_token_to_those_who_may_change_the_account(owner: Client, viewer: Client) -> None:
    address = reverse("admin:dialer_key_map", args=[builders.account().pk])
    reply = owner.post(address)
    assert PUSH_TOKEN in json.loads(reply.json()["text"])["token"]
    assert "no-store" in reply["Cache-Control"]
    assert owner.get(address).status_code == 405
    assert viewer.post(address).status_code == 403


def test_a_viewer_does_not_see_the_push_address(owner: Client, viewer: Client) -> None:
    account = builders.account()
    address = reverse("admin:dialer_provideraccount_change", args=[account.pk])
    assert account.push_token in owner.get(address).content.decode()
    assert account.push_token not in viewer.get(address).content.decode()


def test_the_command_prints_the_key_map_of_an_account_by_name(db: None) -> None:
    builders.account()
    out = io.StringIO()
    call_command("key_map", "Bots", stdout=out)
    assert json.loads(out.getvalue())["token"] == f"Bearer {PUSH_TOKEN}"
    with pytest.raises(CommandError, match="Accounts: Bots"):
        call_command("key_map", "Boots")


def test_a_template_is_made_from_the_options_of_its_action(owner: Client) -> None:
    form = {"name": "T", "provider": "voxcore", "action": "VOICE_BOT", "max_ring_seconds": "30"}
    form["approval"] = "NOT_NEEDED"
    address = reverse("admin:campaigns_calltemplate_add")
    assert problems(owner.post(address, form)) == {"voxcore__VOICE_BOT__bot_id": "Bot ID is required."}
    assert "action" in problems(owner.post(address, {**form, "action": "SPEAK_TEXT"}))
    assert owner.post(address, {**form, "voxcore__VOICE_BOT__bot_id": "b-1"}).status_code == 302
    assert CallTemplate.objects.get().options == {"bot_id": "b-1"}


def test_what_is_entered_line_by_line_is_stored_as_a_list_and_shown_line_by_line(owner: Client) -> None:
    campaign = builders.campaign(builders.account())
    assert change(owner, campaign, opt_out_words="do not call\n\n 9 ").status_code == 302
    campaign.refresh_from_db()
    assert (campaign.opt_out_words, campaign.callback_words) == (["do not call", "9"], [])
    form = owner.get(reverse("admin:campaigns_campaign_change", args=[campaign.pk])).context["adminform"].form
    assert form["opt_out_words"].value() == "do not call\n9"


@pytest.mark.parametrize(
    ("entered", "stored", "problem"),
    [
        ("customer_name = name\namount=due", {"customer_name": "name", "amount": "due"}, ""),
        ("", {}, ""),
        ("customer_name", None, "“customer_name” is no pair"),
        ("amount = due\namount = total", None, "“amount” is there twice"),
    ],
)
def test_variables_of_a_template_are_entered_as_pairs(
    owner: Client, entered: str, stored: dict[str, str] | None, problem: str
) -> None:
    template = builders.campaign(builders.account()).template
    form = {"name": "T", "provider": "voxcore", "action": "VOICE_BOT", "voxcore__VOICE_BOT__bot_id": "b-1"}
    form |= {"variables": entered, "max_ring_seconds": "30", "approval": "NOT_NEEDED"}
    reply: Any = owner.post(reverse("admin:campaigns_calltemplate_change", args=[template.pk]), form)
    if stored is None:
        assert problem in problems(reply)["variables"]
        return
    assert reply.status_code == 302
    template.refresh_from_db()
    assert template.variables == stored


def test_a_country_without_known_holidays_is_refused_at_its_field(owner: Client) -> None:
    found = problems(change(owner, builders.campaign(builders.account()), holiday_country="XX"))
    assert "No public holidays" in found["holiday_country"]


def test_a_profile_that_is_changed_makes_a_new_version_and_campaigns_move_to_it(owner: Client) -> None:
    campaign = builders.campaign(builders.account())
    before = RulesProfile.objects.create(slug="land", name="Land", rules={})
    campaign.profile = before
    campaign.save()
    rules = {"windows": [{"days": "12345", "opens": "09:00", "closes": "17:00"}]}
    hours = {"windows-0-days": list("12345"), "windows-0-opens": "09:00", "windows-0-closes": "17:00"}
    address = reverse("admin:campaigns_rulesprofile_change", args=[before.pk])
    form = {"name": "Land", **hours}
    assert owner.post(address, form).status_code == 302
    campaign.refresh_from_db()
    assert campaign.profile is not None
    assert (campaign.profile.version, campaign.profile.rules) == (2, rules)
    past = RulesProfile.objects.get(pk=before.pk)
    assert (past.version, past.rules, past.is_latest) == (1, {}, False)
    assert owner.post(address, form).status_code == 403


def test_a_did_of_another_account_is_refused_at_its_field(owner: Client) -> None:
    campaign = builders.campaign(builders.account())
    stranger = DID.objects.create(account=builders.account(name="Other"), number="+918099999999")
    found = problems(change(owner, campaign, dids=[stranger.pk]))
    assert list(found) == ["dids"]
    assert "+918099999999" in found["dids"]


def test_an_empty_list_is_refused_at_its_field(owner: Client) -> None:
    campaign = builders.campaign(builders.account())
    empty = ContactList.objects.create(name="Nobody")
    assert "Nobody" in problems(change(owner, campaign, contact_lists=[empty.pk]))["contact_lists"]


def test_a_template_of_another_provider_is_refused_at_its_field(owner: Client) -> None:
    campaign = builders.campaign(builders.account())
    CallTemplate.objects.filter(pk=campaign.template_id).update(provider="intellicall")
    assert list(problems(change(owner, campaign))) == ["template"]


def test_an_action_that_the_provider_cannot_do_is_refused_with_the_reason_when_the_campaign_is_saved(
    owner: Client,
) -> None:
    campaign = builders.campaign(builders.account())
    CallTemplate.objects.filter(pk=campaign.template_id).update(action="SPEAK_TEXT")
    assert "VoxCore cannot do" in problems(change(owner, campaign))["template"]


@pytest.mark.parametrize("typed", ["+91 99000-00000", "9900000000", "919900000000"])
def test_a_lead_is_found_by_its_number_as_people_write_it(owner: Client, typed: str) -> None:
    builders.house(2)
    reply = owner.get(reverse("admin:campaigns_lead_changelist"), {"q": typed})
    assert [lead.number for lead in reply.context["cl"].result_list] == ["+919900000000"]


def test_the_address_of_a_recording_is_never_shown(owner: Client) -> None:
    campaign = builders.campaign(builders.account())
    tried = builders.attempt(builders.lead(campaign, "+919900000001"), recording_url="javascript:alert(1)")
    page = owner.get(reverse("admin:campaigns_attempt_change", args=[tried.pk])).content.decode()
    assert "javascript:alert(1)" not in page
    assert reverse("admin:campaigns_attempt_recording", args=[tried.pk]) in page
