"""The check of an account notices that the clock of its call log is off, and says what mends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from django.utils import timezone

from campaigns.models import Attempt
from dialer.accounts.findings import Verdict
from dialer.sandbox.client import SandboxClient
from tests.campaigns import world
from tests.dialer.accounts.builders import account_at
from tests.sandbox.carrier import carrier_process, sandbox
from webhooks.log_clock_check import log_clock_findings, offset_minutes

__all__ = ["carrier_process", "sandbox"]

NOON = datetime(2026, 4, 13, 12, tzinfo=UTC)
CALLS = [(f"+9198765432{n:02}", NOON + timedelta(minutes=n)) for n in range(10)]


def rows(minutes: float, calls: int = 10, later: float = 20) -> list[tuple[str, datetime]]:
    off = timedelta(minutes=minutes, seconds=later)
    return [(number, at + off) for number, at in CALLS[:calls]]


@pytest.mark.parametrize("minutes", [0, -330, 330, 60, -840])
def test_the_offset_of_a_log_is_told_in_minutes(minutes: int) -> None:
    assert offset_minutes(placed=CALLS, rows=rows(minutes)) == minutes


def test_nothing_is_told_of_few_calls_or_of_an_uneven_distance() -> None:
    assert offset_minutes(placed=CALLS, rows=rows(-330, calls=2)) is None
    assert offset_minutes(placed=CALLS, rows=rows(-330, later=400)) is None
    assert offset_minutes(placed=CALLS, rows=[]) is None


def test_calls_that_were_repeated_after_an_hour_do_not_outvote_right_times() -> None:
    again = [(number, at + timedelta(hours=1)) for number, at in CALLS]
    assert offset_minutes(placed=[*CALLS, *again], rows=[*rows(0), *rows(60)]) == 0


@pytest.mark.django_db
def test_a_switch_that_writes_utc_is_found_and_mended_by_its_setting(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "astradial")
    sandbox.change("astradial", account.base_url.rsplit("/", 1)[1], reply_form="server", log_clock="utc", push_url="")
    made = world.campaign(account, leads=[number for number, _ in CALLS])
    for number, _ in CALLS[:4]:
        body = {"from": number[3:], "to": "500", "to_type": "queue"}
        headers = {"X-API-Key": account.credentials["api_key"]}
        httpx.post(f"{account.base_url}/api/v1/calls/click-to-call", json=body, headers=headers)
        attempt = world.place(made)
        Attempt.objects.filter(pk=attempt.pk).update(number=number, placing_at=timezone.now(), placed_at=timezone.now())
    sandbox.wait_idle()
    (found,) = log_clock_findings(account, now=timezone.now())
    assert found.verdict is Verdict.PROBLEM
    assert "5 h 30 min behind" in found.text
    assert "log_clock_offset_minutes of the account's settings to -330" in found.remedy
    account.settings = {**account.settings, "log_clock_offset_minutes": -330}
    (found,) = log_clock_findings(account, now=timezone.now())
    assert found.verdict is Verdict.OK
