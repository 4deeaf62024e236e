"""Whether pushes reach us, as the check of an account tells it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from dialer.accounts.findings import Subject, Verdict
from dialer.sandbox.client import SandboxClient
from tests.campaigns import world
from tests.dialer.accounts.builders import account_at
from tests.dialer.accounts.check.findings import about, check, the_problem
from tests.sandbox.carrier import carrier_process, sandbox
from webhooks.models import ProviderEvent

__all__ = ["carrier_process", "sandbox"]
pytestmark = pytest.mark.django_db


def test_a_loopback_address_is_no_address_for_a_provider_outside(sandbox: SandboxClient, settings: Settings) -> None:
    account = account_at(sandbox, "voxcore")
    assert check(account).is_fine, "the carrier is on this machine as well"
    account.base_url = "http://93.184.216.34:1"
    account.reply_timeout_seconds = 1
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:8000"
    found = about(check(account), Subject.PUSHES)
    assert found.verdict is Verdict.PROBLEM
    assert (
        "PUBLIC_BASE_URL is http://127.0.0.1:8000: a provider outside reaches this machine itself never." in found.text
    )
    settings.PUBLIC_BASE_URL = "http://dialer.example.com"
    assert "come unencrypted" in about(check(account), Subject.PUSHES).text
    settings.PUBLIC_BASE_URL = ""
    assert "PUBLIC_BASE_URL is not set" in about(check(account), Subject.PUSHES).text


def test_results_that_never_came_are_told_and_those_that_came_are_dated(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "voxcore")
    assert about(check(account), Subject.PUSHES).verdict is Verdict.UNKNOWN
    attempt = world.place(world.campaign(account_in_use(account), leads=1))
    long_ago = timezone.now() - timedelta(hours=1)
    type(attempt).objects.filter(pk=attempt.pk).update(
        state="ENDED", outcome="NO_ANSWER", is_burned=True, placed_at=long_ago, ended_at=long_ago
    )
    found = the_problem(account)
    assert found.subject is Subject.PUSHES
    assert "No push was ever received, although 1 calls have ended" in found.text
    ProviderEvent.objects.create(
        account=account, body=b"{}", source="PUSH", received_at=timezone.now() - timedelta(hours=2)
    )
    assert (
        "The last push was received 2 hours ago; 1 calls have ended since" in about(check(account), Subject.PUSHES).text
    )
    ProviderEvent.objects.create(account=account, body=b"{}", source="PUSH")
    assert about(check(account), Subject.PUSHES).text == "The last push was received within the last minute."


def account_in_use(account: Any) -> Any:
    """Let the account be claimed on at the test world's noon."""
    world.set_fleet(account, available=10)
    return account


def test_signed_pushes_without_a_secret_are_told(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "astradial")
    account.credentials.pop("webhook_secret")
    assert any("Every push is refused" in finding.text for finding in check(account).findings)
