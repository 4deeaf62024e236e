"""How often a provider is asked about single calls, and that a broken log raises nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from campaigns.claiming.account_reading import PLACING_SHARE, placing_rate
from campaigns.models import Attempt
from campaigns.settling.lookups import take_due_lookups
from dialer import providers
from dialer.channels import Channel
from dialer.http.client import ProviderClient
from dialer.models import ProviderAccount
from dialer.providers.base import LogQuery
from dialer.sandbox.client import SandboxClient
from tests.campaigns.world import NOON, account, campaign, place
from tests.sandbox.carrier import carrier_process, sandbox
from webhooks.call_lookups import lookups_per_second
from webhooks.log_reading import Reading, read_log

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
