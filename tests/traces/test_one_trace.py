"""A call is one trace, from its claim to its settled result; and who asks for no traces loads nothing for them."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from uuid_utils.compat import uuid7

from campaigns.models import Attempt
from campaigns.placing.engine import Engine
from dialer.models import ProviderAccount
from dialer.providers.base import Push
from dialer.sandbox.client import SandboxClient, wait_for
from dialer.traces import spans
from dialer.traces.stages import is_traced
from tests.campaigns.world import account, campaign, numbers, set_fleet
from tests.traces.collector import Collector, collecting
from webhooks.applying import apply_inbox
from webhooks.receiving import store

PROJECT = Path(__file__).resolve().parents[2]
#: Prints which of the two a worker has loaded when it is ready to place and to settle calls. Redis' client takes a part
#: of OpenTelemetry where it finds it; what tells of calls is the exporter.
LOADED = """
import django, sys; django.setup()
import campaigns.tasks, webhooks.tasks
from dialer.traces import stages; stages.get_ready()
print(sorted({"opentelemetry.exporter", "sentry_sdk"} & set(sys.modules)))
"""


@pytest.fixture
def collector(settings: Any) -> Iterator[Collector]:
    """Return a collector that this process tells of calls."""
    with collecting() as made:
        settings.DIALER_TRACES_URL = f"{made.url}/v1/traces"
        spans.kept_exporter.cache_clear()
        yield made
        spans.kept_exporter.cache_clear()


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Return an engine, which ends with the test."""
    made = Engine()
    yield made
    made.stop()


def place_one(sandbox: SandboxClient, engine: Engine, phone: str) -> Attempt:
    """Have one call placed at the carrier, and return its attempt."""
    sandbox.configure(
        "voxcore", "main", api_key="key", suffixes=False, outcomes={"ANSWERED": 1}, talk_seconds=[9e3, 9e3]
    )
    owner = account()
    ProviderAccount.objects.filter(pk=owner.pk).update(base_url=sandbox.base_url("voxcore", "main"))
    set_fleet(owner, available=10, at=datetime.now(UTC))
    campaign(owner, leads=[phone])
    engine.ring(owner.pk)
    wait_for(lambda: Attempt.objects.filter(state="PLACED").exists())
    return Attempt.objects.get()


def push_result(attempt: Attempt) -> None:
    """Take in the push that tells the call's end, and settle it."""
    body = {"dialer_reference": str(attempt.reference), "call_id": "c-1", "disconnected_by": "customer"}
    store(account_id=attempt.account_id, source="PUSH", push=Push(headers={}, body=orjson.dumps(body)))
    apply_inbox(now=datetime.now(UTC) + timedelta(seconds=1))


def sent(collector: Collector) -> dict[str, Span]:
    """Let what waits leave, and return all spans that the collector has, by name."""
    spans.exporter().end()
    requests = [ExportTraceServiceRequest.FromString(body) for body in collector.bodies]
    found = [
        span
        for request in requests
        for one in request.resource_spans
        for each in one.scope_spans
        for span in each.spans
    ]
    assert len({span.name for span in found}) == len(found)
    return {span.name: span for span in found}


@pytest.mark.django_db(transaction=True)
def test_all_stages_of_a_call_join_under_its_reference_in_traces_and_logs(
    sandbox: SandboxClient, engine: Engine, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    (phone,) = numbers(1)
    with caplog.at_level(logging.DEBUG, logger="dialer"):
        attempt = place_one(sandbox, engine, phone)
        push_result(attempt)
    attempt.refresh_from_db()
    found = sent(collector)
    assert set(found) == {"call", "claim", "place", "request", "inbox", "settle"}
    assert {span.trace_id for span in found.values()} == {attempt.reference.bytes}
    whole = found.pop("call")
    assert whole.parent_span_id == b""
    assert {span.parent_span_id for span in found.values()} == {whole.span_id}
    said = {each.key: each.value.string_value or each.value.int_value for each in whole.attributes}
    assert said["dialer.reference"] == str(attempt.reference)
    assert (said["dialer.lead_id"], said["dialer.outcome"]) == (attempt.lead_id, "ANSWERED")
    at = [found[name].start_time_unix_nano for name in ("claim", "place", "request", "inbox", "settle")]
    assert at == sorted(at)
    assert all(phone[1:].encode() not in body for body in collector.bodies)
    lines = [record.msg for record in caplog.records if isinstance(record.msg, dict) and "stage" in record.msg]
    assert {line["trace_id"] for line in lines} == {attempt.reference.hex}
    assert {line["stage"] for line in lines} == {"call", *found}


@pytest.mark.django_db(transaction=True)
def test_calls_go_on_where_no_collector_answers(sandbox: SandboxClient, engine: Engine, settings: Any) -> None:
    settings.DIALER_TRACES_URL = "http://127.0.0.1:9/v1/traces"
    spans.kept_exporter.cache_clear()
    attempt = place_one(sandbox, engine, numbers(1)[0])
    push_result(attempt)
    attempt.refresh_from_db()
    assert attempt.state == "ENDED"
    spans.exporter().end()
    spans.kept_exporter.cache_clear()


@pytest.mark.parametrize("new_reference", [uuid7, uuid.uuid4], ids=["of today", "of 1.0.0"])
@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_share_of_calls_is_traced_and_every_process_says_the_same(
    share: float, new_reference: Callable[[], uuid.UUID], settings: Any
) -> None:
    settings.DIALER_TRACES_SHARE = share
    references = [new_reference() for _ in range(4000)]
    traced = [reference for reference in references if is_traced(reference)]
    assert len(traced) / 4000 == pytest.approx(share, abs=0.05)
    assert [reference for reference in references if is_traced(uuid.UUID(hex=reference.hex))] == traced


@pytest.mark.parametrize(
    ("given", "loaded"),
    [
        ({}, []),
        ({"DIALER_TRACES_URL": "http://127.0.0.1:9/v1/traces"}, ["opentelemetry.exporter"]),
        ({"SENTRY_DSN": "http://key@127.0.0.1:9/1"}, ["sentry_sdk"]),
    ],
)
def test_a_worker_loads_what_it_was_asked_for_and_nothing_else(given: dict[str, str], loaded: list[str]) -> None:
    needed = {"SECRET_KEY": "k" * 50, "DIALER_ENCRYPTION_KEYS": "e" * 40, "DATABASE_URL": "postgresql:///nowhere"}
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "dialer.settings", **needed, **given}
    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=PROJECT, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == repr(loaded)
