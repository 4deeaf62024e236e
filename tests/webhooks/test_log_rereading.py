"""The log of the last hours is read again by a command and by a job, and changes nothing that is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from campaigns.models import JobRun
from dialer.celery import app
from dialer.models import ProviderAccount
from dialer.sandbox.client import SandboxClient
from tests.dialer.accounts.builders import account_at
from tests.sandbox.carrier import Account, carrier_process, http, sandbox
from webhooks.job_tasks import pull_logs
from webhooks.log_rereading import NoLog, catch_up
from webhooks.models import LogCursor, ProviderEvent

__all__ = ["carrier_process", "http", "sandbox"]
pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)

Called = Callable[[str], ProviderAccount]


@pytest.fixture
def called(sandbox: SandboxClient, http: object) -> Called:
    """Return a maker of accounts whose carrier has ended two calls."""

    def make(slug: str) -> ProviderAccount:
        account: ProviderAccount = account_at(sandbox, slug)
        caller = Account(sandbox, http, slug, agents=["1001"] if slug == "astradial" else None)  # type: ignore[arg-type]
        for number in ("9876543216", "9876543202"):
            assert caller.place(number).status_code < 300
        sandbox.wait_idle()
        return account

    return make


@pytest.mark.parametrize("slug", ["ivrsolutions", "astradial"])
def test_reading_a_stretch_again_stores_its_rows_once_and_moves_no_cursor(called: Called, slug: str) -> None:
    account, now = called(slug), datetime.now(UTC)
    first = catch_up(account=account, since_at=now - HOUR, now=now)
    assert (first.rows, first.new, first.problem) == (2, 2, "")
    again = catch_up(account=account, since_at=now - HOUR, now=now)
    assert (again.rows, again.new) == (2, 0)
    assert ProviderEvent.objects.filter(account=account, source="LOG", state="NEW").count() == 2
    assert not LogCursor.objects.exists()


def test_the_command_exits_by_whether_the_log_was_read(called: Called, sandbox: SandboxClient) -> None:
    account, out = called("ivrsolutions"), StringIO()
    call_command("pull_logs", account.name, "--hours", "2", "--json", stdout=out)
    assert json.loads(out.getvalue())["new"] == 2
    sandbox.change("ivrsolutions", "acme", faults={"lookup_503": 1})
    with pytest.raises(CommandError, match="not read to its end: HTTP 503"):
        call_command("pull_logs", account.name, stdout=StringIO())
    with pytest.raises(CommandError, match="more than 0"):
        call_command("pull_logs", account.name, "--hours", "0")
    with pytest.raises(CommandError, match="no call log"):
        call_command("pull_logs", account_at(sandbox, "voxcore").name)
    with pytest.raises(NoLog):
        catch_up(account=account_at(sandbox, "altur"), since_at=datetime.now(UTC), now=datetime.now(UTC))


@pytest.mark.django_db(transaction=True)
def test_the_job_runs_once_an_instant_and_keeps_what_went_wrong(called: Called, sandbox: SandboxClient) -> None:
    account = called("ivrsolutions")
    nightly = CrontabSchedule.objects.create(minute="0", hour="3")
    PeriodicTask.objects.create(name="Logs, nightly", task="webhooks.pull_logs", crontab=nightly)
    for _ in range(3):
        pull_logs.apply(
            kwargs={"account": account.name, "hours": 2}, headers={"periodic_task_name": "Logs, nightly"}, throw=True
        )
    assert JobRun.objects.get().result == "2 rows, 2 new"
    sandbox.change("ivrsolutions", "acme", faults={"lookup_garbage": 1}, garbage_kind="html")
    pull_logs.apply(kwargs={"account": account.name})
    assert "not read to its end" in JobRun.objects.order_by("-id")[0].problem
    assert "webhooks.pull_logs" in app.tasks
