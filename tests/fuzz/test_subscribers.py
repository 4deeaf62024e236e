"""Whatever a subscriber answers, nothing is taken for told that it did not take, and nothing that waits is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.models import FeedEntry
from campaigns.results.feed import place_entries
from tests.campaigns.world import NOON, account, campaign, place
from tests.fuzz.damage import damaged
from tests.fuzz.scale import times
from tests.fuzz.wild_server import wild_server
from tests.providers.garbage import mutations
from tests.webhooks.telling import tell
from webhooks.models import Subscription
from webhooks.telling.replies import LONGEST_WAIT_SECONDS
from webhooks.telling.subscribing import begin

pytestmark = pytest.mark.django_db
TAKEN = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
TOKEN = b'{"access_token": "abc", "token_type": "Bearer", "expires_in": 3600}'
ENTRIES = 3
WAITS = (
    "0", "-1", "1", "120", "9" * 30, "1e9", "soon", "", "NaN", "٣", "0x10", "Wed, 21 Oct 2015 07:28:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 -9999", "Mon, 01 Jan 0001 00:00:00 +2359",
    "Mon, 01 Jan 2024 00:00:00 +999999999999999999", "Mon, 99 Jan 2024 99:99:99 GMT",
    "Mon, 01 Jan 99999 00:00:00 GMT", "2026-03-02T12:00:00Z",
)  # fmt: skip
STATUSES = (
    *range(100, 104), *range(200, 209), *range(300, 309), 400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 422, 425,
    429, 451, 500, 502, 503, 504, 511, 599, 600, 999, 0, 99,
)  # fmt: skip
bodies = st.binary(max_size=60) | st.sampled_from([b"", b"ok", b'{"error": "no"}', b"\x00" * 10, b"<p>" * 4_000])


@st.composite
def replies(draw: st.DrawFn) -> bytes:
    """Return an answer as a server may give it: of any kind, with any wish for a pause, and damaged now and then."""
    body = draw(bodies)
    version, status = draw(st.sampled_from("11110")), draw(st.sampled_from(STATUSES))
    lines = [f"HTTP/1.{version} {status} {draw(st.sampled_from(['OK', '', 'Ünusual']))}"]
    if draw(st.booleans()):
        wait = draw(st.sampled_from(WAITS) | st.text(max_size=12))
        lines.append(f"Retry-After: {wait}".replace("\r", "").replace("\n", ""))
    if draw(st.integers(0, 3)):
        lines.append(f"Content-Length: {len(body) if draw(st.integers(0, 4)) else draw(st.integers(-2, 10**12))}")
    reply = "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + body
    return reply if draw(st.integers(0, 2)) else draw(damaged(reply))


def _told(subscription: Subscription) -> set[int]:
    return set(subscription.deliveries.exclude(delivered_at=None).values_list("entry_id", flat=True))


def _happened() -> set[int]:
    """Let something become known of some calls; return the ids of what the feed says of it."""
    made = campaign(account(), leads=ENTRIES)
    FeedEntry.objects.bulk_create([FeedEntry(kind="RESULT_CHANGED", attempt=place(made)) for _ in range(ENTRIES)])
    place_entries()
    return set(FeedEntry.objects.filter(attempt__campaign=made).values_list("pk", flat=True))


def _is_told_later(subscription: Subscription, entries: set[int]) -> None:
    """Assert that a subscriber who takes all from now on is told all, a day later at most."""
    later = NOON + timedelta(seconds=LONGEST_WAIT_SECONDS)
    assert subscription.next_try_at is None or NOON < subscription.next_try_at <= later
    tell(now=later)
    assert _told(subscription) == entries
    assert set(subscription.deliveries.values_list("state", flat=True)) == {"DELIVERED"}


@settings(max_examples=times(40), deadline=None)
@given(reply=replies())
def test_whatever_is_answered_nothing_is_lost_and_nothing_is_believed_that_was_not_said(reply: bytes) -> None:
    with transaction.atomic(), override_settings(DIALER_ALLOW_PRIVATE_ADDRESSES=True), wild_server() as server:
        subscription = begin(Subscription.objects.create(name=server.url, url=server.url))
        entries = _happened()
        server.reply = reply
        tell(now=NOON)
        subscription.refresh_from_db()
        assert not _told(subscription) or b" 2" in reply
        if subscription.is_active:
            server.reply = TAKEN
            _is_told_later(subscription, entries)
        else:
            assert b" 410" in reply
            assert subscription.missed_after is not None
        transaction.set_rollback(True)


@settings(max_examples=times(15), deadline=None)
@given(data=st.data())
def test_whatever_the_giver_of_tokens_answers_nothing_is_lost(data: st.DataObject) -> None:
    body = data.draw(mutations(TOKEN))
    whole = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s"
    reply = data.draw(st.just(whole % (len(body), body)) | replies())
    with (
        transaction.atomic(),
        override_settings(DIALER_ALLOW_PRIVATE_ADDRESSES=True),
        wild_server() as server,
        wild_server() as tokens,
    ):
        oauth = {"oauth_token_url": tokens.url, "oauth_client_id": "us", "oauth_client_secret": "secret"}
        subscription = begin(Subscription.objects.create(name=server.url, url=server.url, **oauth))
        entries = _happened()
        server.reply, tokens.reply = TAKEN, reply
        tell(now=NOON)
        subscription.refresh_from_db()
        assert not _told(subscription) or b"access_token" in reply
        tokens.reply = whole % (len(TOKEN), TOKEN)
        _is_told_later(subscription, entries)
        transaction.set_rollback(True)
