"""Results whose bytes are no clean JSON end their calls, through the inbox, and stay as they came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.models import Attempt, OptOut, SuppressedNumber
from dialer import providers
from dialer.models import AccountGate, ProviderAccount
from dialer.providers import rereading
from dialer.providers.base import LogQuery, Phase, ProviderReply, Push
from tests.campaigns.world import account, campaign, place
from tests.providers import catalog, damage
from tests.webhooks.test_every_provider import owner_of, running
from webhooks.applying import apply_inbox
from webhooks.log_reading import Reading
from webhooks.models import ProviderEvent
from webhooks.receiving import store
from webhooks.rows import store_rows

pytestmark = pytest.mark.django_db


def ending(owner: ProviderAccount) -> catalog.Payload:
    """Return the provider's first recorded push that tells an end."""
    for payload in catalog.payloads(owner.provider):
        if payload.kind == "push":
            found = owner.api.parse_push(account=owner.config, push=payload.push)
            if any(report.phase is Phase.ENDED for report in found):
                return payload
    raise AssertionError(f"{owner.provider} has no such push")


@pytest.mark.parametrize("slug", providers.slugs())
def test_a_result_ends_its_call_however_its_json_is_damaged(slug: str) -> None:
    owner = owner_of(slug)
    payload = ending(owner)
    # A fifth of the ways each; tests/providers/test_rereading.py reads all payloads of all providers in every way.
    for name in sorted(damage.WRAPPED)[list(providers.slugs()).index(slug) :: 5]:
        wrap = damage.WRAPPED[name]
        AccountGate.objects.filter(account=owner).update(next_send_at=None)
        attempt = running(owner)
        body = wrap(payload.body.replace(catalog.REFERENCE.encode(), str(attempt.reference).encode()))
        event_id = store(account_id=owner.pk, source="PUSH", push=Push(headers=dict(payload.headers), body=body))
        apply_inbox(now=datetime.now(UTC) + timedelta(seconds=1))
        attempt.refresh_from_db()
        assert (attempt.state, attempt.outcome_source) == ("ENDED", "PUSH"), name
        assert bytes(ProviderEvent.objects.get(pk=event_id).body) == body, name
        Attempt.objects.filter(pk=attempt.pk).update(external_id=None, number="+910000000000")


@pytest.mark.parametrize("words", [("DNC", "PTP"), ("PTP", "DNC"), ("PTP", "DNC", "Connected")])
def test_of_doubled_keys_an_opt_out_counts(words: tuple[str, ...]) -> None:
    owner = account()
    attempt = place(campaign(owner, leads=1, opt_out_words=["DNC"]))
    members = ",".join(f'"disposition":"{word}"' for word in words)
    body = f'{{"dialer_reference":"{attempt.reference}","disconnected_by":"customer",{members}}}'.encode()
    store(account_id=owner.pk, source="PUSH", push=Push(headers={}, body=body))
    apply_inbox(now=datetime.now(UTC) + timedelta(seconds=1))
    attempt.refresh_from_db()
    assert attempt.state == "ENDED"
    assert OptOut.objects.filter(attempt=attempt).exists()
    assert SuppressedNumber.objects.filter(number=attempt.number).exists()


def test_a_damaged_page_of_a_log_is_kept_as_it_came_with_its_new_rows() -> None:
    owner = account(provider="astradial")
    payload = next(one for one in catalog.payloads("astradial") if one.file == "log_page.json")
    body = damage.WRAPPED["stray bytes"](payload.body)
    now = datetime.now(UTC)
    reply = ProviderReply(status=200, headers=payload.headers, body=body)
    page = rereading.log_page(
        provider=owner.api, account=owner.config, query=LogQuery(since_at=now, until_at=now), reply=reply
    )
    assert page is not None
    reading = Reading(reports=page.reports, damaged=(body,))
    for new in (len(page.reports), 0):
        assert store_rows(account_id=owner.pk, reports=reading.reports, damaged=reading.damaged) == new
    kept = ProviderEvent.objects.filter(account=owner, state="IGNORED")
    assert [bytes(event.body) for event in kept] == [body]
