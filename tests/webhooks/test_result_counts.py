"""Results that do not arrive are counted for few writes, and told wherever somebody looks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from campaigns.explaining.campaigns import explain_campaign
from campaigns.lifecycle.missing_results import tell_of_missing_results
from campaigns.models import Attempt, CampaignNotice
from campaigns.settling.reconciling import reconcile
from dialer import providers
from dialer.accounts.findings import Subject, Verdict
from dialer.accounts.result_counts import Meter, add
from dialer.accounts.result_troubles import troubles
from dialer.channels import Channel
from dialer.http.client import NotSent, ProviderClient, Unanswered
from dialer.models import ProviderAccount, ResultCount, ResultKind
from dialer.providers.base import ProviderReply, Push
from tests.admin.conftest import owner
from tests.campaigns.world import NOON, account, campaign, place
from webhooks import applying
from webhooks.applying import apply_inbox
from webhooks.call_lookups import _keep
from webhooks.models import ProviderEvent
from webhooks.push_check import push_findings, result_findings
from webhooks.receiving import store
from webhooks.views import push

__all__ = ["owner"]
pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def every_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test begin with meters that have written nothing."""
    for module, name in (("webhooks.receiving", "meter"), ("webhooks.views", "meter"), ("webhooks.applying", "taken")):
        monkeypatch.setattr(f"{module}.{name}", Meter(every_seconds=0))


def counted(of: ProviderAccount) -> dict[str, int]:
    return dict(ResultCount.objects.filter(account=of).values_list("kind", "count"))


def pushed(of: ProviderAccount, body: bytes, *, token: str = "", method: str = "POST", signed: bool = True) -> int:
    request = RequestFactory().generic(method, "/push/", body, content_type="application/json")
    request.META |= {"HTTP_AUTHORIZATION": "Bearer push-secret"} if signed else {}
    return push(request, public_id=of.public_id, token=token or of.push_token).status_code


def inbox(*, tries: int = 1) -> None:
    for _ in range(tries):
        ProviderEvent.objects.filter(state="UNMATCHED").update(next_try_at=NOON)
        apply_inbox(now=datetime.now(UTC) + SECOND)


def make(kind: ResultKind, of: ProviderAccount) -> None:
    """Let one result fail to arrive, in the way of ``kind``, through the part that counts it."""
    match kind:
        case ResultKind.WRONG_TOKEN:
            assert pushed(of, b"{}", token="wrong") == 403
        case ResultKind.WRONG_SIGNATURE:
            assert pushed(of, b"{}", signed=False) == 403
        case ResultKind.EMPTY:
            assert pushed(of, b"", method="GET") == 400
        case ResultKind.NOT_UNDERSTOOD:
            assert pushed(of, b"<html>") == 200
            inbox()
        case ResultKind.UNMATCHED:
            assert pushed(of, b'{"call_id":"unknown","disconnected_by":"customer"}') == 200
            inbox(tries=9)
        case ResultKind.LOST:
            attempt = place(campaign(of, leads=1))
            Attempt.objects.filter(pk=attempt.pk).update(deadline_at=NOON)
            reconcile(now=datetime.now(UTC))
        case _:
            add(counts={(of.pk, kind): (1, "HTTP 401: no right")}, now=datetime.now(UTC))


KINDS = [kind for kind in ResultKind if kind != ResultKind.TAKEN]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_counted_and_told_wherever_somebody_looks(kind: ResultKind, owner: Client) -> None:
    of = account()
    make(kind, of)
    assert counted(of) == {kind.value: 1}
    now = datetime.now(UTC)
    (trouble,) = troubles(account=of, now=now)
    assert (trouble.kind, trouble.count, trouble.is_current) == (kind, 1, True)
    assert trouble.remedy

    findings = [*push_findings(of, now=now), *result_findings(of, now=now)]
    (found,) = [finding for finding in findings if finding.text == trouble.text]
    assert found.verdict in {Verdict.WARNING, Verdict.PROBLEM}
    assert not any(one.subject is Subject.PUSHES and one.verdict is Verdict.OK for one in findings) or (
        kind in {ResultKind.LOST, ResultKind.LOOKUP_REFUSED, ResultKind.NOTE_UNWRITTEN}
    )

    made = campaign(of, leads=1)
    explained = explain_campaign(campaign_id=made.pk, now=now)
    assert explained is not None
    (check,) = [check for check in explained.checks if check.limit == "RESULTS"]
    assert trouble.text in check.said
    assert check.is_ok, "calls are placed all the same"

    page = owner.get(f"/admin/dialer/provideraccount/{of.pk}/change/").content.decode()
    assert trouble.text.split(" (")[0].split(" since")[0] in page.replace("&#x27;", "'")
    shown = owner.get(f"/api/v1/accounts/{of.pk}/").json()["missing_results"]
    assert [(one["kind"], one["count"], one["is_current"]) for one in shown] == [(kind.value, 1, True)]

    for hours, notices in ((0, 1), (0.5, 1)):
        tell_of_missing_results(now=now + hours * HOUR)
        assert CampaignNotice.objects.filter(kind="RESULTS_MISSING").count() == notices
    notice = CampaignNotice.objects.get(kind="RESULTS_MISSING")
    assert of.name in notice.text
    assert trouble.remedy in notice.text


