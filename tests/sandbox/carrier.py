"""Fixtures: a running sandbox carrier, and a receiver of its pushes. Other tests import them from here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep, time
from typing import Any, NamedTuple

import httpx
import pytest

from dialer.sandbox.client import SandboxClient, running_carrier, wait_for

TIME_FACTOR = 50.0
KEY = "sandbox-key"
AGENT_ID = "6cc951e6-9877-4d7c-88d7-56b4948d3cce"


def zone_at_noon() -> str:
    """Return a zone in which it is between 12:00 and 13:00: no day ends there while a test runs."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}"  # these names say how far UTC is ahead of them


class Received(NamedTuple):
    """One push as it came."""

    at: float
    method: str
    headers: dict[str, str]
    body: dict[str, Any]
    raw: bytes


class PushReceiver:
    """An HTTP server that keeps the pushes it gets. ``statuses`` are used up first, then it answers 200.

    ``delays`` are used up first too: real seconds until a push is kept and answered.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.statuses: list[int] = []
        self.delays: list[float] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                if receiver.delays:
                    sleep(receiver.delays.pop(0))
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                receiver.received.append(Received(time(), self.command, headers, json.loads(body), body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_PUT = _answer

            def log_message(self, *arguments: Any) -> None:
                """Keep the test output quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/push"
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def wait(self, count: int) -> list[Received]:
        """Return the pushes once there are ``count`` of them."""
        return wait_for(lambda: self.received if len(self.received) >= count else None)


@pytest.fixture(scope="session")
def carrier_process() -> Iterator[SandboxClient]:
    """A carrier for the whole test run; use ``sandbox``, which starts it afresh for each test."""
    with running_carrier(time_factor=TIME_FACTOR) as client:
        yield client


@pytest.fixture
def sandbox(carrier_process: SandboxClient) -> SandboxClient:
    """A carrier with an empty ledger, time factor 50 and seed 1."""
    carrier_process.reset(time_factor=TIME_FACTOR, seed=1)
    return carrier_process


@pytest.fixture
def receiver() -> Iterator[PushReceiver]:
    """A receiver of pushes."""
    receiver = PushReceiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """An HTTP client for the provider side of the carrier."""
    with httpx.Client(timeout=10.0, verify=False, trust_env=False) as client:  # plain HTTP: a TLS context costs 30 ms
        yield client


class Account:
    """An account at the carrier with quick calls, and the requests that place one."""

    def __init__(self, sandbox: SandboxClient, http: httpx.Client, slug: str, **settings: Any) -> None:
        self.sandbox = sandbox
        self.http = http
        self.slug = slug
        self.base_url = sandbox.base_url(slug, "acme")
        quick = {"ring_seconds": [1, 1], "talk_seconds": [5, 5], "agent_ring_seconds": [0, 0], "api_key": KEY}
        sandbox.configure(slug, "acme", **{**quick, "outcomes": {"ANSWERED": 1}, **settings})

    def place(self, number: str = "9876543299", *, reference: str = "r-1", **fields: Any) -> httpx.Response:
        """Send a correct request to place a call, with ``fields`` in place of or beside its own."""
        path, body = request_to_place(self.slug, number, reference)
        return self.http.post(f"{self.base_url}{path}", json={**body, **fields}, headers=self.headers)

    @property
    def headers(self) -> dict[str, str]:
        """The header that carries the key."""
        if self.slug in ("voxcore", "astradial"):
            return {"X-API-Key": KEY}
        return {"Authorization": f"{'api-key' if self.slug == 'altur' else 'Bearer'} {KEY}"}

    def get(self, path: str, **query: Any) -> httpx.Response:
        """Send a GET with the key."""
        return self.http.get(f"{self.base_url}{path}", params=query, headers=self.headers)

    def post(self, path: str, body: Any = None) -> httpx.Response:
        """Send a POST with the key."""
        return self.http.post(f"{self.base_url}{path}", json={} if body is None else body, headers=self.headers)

    def lookups(self) -> dict[str, int]:
        """Return how often the account was asked for calls, logs and capacity."""
        found: dict[str, int] = self.sandbox.summary()["accounts"][f"{self.slug}/acme"]["lookups"]
        return found

    @property
    def bearer(self) -> dict[str, str]:
        """The header that Intellicall wants."""
        return {"Authorization": f"Bearer {KEY}"}

    def row(self) -> dict[str, Any]:
        """Return the only row of the ledger."""
        (row,) = self.sandbox.ledger()
        return row


def request_to_place(slug: str, number: str, reference: str) -> tuple[str, dict[str, Any]]:
    """Return path and body of a correct request that calls ``number``, ten digits."""
    mine = {"dialer_reference": reference}
    if slug == "voxcore":
        return "/api/v1/dialout", {"bot_id": "b-1", "to_number": f"+91{number}", "variables": mine}
    if slug == "altur":
        context = json.dumps(mine)
        return "/call", {"agent_id": AGENT_ID, "phone_number_to": f"+91{number}", "end_user_context": context}
    if slug == "astradial":
        body = {"from": "1001", "to": number, "to_type": "external", "caller_id": "+911234567890"}
        return "/api/v1/calls/click-to-call", {**body, "variables": mine}
    if slug == "ivrsolutions":
        return "/api/dial_by_flow", {"did_no": "+911143104567", "flow_id": "1001", "customer_no": f"0{number}"}
    return "/calls", {
        "from_number": "919800000000",
        "to_number": number,
        "crm_username": "agent.017",
        "uuid": reference,
    }
