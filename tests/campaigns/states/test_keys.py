"""The keys of attempts, which are checked once a statement: what a call refers to is there, and stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from campaigns.models import Attempt, Lead
from campaigns.settling.reports import settle
from dialer.models import DID, Agent
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, account, agent, campaign, claimed, did

pytestmark = pytest.mark.django_db(transaction=True)

KEYS = ("lead_id", "campaign_id", "account_id", "did_id", "agent_id", "profile_id", "rules_version_id")
NOBODY = 10**9


@pytest.fixture
def ended() -> Attempt:
    """Return an attempt that has all its keys, and is over."""
    owner = account(provider="intellicall")
    made = campaign(owner, leads=1, dids=[did(owner)], agents=[agent(owner)])
    (call,) = claimed(owner).reserved
    settle(reports=[(call.attempt_id, CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED))], now=NOON)
    return Attempt.objects.get(campaign=made)


@pytest.mark.parametrize("key", KEYS)
def test_an_attempt_refers_to_what_is_there(ended: Attempt, key: str) -> None:
    values: dict[str, Any] = {
        field.attname: getattr(ended, field.attname)
        for field in Attempt._meta.concrete_fields
        if field.name not in {"id", "reference"}
    }
    with pytest.raises(IntegrityError, match=f"{key}: there is no"), transaction.atomic():
        Attempt.objects.bulk_create([Attempt(**values), Attempt(**values | {key: NOBODY})])
    with pytest.raises(IntegrityError, match=f"{key}: there is no"), transaction.atomic():
        Attempt.objects.filter(pk=ended.pk).update(**{key: NOBODY})
    assert Attempt.objects.count() == 1


@pytest.mark.parametrize("parent", [Lead, DID, Agent])
def test_what_an_attempt_refers_to_stays(ended: Attempt, parent: Any) -> None:
    with pytest.raises(IntegrityError, match="has rows in campaigns_attempt"), transaction.atomic():
        parent.objects.all()._raw_delete("default")
    assert parent.objects.count() == 1
