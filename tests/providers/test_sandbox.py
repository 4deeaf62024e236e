"""Provider modules against the sandbox carrier over HTTP, which shares no code with them: the ledger is the witness."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from dialer import providers
from dialer.providers.base import (
    Accepted,
    AccountConfig,
    CallReport,
    Correlation,
    Outcome,
    Phase,
    Placement,
    PlaceResult,
    ProviderReply,
    ProviderRequest,
    Push,
    Refused,
    Unclear,
)
from dialer.sandbox import dialects
from dialer.sandbox.client import SandboxClient, wait_for
from dialer.sandbox.rehearsals import REHEARSALS, arrives_as
from tests.providers import catalog
from tests.sandbox.carrier import PushReceiver, carrier_process, http, receiver, sandbox

__all__ = ["carrier_process", "http", "receiver", "sandbox"]

SPOKEN = {module.name for module in pkgutil.iter_modules(dialects.__path__)}
SLUGS = [slug for slug in providers.slugs() if slug in SPOKEN]
Sent = Callable[[ProviderRequest], ProviderReply]
each_slug = pytest.mark.parametrize("slug", SLUGS)


@pytest.fixture
def account(slug: str, sandbox: SandboxClient, receiver: PushReceiver) -> AccountConfig:
    """An account of the payload folder's kind at the carrier, whose pushes come to the receiver."""
    made = replace(catalog.account(slug), base_url=sandbox.base_url(slug, "acme"))
    settings = {"api_key": made.credentials["api_key"], "push_url": receiver.url}
    quick = {"ring_seconds": [1, 1], "talk_seconds": [5, 5], "agent_ring_seconds": [0, 0], "slow_reply_seconds": 0.1}
    if providers.get(slug).capabilities.signs_pushes:
        settings["push_secret"] = made.credentials["webhook_secret"]
    part = providers.get(slug).key_map
    if part is not None:
        pasted = part.mapping(push_url=receiver.url, secret=made.credentials[part.secret_field])
        settings |= {theirs: pasted[ours] for theirs, ours in REHEARSALS[slug].pasted.items()}
    sandbox.configure(slug, "acme", **settings, **quick)
    return made


@pytest.fixture
def send(account: AccountConfig, http: httpx.Client) -> Sent:
    """Send a request and return the reply as the transport would."""

    def sent(request: ProviderRequest) -> ProviderReply:
        url = request.url(account.base_url)
        reply = http.request(request.method, url, headers=dict(request.headers), content=request.body)
        headers = {name.lower(): value for name, value in reply.headers.items()}
        return ProviderReply(status=reply.status_code, headers=headers, body=reply.content)

    return sent


def placing(slug: str, suffix: str) -> Placement:
    """Return the folder's first placement, to the number whose last digits make the carrier behave as asked."""
    return replace(catalog.placements(slug)[0][0], to_number=f"+9198765432{suffix}")


def place(slug: str, account: AccountConfig, send: Sent, suffix: str) -> PlaceResult:
    provider = providers.get(slug)
    return provider.parse_place(reply=send(provider.build_place(account=account, placement=placing(slug, suffix))))


@each_slug
@pytest.mark.parametrize("suffix", ["01", "02", "03", "12", "16", "17"])
def test_push_tells_the_outcome_that_the_carrier_knows(
    slug: str, suffix: str, account: AccountConfig, send: Sent, sandbox: SandboxClient, receiver: PushReceiver
) -> None:
    provider = providers.get(slug)
    accepted = place(slug, account, send, suffix)
    assert isinstance(accepted, Accepted)

    def last_word() -> CallReport | None:
        for pushed in receiver.received:
            push = Push(headers=pushed.headers, body=json.dumps(pushed.body, separators=(",", ":")).encode())
            assert provider.authenticate_push(account=account, push=push)
            for report in provider.parse_push(account=account, push=push):
                if report.phase is Phase.ENDED:
                    return report
        return None

    report = wait_for(last_word)
    (row,) = sandbox.ledger()
    assert report.outcome in arrives_as(slug=slug, outcome=row["outcome"])
    assert accepted.external_id in {None, report.external_id}
    if provider.capabilities.correlation is Correlation.REFERENCE:
        assert report.reference == catalog.REFERENCE == row["reference"]


@each_slug
@pytest.mark.parametrize("suffix", ["04", "05", "06", "13", "19", "20", "21", "22"])
def test_no_reply_is_read_against_the_ledger(
    slug: str, suffix: str, account: AccountConfig, send: Sent, sandbox: SandboxClient
) -> None:
    """Refused only where nothing rang; accepted only where the carrier took the call."""
    result = place(slug, account, send, suffix)
    (row,) = sandbox.ledger()
    if isinstance(result, Refused):
        assert row["started_at"] is None
    elif isinstance(result, Accepted):
        assert row["started_at"] is not None
        assert result.external_id in {None, row["external_id"]}
    else:
        assert isinstance(result, Unclear)
    assert isinstance(result, Accepted) == (suffix == "06")
    assert isinstance(result, Unclear) == (suffix in {"13", "19", "20"})


@each_slug
def test_wrong_key_is_refused_as_credentials(slug: str, account: AccountConfig, send: Sent) -> None:
    result = place(slug, replace(account, credentials={**account.credentials, "api_key": "wrong"}), send, "16")
    assert isinstance(result, Refused)
    assert result.reason == "CREDENTIALS"


@each_slug
def test_check_reaches_the_provider(slug: str, account: AccountConfig, send: Sent) -> None:
    request = providers.get(slug).build_check(account=account)
    assert request is not None
    assert send(request).status == 200


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if providers.get(slug).capabilities.polls_call])
def test_poll_follows_a_call_to_its_end(slug: str, account: AccountConfig, send: Sent, sandbox: SandboxClient) -> None:
    provider = providers.get(slug)
    accepted = place(slug, account, send, "16")
    assert isinstance(accepted, Accepted)
    assert accepted.external_id
    request = provider.build_poll(account=account, external_id=accepted.external_id)
    seen: list[Phase] = []

    def ended() -> Outcome | None:
        report = provider.parse_poll(account=account, reply=send(request))
        assert report is not None
        seen.append(report.phase)
        return report.outcome

    assert wait_for(ended) is Outcome.ANSWERED
    assert Phase.UNKNOWN not in seen
    assert sandbox.ledger()[0]["outcome"] == "ANSWERED"


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if providers.get(slug).capabilities.reports_capacity])
def test_capacity_is_what_the_carrier_has_left(
    slug: str, account: AccountConfig, send: Sent, sandbox: SandboxClient
) -> None:
    provider = providers.get(slug)
    sandbox.change(slug, "acme", fleet_max=20, fleet_taken_by_others=8, capacity_delay_seconds=0.1)
    capacity = provider.parse_capacity(reply=send(provider.build_capacity(account=account)))
    assert capacity is not None
    assert (capacity.available, capacity.maximum) == (12, 20)
