"""Only what is plain in every respect takes the short way, and is stored as by the view; all else is the view's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from dialer.models import ProviderAccount
from tests.campaigns.world import account
from webhooks.models import ProviderEvent
from webhooks.push_rates import push_rates
from webhooks.receiving import senders
from webhooks.short_way import MOST_BYTES, TAKEN, ShortWay

pytestmark = pytest.mark.django_db(transaction=True)

BODY = b'{"call_id": "c-1", "disconnected_by": "customer"}'
PLAIN = {
    "host": "localhost:8000", "authorization": "Bearer push-secret", "content-type": "application/json",
    "user-agent": "Bot/1", "x-other": "secret",
}  # fmt: skip


@pytest.fixture
def owner() -> ProviderAccount:
    """An account that was heard of just now."""
    made = account()
    assert senders.get(made.public_id) is not None
    return made


@pytest.fixture
def way() -> Iterator[ShortWay]:
    pool = ThreadPoolExecutor(1)
    yield ShortWay(pool)
    pool.submit(connections.close_all)
    pool.shutdown()


def scope(owner: ProviderAccount, body: bytes = BODY, **given: Any) -> dict[str, Any]:
    headers = {**PLAIN, "content-length": str(len(body)), **given.pop("headers", {})}
    path = f"/push/{owner.public_id}/{owner.push_token}/"
    said = [(name.encode(), value.encode("latin-1")) for name, value in headers.items() if value is not None]
    return {
        "type": "http", "method": "POST", "path": path, "query_string": b"", "root_path": "", "scheme": "http",
        "headers": said, **given,
    }  # fmt: skip


def take(way: ShortWay, said: dict[str, Any], body: bytes = BODY) -> Any:
    return asyncio.run(way.take(said, body))


def test_it_is_stored_as_the_view_stores_it(way: ShortWay, owner: ProviderAccount, client: Client) -> None:
    assert way.is_known(scope(owner))
    assert take(way, scope(owner)) == TAKEN
    said = {"authorization": "Bearer push-secret", "user-agent": "Bot/1"}
    reply = client.post(f"/push/{owner.public_id}/{owner.push_token}/", BODY, "application/json", headers=said)
    assert (reply.status_code, reply.content) == TAKEN[:2]
    first, second = ProviderEvent.objects.order_by("id")
    for name in ("account_id", "source", "headers", "state", "report", "dedupe_key", "tries", "attempt_id", "problem"):
        assert getattr(first, name) == getattr(second, name), name
    assert bytes(first.body) == bytes(second.body) == BODY


@pytest.mark.parametrize(
    "given",
    [
        {"method": "GET"},
        {"method": "PATCH"},
        {"query_string": b"call_id=c-1"},
        {"root_path": "/x"},
        {"headers": {"authorization": "Bearer other"}},
        {"headers": {"authorization": None}},
        {"headers": {"host": "evil.example"}},
        {"headers": {"host": None}},
        {"headers": {"content-length": None, "transfer-encoding": "chunked"}},
        {"headers": {"content-length": "7"}},
        {"headers": {"content-type": "multipart/form-data; boundary=x"}},
    ],
    ids=str,
)
def test_what_is_out_of_the_ordinary_is_left_to_the_view(
    way: ShortWay, owner: ProviderAccount, given: dict[str, Any]
) -> None:
    assert take(way, scope(owner, **given)) is None
    assert not ProviderEvent.objects.exists()


def test_so_are_other_addresses_sizes_and_accounts_that_nobody_asked_for(way: ShortWay, owner: ProviderAccount) -> None:
    whole = f"/push/{owner.public_id}/{owner.push_token}"
    for path in (f"{whole}x/", f"{whole}/contact/", f"/push/{owner.public_id}/", f"{whole[:-1]}/"):
        assert not way.is_known(scope(owner, path=path))
        assert take(way, scope(owner, path=path)) is None
    for body in (b"", b"x" * (MOST_BYTES + 1)):
        assert take(way, scope(owner, body), body) is None
    stranger = account()
    assert take(way, scope(stranger)) is None
    assert not ProviderEvent.objects.exists()


def test_every_spelling_of_the_address_is_known(way: ShortWay, owner: ProviderAccount) -> None:
    for spelling in ("/push/{}/{}", "//push/{}/{}/", "/push//{}/{}", "/push/{}//{}//", "///push/{}/{}"):
        path = spelling.format(str(owner.public_id).upper(), owner.push_token)
        assert take(way, scope(owner, path=path)) == TAKEN


def test_where_https_is_demanded_it_must_have_come_by_it(way: ShortWay, owner: ProviderAccount, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert take(way, scope(owner)) is None
    assert take(way, scope(owner, headers={"x-forwarded-proto": "http"})) is None
    assert take(way, scope(owner, headers={"x-forwarded-proto": "https"})) == TAKEN
    settings.SECURE_PROXY_SSL_HEADER = None
    assert take(way, scope(owner, headers={"x-forwarded-proto": "https"})) is None


def test_above_the_rate_the_view_refuses_and_counts(way: ShortWay, owner: ProviderAccount, settings: Any) -> None:
    settings.DIALER_PUSHES_PER_MINUTE = 3
    answers = [take(way, scope(owner)) for _ in range(5)]
    assert answers == [TAKEN] * 3 + [None] * 2
    assert push_rates._refused.get(owner.pk, 0) == 0
