"""REDIS_URL: one server, or the Sentinels that know which one it is."""

from __future__ import annotations

import pytest

from dialer.redis_address import BadRedisAddress, redis_address

SENTINELS = "sentinel://:pass%2Fword@one,two:7000,three:7001/3?master=dialer&sentinel_password=theirs"


@pytest.mark.parametrize("url", ["redis://:x@127.0.0.1:6379/0", "rediss://redis.example/2", "redis://127.0.0.1"])
def test_a_server_is_taken_as_it_is(url: str) -> None:
    found = redis_address(url)
    assert (found.broker_url, found.broker_options, found.sentinels) == (url, {}, ())


def test_sentinels_are_given_to_celery_as_it_writes_them() -> None:
    found = redis_address(SENTINELS)
    assert found.hosts == ("one", "two", "three")
    assert found.broker_url == (
        "sentinel://:pass%2Fword@one:26379/3;sentinel://:pass%2Fword@two:7000/3;sentinel://:pass%2Fword@three:7001/3"
    )
    assert found.broker_options["master_name"] == "dialer"
    assert found.broker_options["sentinel_kwargs"]["password"] == "theirs"
    assert (found.password, found.username, found.database) == ("pass/word", None, 3)
    assert "password" not in redis_address("sentinel://one/0?master=dialer").broker_options["sentinel_kwargs"]


def test_neither_password_is_shown() -> None:
    shown = repr(redis_address(SENTINELS))
    assert "pass" not in shown.replace("password", "")
    assert "theirs" not in shown


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sentinel://:secret@one,two/0", "master=NAME"),
        ("sentinel://:secret@one/0?master=dialer&name=x", "master=NAME"),
        ("sentinel://:secret@one:port/0?master=dialer", "HOST:PORT"),
        ("sentinel://:secret@one,,two/0?master=dialer", "HOST:PORT"),
        ("sentinel://:secret@one/first?master=dialer", "by its number"),
        ("amqp://:secret@one/0", "redis://"),
        ("redis+cluster://:secret@one/0", "sentinel://"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(url: str, words: str) -> None:
    with pytest.raises(BadRedisAddress, match=words) as raised:
        redis_address(url)
    assert "secret" not in str(raised.value)
