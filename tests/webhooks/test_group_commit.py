"""Pushes that arrive together share a commit, are answered after it, and one that cannot be stored fails alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from tests.campaigns.world import account
from webhooks import group_commit
from webhooks.group_commit import GroupCommit, Row, store_rows
from webhooks.models import ProviderEvent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    made = ThreadPoolExecutor(2)
    yield made
    for _ in range(2):
        made.submit(connections.close_all)
    made.shutdown()


def row(account_id: int, number: int, headers: str = "{}") -> Row:
    return Row(account_id=account_id, headers=headers, body=b"%d" % number)


def store(pool: ThreadPoolExecutor, rows: Sequence[Row]) -> list[BaseException | None]:
    async def all_at_once() -> list[BaseException | None]:
        commit = GroupCommit(executor=pool)
        return await asyncio.gather(*(commit.store(one) for one in rows), return_exceptions=True)

    return asyncio.run(all_at_once())


def bodies() -> list[int]:
    return sorted(int(bytes(body)) for body in ProviderEvent.objects.values_list("body", flat=True))


def commits() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM webhooks_providerevent")
        (found,) = cursor.fetchone() or (0,)
    return int(found)


def test_what_arrives_together_is_stored_whole_in_few_commits(pool: ThreadPoolExecutor) -> None:
    owner = account()
    assert store(pool, [row(owner.pk, number) for number in range(300)]) == [None] * 300
    assert bodies() == list(range(300))
    assert commits() <= 4
    event = ProviderEvent.objects.order_by("id").first()
    assert event is not None
    assert (event.source, event.state, event.account_id, event.headers) == ("PUSH", "NEW", owner.pk, {})


def test_it_is_answered_when_others_can_see_it_and_not_before(pool: ThreadPoolExecutor) -> None:
    owner = account()
    seen: list[int] = []

    async def watched() -> None:
        commit = GroupCommit(executor=pool)

        async def one(number: int) -> None:
            await commit.store(row(owner.pk, number))
            seen.append(await asyncio.get_running_loop().run_in_executor(pool, _there, number))

        await asyncio.gather(*(one(number) for number in range(20)))

    asyncio.run(watched())
    assert seen == [1] * 20


def _there(number: int) -> int:
    return ProviderEvent.objects.filter(body=b"%d" % number).count()


@pytest.mark.parametrize("bad", [{"headers": '{"a": "\\u0000"}'}, {"headers": "no JSON"}, {"account": 0}])
def test_one_that_cannot_be_stored_fails_alone(pool: ThreadPoolExecutor, bad: dict[str, object]) -> None:
    owner = account()
    rows = [row(owner.pk, number) for number in range(30)]
    rows[7] = row(int(str(bad.get("account", owner.pk))), 7, str(bad.get("headers", "{}")))
    outcomes = store(pool, rows)
    assert [number for number, outcome in enumerate(outcomes) if outcome is not None] == [7]
    assert bodies() == [number for number in range(30) if number != 7]


def test_a_connection_that_the_server_has_cut_off_loses_none(pool: ThreadPoolExecutor) -> None:
    owner = account()
    assert store(pool, [row(owner.pk, 0)]) == [None]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert store(pool, [row(owner.pk, number) for number in range(1, 20)]) == [None] * 19
    assert bodies() == list(range(20))


def test_while_the_database_is_away_none_is_said_to_be_stored(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = account()

    with monkeypatch.context() as patched:
        patched.setattr(group_commit, "_STORE", "SELECT pg_terminate_backend(pg_backend_pid()), %s, %s, %s")
        outcomes = store(pool, [row(owner.pk, number) for number in range(5)])
    assert all(isinstance(outcome, Exception) for outcome in outcomes)
    assert bodies() == []
    assert store_rows([row(owner.pk, 1)]) == [None]
