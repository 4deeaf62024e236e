"""Tokens by OAuth client credentials: fetched once, kept while they are good, fetched again when they are refused."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from rest_framework.test import APIClient

from tests.api.conftest import API, api
from tests.campaigns.world import NOON
from tests.webhooks.receiver import Receiver, receiver
from tests.webhooks.subscribers import end_calls, subscribe
from tests.webhooks.telling import tell
from webhooks.models import Delivery, Subscription
from webhooks.telling.teller import Teller

__all__ = ["api", "receiver"]
pytestmark = pytest.mark.django_db


class Tokens:
    """A token server on loopback: ``t1``, ``t2`` … to those who know the secret. ``says``: another answer for all."""

    def __init__(self) -> None:
        self.given, self.forms = 0, list[dict[str, list[str]]]()
        self.expires_in: Any = 3600
        self.says: tuple[int, bytes] | None = None
        tokens = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                tokens.forms.append(form)
                good = f"Basic {base64.b64encode(b'us:p%2Fss').decode()}" == self.headers["authorization"]
                tokens.given += good
                said = {"access_token": f"t{tokens.given}", "token_type": "bearer", "expires_in": tokens.expires_in}
                refused = {"error": "invalid_client", "error_description": "No such client."}
                body = json.dumps(said if good else refused).encode()
                status, body = tokens.says or (200 if good else 401, body)
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/token"

    def subscribe(self, url: str, **fields: Any) -> Subscription:
        """Return a subscription that shows its tokens."""
        client = {"oauth_client_id": "us", "oauth_client_secret": "p/ss", **fields}
        return subscribe(url, oauth_token_url=self.url, **client)


@pytest.fixture
def tokens() -> Iterator[Tokens]:
    made = Tokens()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_token_is_fetched_once_and_again_when_it_is_refused(receiver: Receiver, tokens: Tokens) -> None:
    tokens.subscribe(receiver.url, oauth_scope="results")
    end_calls(3)
    receiver.answer = lambda _: 401 if receiver.came[-1][0]["authorization"] == "Bearer t1" else 200
    assert tell(now=NOON) == 3
    assert {headers["authorization"] for headers, _ in receiver.came} == {"Bearer t1", "Bearer t2"}
    assert tokens.given == 2
    assert tokens.forms[0] == {"grant_type": ["client_credentials"], "scope": ["results"]}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("expires_in", [3600, 20, "600", None, 0], ids=str)
def test_results_that_come_one_after_the_other_are_told_with_one_token(
    receiver: Receiver, tokens: Tokens, expires_in: Any
) -> None:
    tokens.expires_in = expires_in
    tokens.subscribe(receiver.url)
    teller = Teller()
    try:
        for many in range(1, 4):
            end_calls()
            told_by(teller, many)
    finally:
        teller.stop()
    assert (len(receiver.came), tokens.given) == (3, 1)


def told_by(teller: Teller, many: int) -> None:
    """Wait until a teller has told so many, and has nothing to do."""
    until = time.monotonic() + 20
    while Delivery.objects.filter(state="DELIVERED").count() < many and time.monotonic() < until:
        teller.look()
        time.sleep(0.02)
    while Subscription.objects.exclude(held_until=None).exists() and time.monotonic() < until:
        time.sleep(0.02)


def test_a_token_that_is_refused_is_asked_for_once_whatever_waits_for_it(receiver: Receiver, tokens: Tokens) -> None:
    made = tokens.subscribe(receiver.url, oauth_client_secret="no")
    end_calls(20)
    assert tell(now=NOON) == 0
    assert (len(tokens.forms), receiver.came) == (1, [])
    made.refresh_from_db()
    assert (made.failures, made.problem) == (1, "No token: the token URL answered 401, invalid_client: No such client.")


SECRET_SAID = b'{"error": "invalid_client", "error_description": "p/ss is wrong"}'
SAID = [
    (401, b'{"error": "invalid_client", "error_description": "No such client."}', "answered 401, invalid_client: No"),
    (400, b'{"error": "invalid_scope"}', "answered 400, invalid_scope"),
    (503, b"<html>busy</html>", "answered 503"),
    (302, b"", "answered 302"),
    (401, SECRET_SAID, "answered 401"),
    (403, b'{"error": ["x"], "error_description": 7}', "answered 403"),
    (200, b"<html>log in</html>", "gave no access_token"),
    (200, b"[]", "gave no access_token"),
    (200, b'{"access_token": "a b"}', "gave no access_token that can be sent"),
    (200, b'{"access_token": ""}', "gave no access_token that can be sent"),
]


@pytest.mark.parametrize(("status", "body", "said"), SAID)
def test_a_token_that_is_not_given_is_said_with_the_words_of_its_server(
    receiver: Receiver, tokens: Tokens, api: APIClient, status: int, body: bytes, said: str
) -> None:
    tokens.says = status, body
    made = tokens.subscribe(receiver.url)
    shown = api.post(f"{API}/subscriptions/{made.pk}/test/").json()
    assert shown["problem"].startswith(f"No token: the token URL {said}")
    assert (receiver.came, "p/ss" in str(shown)) == ([], False)


def test_a_token_server_that_is_not_there_is_told_apart_from_a_subscriber(
    receiver: Receiver, tokens: Tokens, api: APIClient, settings: Any
) -> None:
    made = subscribe(receiver.url, oauth_token_url="http://127.0.0.1:9/t", oauth_client_id="a", oauth_client_secret="b")
    away = api.post(f"{API}/subscriptions/{made.pk}/test/").json()
    assert away["problem"].startswith("No token: the token URL gave no reply")
    silent = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)  # takes connections, answers none
    settings.DIALER_SUBSCRIBER_SECONDS = 0.2
    Subscription.objects.update(oauth_token_url=f"http://127.0.0.1:{silent.server_port}/t")
    assert api.post(f"{API}/subscriptions/{made.pk}/test/").json()["problem"] == "No token within 0.2 s"
    silent.server_close()


def test_a_test_shows_whether_the_credentials_are_right_now(receiver: Receiver, tokens: Tokens, api: APIClient) -> None:
    made = tokens.subscribe(receiver.url)
    path = f"{API}/subscriptions/{made.pk}/test/"
    assert api.post(path).json()["state"] == "DELIVERED"
    tokens.says = 401, b'{"error": "invalid_client"}'
    assert api.post(path).json()["state"] == "GIVEN_UP"
