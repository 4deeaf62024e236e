"""How often a provider is asked: its log once an interval, whatever the calls; single calls evenly spread."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import transaction

from campaigns.claiming.account import PLACING_SHARE, placing_rate
from campaigns.models import Attempt
from campaigns.settling.reconciling import take_due_lookups
from dialer import providers
from dialer.channels import Channel
from dialer.http.client import ProviderClient
from dialer.models import ProviderAccount
from dialer.providers.base import LogQuery
from dialer.sandbox.client import SandboxClient
from tests.campaigns.world import NOON, account, campaign, place
from tests.sandbox.carrier import carrier_process, sandbox
from webhooks.cursors import note_pull, reserve_lookups, take_due_pulls, use_lookups, want_whole
from webhooks.models import LogCursor
from webhooks.polling import lookups_per_second
from webhooks.pulling import Reading, read_log

__all__ = ["carrier_process", "sandbox"]

pytestmark = pytest.mark.django_db

SLUGS = ("astradial", "ivrsolutions")
SECOND = timedelta(seconds=1)


def busy(provider: str = "astradial", *, calls: int = 20) -> ProviderAccount:
    """Return an account with so many calls under way."""
    owner = account(provider=provider, poll_after_seconds=30)
    made = campaign(owner, leads=calls)
    for _ in range(calls):
        place(made)
    return owner


def test_a_log_is_read_once_an_interval_however_many_calls_are_under_way() -> None:
    owner = busy()
    (due,) = take_due_pulls(slugs=SLUGS, now=NOON + SECOND)
    assert (due.account_id, due.is_first, due.interval) == (owner.pk, True, 15 * SECOND)
    assert due.since_at <= NOON
    assert take_due_pulls(slugs=SLUGS, now=NOON + 2 * SECOND) == [], "a second worker leaves it alone"
    asked_at = NOON + SECOND
    note_pull(due=due, cursor="7", asked_at=asked_at, now=asked_at, rows=3, full=False, problem="")
    assert take_due_pulls(slugs=SLUGS, now=NOON + 15 * SECOND) == []
    (again,) = take_due_pulls(slugs=SLUGS, now=NOON + 16 * SECOND)
    assert (again.cursor, again.is_first) == ("7", False)


def test_a_log_is_not_read_where_nobody_is_called_or_there_is_none() -> None:
    account(provider="astradial")
    busy("altur", calls=1)
    assert take_due_pulls(slugs=SLUGS, now=NOON + SECOND) == []


def test_a_page_that_was_cut_short_is_counted_and_followed_soon() -> None:
    owner = busy("ivrsolutions", calls=2)
    (due,) = take_due_pulls(slugs=SLUGS, now=NOON + SECOND)
    note_pull(due=due, cursor="1", asked_at=NOON, now=NOON + SECOND, rows=60, full=True, problem="")
    want_whole(account_id=owner.pk, now=NOON + SECOND)
    found = LogCursor.objects.get(account=owner)
    assert (found.full_count, found.rows_read, found.cursor) == (1, 60, "1")
    (soon,) = take_due_pulls(slugs=SLUGS, now=NOON + 7 * SECOND)
    assert soon.whole


def test_a_cursor_that_another_process_moved_is_not_moved_back() -> None:
    owner = busy("ivrsolutions", calls=1)
    (due,) = take_due_pulls(slugs=SLUGS, now=NOON + SECOND)
    for cursor in ("20", "10"):
        note_pull(due=due, cursor=cursor, asked_at=NOON, now=NOON + SECOND, rows=1, full=False, problem="")
    assert LogCursor.objects.get(account=owner).cursor == "20"


def test_a_log_that_could_not_be_read_says_why_and_is_read_again_from_the_same_place() -> None:
    owner = busy("ivrsolutions", calls=1)
    (due,) = take_due_pulls(slugs=SLUGS, now=NOON + SECOND)
    note_pull(due=due, cursor=None, asked_at=NOON, now=NOON + SECOND, rows=0, full=False, problem="HTTP 503")
    found = LogCursor.objects.get(account=owner)
    assert (found.problem, found.cursor, found.reached_at) == ("HTTP 503", "", None)
    (again,) = take_due_pulls(slugs=SLUGS, now=NOON + 31 * SECOND)
    assert again.is_first


def test_questions_about_single_calls_leave_evenly_spread_and_none_twice() -> None:
    owner = busy()
    with transaction.atomic():
        first = reserve_lookups(account_id=owner.pk, per_second=10, now=NOON, most=50)
        use_lookups(account_id=owner.pk, used=first[:4], per_second=10)
    with transaction.atomic():
        second = reserve_lookups(account_id=owner.pk, per_second=10, now=NOON, most=50)
    used = [*first[:4], *second]
    gaps = {round((later - earlier).total_seconds(), 3) for earlier, later in pairwise(used)}
    assert (len(first), gaps) == (10, {0.1})


@pytest.mark.parametrize("slug", providers.slugs())
def test_placing_and_asking_together_keep_to_a_documented_rate(slug: str) -> None:
    capabilities = providers.get(slug).capabilities
    documented = capabilities.requests_per_second
    placing = placing_rate(given=None, capabilities=capabilities)
    if documented is None:
        assert placing is None
    else:
        assert placing == documented * PLACING_SHARE
        assert placing + lookups_per_second(capabilities) <= documented
        assert placing_rate(given=1000, capabilities=capabilities) == placing
    assert placing_rate(given=0.5, capabilities=capabilities) == 0.5


def test_a_call_is_asked_about_by_number_less_and_less_often() -> None:
    owner = busy(calls=1)
    Attempt.objects.update(next_poll_at=NOON, deadline_at=NOON + 3600 * SECOND)
    asked, now = [], NOON + 30 * SECOND
    while now < NOON + 3000 * SECOND:
        if take_due_lookups(account_id=owner.pk, now=now, most=5, by_id=False):
            asked.append((now - NOON).total_seconds())
        now += SECOND
    steps = [later - earlier for earlier, later in pairwise(asked)]
    assert steps == sorted(steps)
    assert len(asked) < 12, "30 s apart it would be a hundred"


def test_reading_a_broken_log_raises_nothing_and_says_what_is_wrong(sandbox: SandboxClient) -> None:
    for slug in SLUGS:
        for fault in ("lookup_503", "lookup_garbage"):
            sandbox.configure(slug, "broken", api_key="key", faults={fault: 1})
            found = [reading(slug, sandbox) for _ in range(6)]
            # A redirect, HTML, truncated JSON, wrong types and 1 MB come by turns.
            assert all(isinstance(one, Reading) and not one.reports for one in found)
            assert any(one.problem for one in found), f"{slug} {fault}"


def reading(slug: str, sandbox: SandboxClient) -> Reading:
    """Read an account's log at the carrier."""
    owner = ProviderAccount(
        name="broken", provider=slug, base_url=sandbox.base_url(slug, "broken"), credentials={"api_key": "key"}
    )

    async def read() -> Reading:
        client = ProviderClient(base_url=owner.base_url, read_timeout_seconds=2)
        try:
            channel = Channel(provider=owner.api, config=owner.config, client=client, reply_timeout_seconds=2)
            now = datetime.now(UTC)
            return await read_log(channel=channel, query=LogQuery(since_at=now - 60 * SECOND, until_at=now))
        finally:
            await client.aclose()

    return asyncio.run(read())
