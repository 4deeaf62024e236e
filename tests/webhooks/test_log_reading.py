"""How often a provider is asked about single calls, and that a broken log raises nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import pytest

from campaigns.claiming.account_reading import PLACING_SHARE, placing_rate
from campaigns.models import Attempt
from campaigns.settling.lookups import take_due_lookups
from dialer import providers
from dialer.channels import Channel
from dialer.http.client import ProviderClient
from dialer.models import ProviderAccount
from dialer.providers.base import AccountConfig, Action, AgentAddress, AgentKind, LogQuery, Placement
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


def reading(
    slug: str, sandbox: SandboxClient, *, number: str | None = None, settings: dict[str, str] | None = None
) -> Reading:
    """Read an account's log at the carrier."""
    owner = ProviderAccount(
        name="broken", provider=slug, base_url=sandbox.base_url(slug, "broken"), credentials={"api_key": "key"}
    )
    owner.settings = settings or {}

    async def read() -> Reading:
        client = ProviderClient(base_url=owner.base_url, read_timeout_seconds=2)
        try:
            channel = Channel(provider=owner.api, config=owner.config, client=client, reply_timeout_seconds=2)
            now = datetime.now(UTC)
            return await read_log(
                channel=channel, query=LogQuery(since_at=now - 60 * SECOND, until_at=now, to_number=number)
            )
        finally:
            await client.aclose()

    return asyncio.run(read())


CUSTOMER, AGENT, LINE = "+919876543210", "+919123456789", "+911143104567"


def connect(sandbox: SandboxClient, *, masked: bool, **settings: object) -> None:
    """Have a call between two people made and ended at the carrier."""
    short = {"suffixes": False, "ring_seconds": [0, 0], "agent_ring_seconds": [0, 0], "talk_seconds": [0, 0]}
    outcomes = {"outcomes": {"ANSWERED": 1}, "time_zone": "UTC", "number_log_form": "full"}
    sandbox.configure("ivrsolutions", "broken", api_key="key", **short, **outcomes, **settings)
    config = AccountConfig(base_url=sandbox.base_url("ivrsolutions", "broken"), credentials={"api_key": "key"})
    placement = Placement(
        reference="r",
        to_number=CUSTOMER,
        from_number=LINE,
        action=Action.CONNECT_AGENT,
        options={"connect_by": "click_connect"} if masked else {},
        agent=AgentAddress(kind=AgentKind.NUMBER, value=AGENT),
    )
    request = providers.get("ivrsolutions").build_place(account=config, placement=placement)
    reply = httpx.post(request.url(config.base_url), content=request.body, headers=dict(request.headers), timeout=5)
    assert reply.status_code == 200
    sandbox.wait_idle(within_seconds=10)


def test_a_look_up_that_wants_the_token_in_its_address_gets_it_as_the_account_says(sandbox: SandboxClient) -> None:
    for status in (401, 422):
        connect(sandbox, masked=False, look_ups_admit="query", look_up_refusal=status)
        asked: dict[str, Reading] = {
            setting: reading("ivrsolutions", sandbox, number=CUSTOMER, settings={"look_up_token": setting})
            for setting in ("when_refused", "always", "off")
        }
        assert [bool(asked[name].reports) for name in asked] == [True, True, False]
        assert not asked["when_refused"].trouble
        assert str(status) in asked["off"].trouble, "a refused look-up is never silent"
        assert "key" not in asked["off"].trouble.split()
    by_default = reading("ivrsolutions", sandbox, number=CUSTOMER)
    keys = {report.dedupe_key for report in by_default.reports}
    assert keys == {"c2c:1", "c2c:2"}, "from either log a call is one record"


def test_the_second_log_is_read_though_the_first_is_refused(sandbox: SandboxClient) -> None:
    connect(sandbox, masked=False)
    sandbox.change("ivrsolutions", "broken", refused_logs=["/api/calllog_by_number"])
    found = reading("ivrsolutions", sandbox, number=CUSTOMER)
    assert [report.dedupe_key for report in found.reports] == ["c2c:1"]
    assert "403" in found.problem


def test_a_masked_calls_result_comes_from_its_own_log(sandbox: SandboxClient) -> None:
    connect(sandbox, masked=True)
    sandbox_reading = reading("ivrsolutions", sandbox, settings={})
    (report,) = sandbox_reading.reports
    assert (report.dedupe_key, report.outcome, report.to_number) == ("masked:1", "ANSWERED", CUSTOMER[3:])
    assert not reading("ivrsolutions", sandbox, settings={"masked_calls": "no"}).reports
    sandbox.change("ivrsolutions", "broken", refused_logs=["/api/click_connect_logs"])
    refused = reading("ivrsolutions", sandbox)
    assert refused.cursor, "the log of other calls is read nevertheless"
    assert "403" in refused.trouble
