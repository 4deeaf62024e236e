"""The contract's words: small rules that many places rely on."""

from __future__ import annotations

import pytest

from dialer import providers
from dialer.providers.base import UNBURNED_REFUSALS, Action, ProviderRequest, Refusal, same_secret


@pytest.mark.parametrize("slug", providers.slugs())
def test_connecting_an_agent_needs_one_whatever_the_provider(slug: str) -> None:
    """A provider may connect agents in some calls only; those need a free agent, the others none."""
    capabilities = providers.get(slug).capabilities
    for action in capabilities.actions:
        assert capabilities.rings_agent(action) == (capabilities.needs_agent or action is Action.CONNECT_AGENT)
    assert not capabilities.needs_agent or capabilities.actions == {Action.CONNECT_AGENT}


def test_only_the_leads_own_faults_burn_an_attempt() -> None:
    assert set(Refusal) - UNBURNED_REFUSALS == {Refusal.INVALID_REQUEST, Refusal.OTHER}


@pytest.mark.parametrize("base_url", ["https://h.example.com/v1", "https://h.example.com/v1/"])
def test_url_keeps_the_path_prefix_and_escapes_the_query(base_url: str) -> None:
    request = ProviderRequest(method="GET", path="/calls", query={"to": "+91 98&x=1"})
    assert request.url(base_url) == "https://h.example.com/v1/calls?to=%2B91+98%26x%3D1"


@pytest.mark.parametrize(
    ("given", "expected"), [("", ""), ("a", ""), ("", "a"), ("a", "b"), ("é", "e"), ("\ud800", "a")]
)
def test_secrets_that_differ_or_are_empty_are_not_the_same(given: str, expected: str) -> None:
    assert not same_secret(given, expected)
    assert same_secret("s3cret", "s3cret")


def test_unknown_slug_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        providers.get("base")
