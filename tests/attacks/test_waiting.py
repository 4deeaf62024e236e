"""Waiting: bodies that never come or drip, and connections that say nothing, hold every thread there is."""

from __future__ import annotations

import contextlib
import resource
import socket
import time
import uuid
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User

from campaigns.models import ContactList
from dialer.embedded.stack import HOST
from dialer.models import ProviderAccount
from tests.api.conftest import key_of
from tests.attacks.server import BODY_SECONDS, Server
from tests.campaigns.world import account
from webhooks.models import ProviderEvent

pytestmark = pytest.mark.django_db(transaction=True)

#: More than the threads of pages and pushes together.
MANY = 40
#: What the tests allow for an answer on a busy machine; a thread that is held is held for longer than a test.
AT_ONCE_SECONDS = 1.0


@pytest.fixture
def owner(server: Server, transactional_db: None) -> ProviderAccount:
    """An account that the web process sees."""
    return account()


@contextlib.contextmanager
def open_lines(server: Server, count: int, said: bytes) -> Iterator[list[socket.socket]]:
    """Open connections that say something and then nothing; close them at the end."""
    with contextlib.ExitStack() as ending:
        lines = []
        for _ in range(count):
            lines.append(ending.enter_context(socket.create_connection((HOST, server.port), timeout=10)))
            lines[-1].sendall(said)
        yield lines


def begun(path: str, length: int = 60_000) -> bytes:
    """Return a request whose body begins and goes no further."""
    kind = "application/x-www-form-urlencoded"
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    return head.encode() + b"a"


def hears(server: Server, owner: ProviderAccount) -> bool:
    """Return whether pages are given and pushes taken at once."""
    began = time.monotonic()
    page, _ = server.ask("GET", "/admin/login/")
    path = f"/push/{owner.public_id}/{owner.push_token}/"
    pushed, _ = server.ask("POST", path, b'{"call_id": "c-1"}', Authorization="Bearer push-secret")
    return (page, pushed) == (200, 200) and time.monotonic() - began < 2 * AT_ONCE_SECONDS


@pytest.mark.parametrize("whose", ["stranger", "owner", "page", "rest"])
def test_attack_3_bodies_that_never_come_keep_nobody_waiting(
    server: Server, owner: ProviderAccount, whose: str
) -> None:
    paths = {
        "stranger": f"/push/{uuid.uuid4()}/x/",
        "owner": f"/push/{owner.public_id}/{owner.push_token}/",
        "page": "/admin/login/",
        "rest": "/api/v1/campaigns/",
    }
    hears(server, owner)  # the first page of a process takes longer
    with open_lines(server, MANY, begun(paths[whose])):
        assert hears(server, owner)
    assert ProviderEvent.objects.filter(account=owner).count() == 2


def test_attack_3_a_strangers_push_is_refused_before_its_body(server: Server, owner: ProviderAccount) -> None:
    for path in (f"/push/{uuid.uuid4()}/x/", f"/push/{owner.public_id}/x/", "/push/x/"):
        status, _ = server.send(begun(path))
        assert status in {403, 404}


@pytest.mark.parametrize("chunked", [False, True])
def test_attack_3_a_body_that_drips_has_a_deadline_for_the_whole(
    server: Server, owner: ProviderAccount, chunked: bool
) -> None:
    length = "Transfer-Encoding: chunked" if chunked else "Content-Length: 1000"
    path = f"/push/{owner.public_id}/{owner.push_token}/"
    began = time.monotonic()
    with open_lines(server, 1, f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\n{length}\r\n\r\n".encode()) as [line]:
        line.settimeout(0.2)
        reply = b""
        while not reply and time.monotonic() - began < 3 * BODY_SECONDS:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                line.sendall(b"1\r\na\r\n" if chunked else b"a")
            with contextlib.suppress(TimeoutError):
                reply = line.recv(4096)
    assert reply.startswith(b"HTTP/1.1 408 ")
    assert ProviderEvent.objects.count() == 0


def test_attack_3_eleven_hundred_idle_connections_are_in_nobodys_way(server: Server, owner: ProviderAccount) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < 2000:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4000, hard), hard))
    hears(server, owner)
    with open_lines(server, 1100, b""):
        assert hears(server, owner)


def test_attack_3_the_inbox_is_a_process_that_takes_pushes_and_nothing_else(
    server: Server, owner: ProviderAccount
) -> None:
    path = f"/push/{owner.public_id}/{owner.push_token}/"
    signed = {"Authorization": "Bearer push-secret", "Content_Type": "application/json"}
    for other in ("/admin/login/", "/api/v1/campaigns/", "/", "/static/dialer/admin.css"):
        assert server.inbox.ask("GET", other)[0] == 404
    assert server.inbox.ask("GET", "/api/v1/health/")[0] == 200
    with open_lines(server, MANY, begun("/admin/login/")), open_lines(server.inbox, MANY, begun(path)):
        began = time.monotonic()
        assert server.inbox.ask("POST", path, b'{"call_id": "c-1"}', chunks=0, **signed)[0] == 200
        assert server.inbox.ask("POST", path + "contact/", b'{"phone": "1"}', chunks=0, **signed)[0] == 200
        assert time.monotonic() - began < 2 * AT_ONCE_SECONDS
    assert ProviderEvent.objects.filter(account=owner).count() == 1


def test_attack_3_large_bodies_that_never_come_take_half_of_the_threads_and_others_arrive_whole(
    server: Server, owner: ProviderAccount
) -> None:
    contacts = ContactList.objects.create(name="People", default_region="IN")
    token = key_of(User.objects.create_superuser("olga"))
    path, signed = f"/api/v1/lists/{contacts.pk}/upload/", {"Authorization": f"Token {token}"}
    rows = b"phone,name\n" + b"".join(b"+9198%08d,%s\n" % (number, b"x" * 100) for number in range(1000))
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Token {token}\r\nContent-Type: text/csv\r\n"
    with open_lines(server, MANY, f"{head}Content-Length: 70000\r\n\r\nphone\n".encode()) as lines:
        assert hears(server, owner)
        replies = [line.recv(65536) for line in lines[:3]]
    assert {reply.split(b" ", 2)[1] for reply in replies} == {b"408"}
    status, reply = server.ask("POST", path, rows, chunks=0, Content_Type="text/csv", **signed)
    assert (status in {200, 201, 202}, '"rows_total":1000' in reply.replace(" ", "")) == (True, True)
