"""One row in two tabs, or under two people: each saves what he changed, and who changed the same is told."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import signing
from django.db.models import Model
from django.test import Client

from campaigns.models import Campaign, ContactList
from tests.admin import builders
from tests.admin.conftest import owner
from tests.doubles.asked import everything
from tests.doubles.pages import forms_of
from tests.doubles.test_forms import NEW, main_form, model_of, page

__all__ = ["owner"]
pytestmark = pytest.mark.django_db
#: Two inputs of each form, with what one and what the other enters.
TWO: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "auth.User": (("first_name", "Asha"), ("last_name", "Rao")),
    "campaigns.CallTemplate": (("name", "Other"), ("max_ring_seconds", "31")),
    "campaigns.Campaign": (("name", "Other"), ("max_attempts", "4")),
    "campaigns.ContactList": (("name", "Other"), ("default_region", "IN")),
    "campaigns.ImportSource": (("name", "Other"), ("location", "file:december.csv")),
    "campaigns.SuppressionList": (("name", "Other"), ("applies_to_all", "on")),
    "dialer.Agent": (("name", "Other"), ("wrap_up_seconds", "7")),
    "dialer.DID": (("label", "Other"), ("max_live_calls", "7")),
    "dialer.ProviderAccount": (("name", "Other"), ("voxcore__settings__dialout_path", "/v2/dialout")),
    "webhooks.Subscription": (("name", "Other"), ("url", "https://other.example/hook")),
}


def made(client: Client, label: str) -> tuple[type[Model], str]:
    """Return the table, and the address of a row that was made by its own form."""
    model = model_of(label)
    sent = main_form(client.get(page(model, "add"))).filled(**NEW[label](), _save="Save")
    client.post(page(model, "add"), sent)
    row = model._default_manager.order_by("-pk")[0]
    if isinstance(row, Campaign) and not row.contact_lists.exists():  # its first step leaves it so
        row.contact_lists.set(ContactList.objects.all())
    return model, page(model, "change", row.pk)


def inputs(client: Client, url: str) -> dict[str, Any]:
    return main_form(client.get(url)).filled()


@pytest.mark.parametrize("label", TWO)
def test_each_saves_what_he_changed_and_who_changed_the_same_is_told_and_may_insist(owner: Client, label: str) -> None:
    model, url = made(owner, label)
    (one, entered), (two, other) = TWO[label]
    old = inputs(owner, url)

    def save(**changed: Any) -> Any:
        return owner.post(url, {**old, "form_key": "", "_save": "Save", **changed})

    assert save(**{one: entered}).status_code == 302
    assert save(**{two: other}).status_code == 302
    before, rows = inputs(owner, url), everything()[model._meta.label]
    assert (before[one], before[two]) == ([entered], [other])

    refused = save(**{one: "Third"})
    assert refused.status_code == 200
    assert "changed meanwhile" in str(refused.context["adminform"].form.errors[one])
    assert everything()[model._meta.label] == rows
    shown = main_form(refused).filled(_save="Save")
    assert shown[one] == ["Third"], "what was entered is still there"
    assert owner.post(url, shown).status_code == 302
    assert inputs(owner, url)[one] == ["Third"]

    assert save().status_code == 302, "a page that is saved untouched changes nothing of what came meanwhile"
    assert (inputs(owner, url)[one], inputs(owner, url)[two]) == (["Third"], [other])


def test_lines_that_somebody_else_chose_stay(owner: Client) -> None:
    campaign = builders.campaign(builders.account())
    url = page(Campaign, "change", campaign.pk)
    old = inputs(owner, url)
    campaign.dids.clear()
    assert owner.post(url, {**old, "name": "Other", "_save": "Save"}).status_code == 302
    assert not campaign.dids.exists()
    assert Campaign.objects.get().name == "Other"


def test_what_is_shown_holds_no_secret_and_is_taken_for_its_own_row_only(owner: Client) -> None:
    first, second = builders.account("First"), builders.account("Second")
    url, other = (page(type(first), "change", one.pk) for one in (first, second))
    shown = dict(main_form(owner.get(url)).inputs)["as_shown"]
    held = str(signing.loads(shown, salt=f"dialer.ProviderAccount {first.pk}"))
    assert builders.API_KEY not in held
    assert builders.PUSH_TOKEN not in held
    moved = {**inputs(owner, other), "as_shown": shown, "name": "Third", "_save": "Save"}
    assert owner.post(other, moved).status_code == 302
    second.refresh_from_db()
    assert second.name == "Third"
    assert len(forms_of(owner.get(url))) > 1
