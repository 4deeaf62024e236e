"""What Prometheus is told, by whom it is asked, and what a worker counts."""

from __future__ import annotations

import urllib.request
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from campaigns.models import Attempt, Lead
from dialer.embedded.stack import free_port
from dialer.metrics.process import PLACEMENTS, serve
from tests.campaigns import world
from webhooks.models import ProviderEvent, PushRefusals, Subscription

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-prometheus"


def asked(token: str | None = TOKEN) -> Any:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return Client(headers=headers).get("/metrics")


def told() -> dict[str, dict[tuple[str, ...], float]]:
    """Return the figures by name, each by the values of its labels, in the order of their names."""
    reply = asked()
    assert reply.status_code == 200
    return {
        family.name: {
            tuple(value for _, value in sorted(sample.labels.items())): sample.value for sample in family.samples
        }
        for family in text_string_to_metric_families(reply.content.decode())
    }


@pytest.mark.parametrize(
    ("setting", "token", "status"), [("", None, 404), ("", "", 404), (TOKEN, None, 401), (TOKEN, "other", 401)]
)
def test_nobody_is_told_without_the_token(setting: str, token: str | None, status: int, settings: Any) -> None:
    settings.DIALER_METRICS_TOKEN = setting
    reply = asked(token)
    assert reply.status_code == status
    assert b"dialer_" not in reply.content


def test_prometheus_asks_the_process_itself_behind_a_proxy_that_ends_tls(settings: Any) -> None:
    settings.DIALER_METRICS_TOKEN, settings.SECURE_SSL_REDIRECT = TOKEN, True
    assert asked().status_code == 200
    assert Client().get("/admin/").status_code == 301


def test_lines_leads_and_events_are_told_as_they_are(settings: Any) -> None:
    settings.DIALER_METRICS_TOKEN = TOKEN
    owner = world.account(max_live_calls=7)
    did = world.did(owner, 3)
    made = world.campaign(owner, dids=[did], leads=5)
    for _ in range(2):
        world.place(made, state="UNCERTAIN")
    now = timezone.now()
    Attempt.objects.update(placing_at=now)
    Lead.objects.update(next_attempt_at=now - timedelta(seconds=90))
    ProviderEvent.objects.create(account=owner, body=b"{}", state="UNMATCHED", received_at=now - timedelta(hours=1))
    PushRefusals.objects.create(account=owner, refused=11, since=now, last_at=now)
    Subscription.objects.create(name="CRM", url="https://crm.example/")
    figures = told()
    line = (owner.name, f"…{did.number[-4:]}", str(did.pk))
    assert (figures["dialer_did_live_calls"][line], figures["dialer_did_limit"][line]) == (2, 3)
    assert figures["dialer_account_limit"] == {(owner.name,): 7}
    assert figures["dialer_uncertain_calls"] == {(owner.name,): 2}
    assert figures["dialer_due_to_dialed_seconds"][owner.name,] == pytest.approx(90, abs=1)
    assert figures["dialer_due_leads"][owner.name, made.name, str(made.pk)] == 3
    assert figures["dialer_oldest_due_seconds"][owner.name, made.name, str(made.pk)] == pytest.approx(90, abs=30)
    assert figures["dialer_inbox_events"] == {("NEW",): 0, ("UNMATCHED",): 1}
    assert figures["dialer_inbox_oldest_seconds"]["UNMATCHED",] == pytest.approx(3600, abs=60)
    assert figures["dialer_pushes_refused"] == {(owner.name,): 11}
    assert figures["dialer_deliveries_waiting"] == {("CRM",): 0}
    assert figures["dialer_dialing_allowed"] == {(): 1}
    assert figures["dialer_capacity_age_seconds"][owner.name,] > 0


def test_no_figure_shows_a_whole_number(settings: Any) -> None:
    settings.DIALER_METRICS_TOKEN = TOKEN
    made = world.campaign(world.account(), leads=1)
    attempt = world.place(made)
    text = asked().content.decode()
    assert attempt.number not in text
    assert made.dids.get().number not in text


def test_a_worker_tells_on_the_first_free_port() -> None:
    first = free_port()
    ports = [serve(f"127.0.0.1:{first}"), serve(f"127.0.0.1:{first}")]
    assert ports[0] == first
    assert ports[1] is not None
    assert first < ports[1] < first + 20
    PLACEMENTS.labels(account=1, result="ACCEPTED").inc()
    with urllib.request.urlopen(f"http://127.0.0.1:{ports[1]}/metrics") as reply:
        assert b'dialer_placements_total{account="1",result="ACCEPTED"}' in reply.read()
