"""A form writes what was changed in it: what the dialer wrote meanwhile stays, in every table that both write to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from campaigns.models import Campaign, ContactList, ImportSource
from campaigns.states import campaigns as campaign_states
from dialer.models import DID
from tests.admin import builders
from tests.admin.builders import NOW
from tests.admin.posted import ACCOUNT, NO_INLINES, change
from tests.campaigns.states.racing import holding
from webhooks.models import Subscription

LATER = NOW + timedelta(hours=1)


@pytest.mark.django_db(transaction=True)
def test_a_campaign_that_is_paused_while_its_form_is_saved_stays_paused() -> None:
    campaign = builders.campaign(builders.account(), state="RUNNING")
    client = Client()
    client.force_login(User.objects.create_superuser("olga"))
    with holding(Campaign.objects.filter(pk=campaign.pk)) as race, connection.cursor() as cursor:
        race.start(lambda: change(client, campaign, weight="7"))
        assert campaign_states.pause_running(cursor, campaign_id=campaign.pk, reason="Too many failures", now=NOW)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.state_reason, campaign.weight) == ("PAUSED", "Too many failures", 7)


@pytest.mark.django_db(transaction=True)
def test_a_did_that_rests_while_the_form_of_its_account_is_saved_rests_on() -> None:
    account = builders.account()
    line = DID.objects.create(account=account, number="+918012345678", max_live_calls=1)
    client = Client()
    client.force_login(User.objects.create_superuser("olga"))
    shown = {"id": line.pk, "account": account.pk, "number": line.number, "label": "Sales", "max_live_calls": 3}
    inline = {"dids-TOTAL_FORMS": "1", "dids-INITIAL_FORMS": "1", **{f"dids-0-{key}": shown[key] for key in shown}}
    address = reverse("admin:dialer_provideraccount_change", args=[account.pk])
    with holding(DID.objects.filter(pk=line.pk)) as race:
        race.start(lambda: client.post(address, {**ACCOUNT, **NO_INLINES, **inline}))
        DID.objects.filter(pk=line.pk).update(resting_until=LATER)
    line.refresh_from_db()
    assert (line.label, line.max_live_calls, line.is_active, line.resting_until) == ("Sales", 3, False, LATER)


# What people change, and what the dialer writes meanwhile.
WRITTEN: dict[type[Model], tuple[dict[str, Any], dict[str, Any]]] = {
    Campaign: ({"weight": 7}, {"state": "STOPPED", "state_reason": "Stopped by Asha", "enrolling_after_id": 5}),
    DID: ({"label": "Sales"}, {"resting_until": LATER}),
    ImportSource: ({"name": "Nightly"}, {"etag": "new", "fetched_at": LATER}),
    Subscription: ({"name": "CRM"}, {"position": 90, "failing_since": LATER}),
}


def row(model: type[Model]) -> Model:
    if model is Campaign:
        return builders.campaign(builders.account())
    if model is DID:
        return DID.objects.create(account=builders.account(), number="+918012345678", max_live_calls=1)
    if model is ImportSource:
        contact_list = ContactList.objects.create(name="L")
        return ImportSource.objects.create(name="S", contact_list=contact_list, location="file:a.csv")
    return Subscription.objects.create(name="Old", url="https://crm.example/")


@pytest.mark.django_db
@pytest.mark.parametrize("model", WRITTEN, ids=lambda model: model.__name__)
def test_a_form_puts_nothing_back(model: Any) -> None:
    made, shown = row(model), admin.site._registry[model]
    request = RequestFactory().post("/")
    request.user = User.objects.create_superuser("olga")
    read: Any = shown.get_object(request, str(made.pk))
    by_people, meanwhile = WRITTEN[model]
    for name, value in by_people.items():
        setattr(read, name, value)
    model._default_manager.filter(pk=made.pk).update(**meanwhile)

    class Form:
        changed_data = list(by_people)

    shown.save_model(request, read, Form(), change=True)
    made.refresh_from_db()
    assert {name: getattr(made, name) for name in by_people | meanwhile} == by_people | meanwhile
