"""Pushes as no client library sends them: whatever is answered 2xx is stored, whole; nothing is redirected."""

from __future__ import annotations

import orjson
import pytest
from django.conf import settings
from django.db import connection

from dialer.models import ProviderAccount
from tests.attacks.server import Server
from tests.campaigns.world import account
from webhooks.models import ProviderEvent

pytestmark = pytest.mark.django_db(transaction=True)

BODY = orjson.dumps({"call_id": "c-1", "transcript": "x" * 200_000})
#: One for each way: those that are larger are Django's.
BODIES = {"small": orjson.dumps({"call_id": "c-1"}), "large": BODY}
#: An address of two parts, as people and their tools write it.
SPELLINGS = [
    "/push/{0}/{1}/",
    "/push/{0}/{1}",
    "//push/{0}/{1}/",
    "/push//{0}/{1}",
    "/push/{0}//{1}//",
    "///push/{0}/{1}",
]


@pytest.fixture
def owner(server: Server, transactional_db: None) -> ProviderAccount:
    """An account that the web process sees."""
    return account()


def spelt(owner: ProviderAccount, spelling: str = SPELLINGS[0]) -> str:
    return spelling.format(owner.public_id, owner.push_token)


def push(server: Server, path: str, body: bytes = BODY, *, method: str = "POST", chunks: int = 0) -> int:
    kind = {"Authorization": "Bearer push-secret", "Content_Type": "application/json"}
    return server.ask(method, path, body, chunks=chunks, **kind)[0]


def stored(owner: ProviderAccount) -> list[bytes]:
    bodies = ProviderEvent.objects.filter(account=owner).order_by("id").values_list("body", flat=True)
    return [bytes(body) for body in bodies]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("chunks", [0, 4096])
def test_attack_4_a_push_is_stored_whole_however_its_address_and_its_length_are_written(
    server: Server, owner: ProviderAccount, spelling: str, chunks: int
) -> None:
    for body in BODIES.values():
        assert push(server, spelt(owner, spelling), body, chunks=chunks) == 200
    assert stored(owner) == list(BODIES.values())


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", [SPELLINGS[0], SPELLINGS[1], SPELLINGS[0] + "?call_id=c-1"])
def test_attack_4_no_other_method_is_told_that_it_succeeded(
    server: Server, owner: ProviderAccount, method: str, path: str
) -> None:
    refused = 400 if method == "GET" and "?" not in path else 405  # nothing at all: a push after a redirect
    assert push(server, spelt(owner, path), b"", method=method) == refused
    assert stored(owner) == []


@pytest.mark.parametrize("chunks", [0, 4096])
def test_attack_4_an_empty_push_is_no_success(server: Server, owner: ProviderAccount, chunks: int) -> None:
    assert push(server, spelt(owner) + "?call_id=c-1", b"", chunks=chunks) == 400
    assert stored(owner) == []


@pytest.mark.parametrize("chunks", [0, 1_000_000])
def test_attack_4_a_push_above_the_limit_is_refused(server: Server, owner: ProviderAccount, chunks: int) -> None:
    assert push(server, spelt(owner), b"x" * (settings.DIALER_PUSH_MAX_BYTES + 1), chunks=chunks) == 413
    assert stored(owner) == []


@pytest.mark.parametrize("chunks", [0, 7])
@pytest.mark.parametrize("ending", ["/contact/", "/contact", "//contact//"])
def test_attack_4_the_question_for_a_contact_is_read_in_every_spelling(
    server: Server, owner: ProviderAccount, ending: str, chunks: int
) -> None:
    assert push(server, spelt(owner, SPELLINGS[1]) + ending, b'{"phone": "1"}', chunks=chunks) == 200
    assert push(server, spelt(owner, SPELLINGS[1]) + ending, b"x" * 70_000, chunks=100 * chunks) == 413


@pytest.mark.parametrize("ending", ["/contact/", "/contact", "//contact//"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_attack_4_a_question_for_a_contact_that_lost_its_body_is_no_answer(
    server: Server, owner: ProviderAccount, ending: str, method: str
) -> None:
    for spelling in SPELLINGS[1:4]:
        assert push(server, spelt(owner, spelling).rstrip("/") + ending, b"", method=method) == 400


def test_attack_8_a_failure_of_ours_asks_for_the_push_again_and_logs_no_address(
    server: Server, owner: ProviderAccount
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE webhooks_providerevent RENAME TO webhooks_providerevent_away")
    try:
        answers = {push(server, spelt(owner, spelling), body) for spelling in SPELLINGS for body in BODIES.values()}
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE webhooks_providerevent_away RENAME TO webhooks_providerevent")
    assert answers == {503}
    assert "push not stored" in server.logged()
    assert owner.push_token not in server.logged()
    assert push(server, spelt(owner)) == 200
    assert stored(owner) == [BODY]
