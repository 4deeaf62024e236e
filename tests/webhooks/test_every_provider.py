"""Whatever is pushed in a provider's name, near to real or far from it: it is kept, and the inbox goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Attempt
from dialer import providers
from dialer.models import ProviderAccount
from dialer.providers.base import Push
from tests.campaigns.world import account, agent, campaign, place
from tests.fuzz.scale import times
from tests.providers import catalog, garbage
from webhooks.applying import apply_inbox
from webhooks.models import ProviderEvent
from webhooks.receiving import store

pytestmark = pytest.mark.django_db

each_provider = pytest.mark.parametrize("slug", providers.slugs())


def owner_of(slug: str) -> ProviderAccount:
    """Return an account of the payload folder's kind."""
    config = catalog.account(slug)
    made = account(provider=slug, fleet=1000, time_zone=config.time_zone, settings=dict(config.settings))
    made.credentials = dict(config.credentials)
    made.save()
    return made


def running(owner: ProviderAccount) -> Attempt:
    """Return a call under way to the number that the folder's payloads speak of, with the id that they name."""
    agents = [agent(owner)] if owner.api.capabilities.needs_agent else []
    attempt = place(campaign(owner, leads=[catalog.TO_NUMBER], agents=agents))
    pushes = [payload for payload in catalog.payloads(owner.provider) if payload.kind == "push"]
    reports = [report for one in pushes for report in owner.api.parse_push(account=owner.config, push=one.push)]
    known = next((report.external_id for report in reports if report.external_id), None)
    Attempt.objects.filter(pk=attempt.pk).update(external_id=known)
    return attempt


def pushed(owner: ProviderAccount, body: bytes, headers: dict[str, str] | None = None) -> int:
    return store(account_id=owner.pk, source="PUSH", push=Push(headers=headers or {}, body=body))


def apply() -> None:
    apply_inbox(now=datetime.now(UTC) + timedelta(seconds=1))


@each_provider
@given(data=st.data())
@settings(max_examples=times(15), suppress_health_check=list(HealthCheck), deadline=None)
def test_mutated_pushes_of_a_call_of_ours_never_stop_the_inbox(slug: str, data: st.DataObject) -> None:
    ProviderEvent.objects.all().delete()
    Attempt.objects.all().delete()
    owner = owner_of(slug)
    running(owner)
    pushes = [payload for payload in catalog.payloads(slug) if payload.kind == "push"]
    for _ in range(3):
        payload = data.draw(st.sampled_from(pushes))
        pushed(owner, data.draw(garbage.mutations(payload.body)), dict(payload.headers))
    apply()
    left = ProviderEvent.objects.filter(state="NEW", tries=0)
    assert not left.exists()


@each_provider
def test_what_is_no_push_at_all_is_kept_as_it_came_and_named(slug: str) -> None:
    owner = owner_of(slug)
    ids = {name: pushed(owner, body) for name, body in garbage.BODIES.items()}
    apply()
    for name, event_id in ids.items():
        event = ProviderEvent.objects.get(pk=event_id)
        assert event.state in {"FAILED", "IGNORED", "UNMATCHED"}, name
        assert event.problem or event.state == "IGNORED", name
        assert bytes(event.body) == garbage.BODIES[name]


@each_provider
def test_the_recorded_results_of_a_call_end_it_after_all_that(slug: str) -> None:
    owner = owner_of(slug)
    attempt = running(owner)
    for body in garbage.BODIES.values():
        pushed(owner, body)
    for payload in catalog.payloads(slug):
        if payload.kind == "push" and payload.means.get("reference", catalog.REFERENCE) == catalog.REFERENCE:
            body = payload.body.replace(catalog.REFERENCE.encode(), str(attempt.reference).encode())
            pushed(owner, body, dict(payload.headers))
    apply()
    attempt.refresh_from_db()
    assert attempt.state == "ENDED"
    assert attempt.outcome_source == "PUSH"
