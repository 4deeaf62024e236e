"""Bodies and questions of strangers: what a process reads and computes before it knows who asks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dialer.bodies import MOST_OF_STRANGERS
from tests.api.conftest import key_of
from tests.attacks.server import Server

pytestmark = pytest.mark.django_db(transaction=True)

FORM = "multipart/form-data; boundary=x"
PAGES = ["/admin/login/", "/admin/", "/admin/campaigns/contactlist/1/upload/", "/admin/campaigns/campaign/add/"]


@pytest.mark.parametrize("path", PAGES)
def test_attack_13_a_strangers_large_form_is_refused_by_its_length_alone(server: Server, path: str) -> None:
    # Only the head is sent: an answer shows that the body is not waited for.
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: {FORM}\r\n"
    status, reply = server.send(f"{head}Content-Length: {300 * 1024 * 1024}\r\n\r\n--x\r\n".encode())
    assert (status, "too_large" in reply) == (413, True)


@pytest.mark.parametrize("path", [*PAGES, "/api/v1/lists/1/upload/"])
def test_attack_13_a_form_without_a_length_is_refused(server: Server, path: str) -> None:
    status, reply = server.ask(
        "POST", path, b"a=b&" * 1000, chunks=512, Content_Type="application/x-www-form-urlencoded"
    )
    assert (status, "length_required" in reply) == (411, True)


@pytest.mark.parametrize(
    ("rights", "content_type", "limit"),
    [
        ([], FORM, settings.DATA_UPLOAD_MAX_MEMORY_SIZE),
        (["add_contact"], "application/x-www-form-urlencoded", settings.DATA_UPLOAD_MAX_MEMORY_SIZE),
        (["add_contact"], FORM, settings.DIALER_UPLOAD_MAX_BYTES + MOST_OF_STRANGERS),
    ],
)
def test_attack_13_large_bodies_are_for_those_who_may_upload(rights: list[str], content_type: str, limit: int) -> None:
    user = User.objects.create_user("asha", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    for length, refused in ((limit, False), (limit + 1, True)):
        reply = client.generic("GET", "/admin/", CONTENT_TYPE=content_type, CONTENT_LENGTH=str(length))
        assert (reply.status_code == 413) is refused


def test_attack_13_a_small_form_of_a_stranger_is_read() -> None:
    User.objects.create_superuser("olga", password="a-long-password")
    given = {"username": "olga", "password": "a-long-password", "f": SimpleUploadedFile("f", b"x" * 50_000)}
    assert Client().post("/admin/login/", given).status_code == 302


def test_attack_22_the_document_of_the_api_is_given_to_sixteen_at_once(server: Server) -> None:
    token = key_of(User.objects.create_user("reader"))
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda _: server.ask("GET", "/api/v1/openapi.json", Authorization=f"Token {token}"), range(16))
        )
    assert {status for status, _ in answers} == {200}
    assert len({reply.partition("\r\n\r\n")[2] for _, reply in answers}) == 1


def test_attack_22_a_stranger_gets_neither_the_document_nor_its_pages(server: Server) -> None:
    assert server.ask("GET", "/api/v1/openapi.json")[0] == 401
    status, reply = server.ask("GET", "/api/v1/docs/")
    assert (status, "/admin/login/?next=/api/v1/docs/" in reply) == (302, True)