def test_strangers_cause_one_write_a_minute_however_many_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    of = account()
    meter = Meter(every_seconds=60)
    monkeypatch.setattr("webhooks.receiving.meter", meter)
    clock = [1000.0]
    monkeypatch.setattr("dialer.accounts.result_counts.time.monotonic", lambda: clock[0])
    pushed(of, b"{}", token="wrong")  # the account is read
    with CaptureQueriesContext(connection) as seen:
        for _ in range(200):
            assert pushed(of, b"{}", token="wrong") == 403
    assert len([query for query in seen.captured_queries if "resultcount" in query["sql"]]) == 0
    assert counted(of) == {"WRONG_TOKEN": 1}
    clock[0] += 61
    meter.write()
    assert counted(of) == {"WRONG_TOKEN": 201}


@pytest.mark.parametrize("slug", providers.able("polls_call"))
def test_a_look_up_that_is_refused_does_not_pass_in_silence(slug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhooks.call_lookups.meter", Meter(every_seconds=0))
    of = account(provider=slug)
    channel = Channel(
        provider=of.api, config=of.config, client=ProviderClient(base_url=of.base_url), reply_timeout_seconds=1
    )
    for status in (401, 403, 500):
        reply = ProviderReply(status=status, body=b'{"detail":"no right to read calls"}')
        _keep(reply, channel=channel, attempt_id=1, account_id=of.pk)
    assert counted(of) == {"LOOKUP_REFUSED": 3}
    assert "no right to read calls" in troubles(account=of, now=datetime.now(UTC))[0].text
    for failure in (NotSent("ConnectTimeout"), Unanswered("ReadTimeout")):
        _keep(failure, channel=channel, attempt_id=1, account_id=of.pk)
    assert counted(of) == {"LOOKUP_REFUSED": 5}
    assert "ReadTimeout" in troubles(account=of, now=datetime.now(UTC))[0].text


def test_a_row_of_a_log_that_cannot_be_read_is_counted_and_one_of_others_is_not() -> None:
    of = account(provider="ivrsolutions")
    for report in ({"phase": "NONE"}, {"phase": "ENDED", "outcome": "BUSY", "to_number": "+919800000000"}):
        ProviderEvent.objects.create(account=of, source="LOG", body=b"{}", headers={}, report=report)
    inbox(tries=9)
    assert counted(of) == {"LOOKUP_REFUSED": 1}


def test_a_batch_of_the_inbox_counts_in_one_write() -> None:
    of = account()
    for n in range(50):
        store(account_id=of.pk, source="PUSH", push=Push(headers={}, body=b"<html>%d" % n))
    with CaptureQueriesContext(connection) as seen:
        apply_inbox(now=datetime.now(UTC) + SECOND)
    assert len([query for query in seen.captured_queries if "resultcount" in query["sql"]]) == 1
    assert counted(of) == {"NOT_UNDERSTOOD": 50}


def test_an_early_push_is_no_trouble_and_what_is_applied_is_counted_as_taken() -> None:
    of = account()
    attempt = place(campaign(of, leads=1))
    body = orjson.dumps({"dialer_reference": str(attempt.reference), "disconnected_by": "customer"})
    pushed(of, b'{"call_id":"early","disconnected_by":"customer"}')
    pushed(of, body)
    inbox(tries=applying.COUNTED_AT_TRY - 1)
    assert counted(of) == {"TAKEN": 1}


class _Redirects(BaseHTTPRequestHandler):
    """A web server in front that sends everybody to https."""

    def do_HEAD(self) -> None:
        """Redirect."""
        self.send_response(301)
        self.send_header("Location", f"https://dialer.example.com{self.path}")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def redirecting() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Redirects)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_public_address_that_redirects_is_a_problem(redirecting: str, settings: Settings) -> None:
    of = account()
    settings.PUBLIC_BASE_URL = redirecting
    found = [one for one in push_findings(of, now=datetime.now(UTC)) if "redirects" in one.text]
    assert [one.verdict for one in found] == [Verdict.PROBLEM]
    assert "https://dialer.example.com" in found[0].text
    assert of.push_token not in found[0].text + found[0].remedy


def test_the_check_s_own_look_at_the_address_is_no_push() -> None:
    of = account()
    assert pushed(of, b"", method="HEAD") == 405
    assert counted(of) == {}
