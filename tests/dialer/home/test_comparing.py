"""What is a copy, and what is the same database moved, restarted or reached by another address."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.home.comparing import Home, differences, is_same_server, joined

HOME = Home(
    database_oid=5,
    table_oid=16_683,
    database="dialer",
    system_identifier="7713241492440530217",
    data_folder="/var/lib/postgresql/data",
    files_at="2026-11-28 15:16:21",
    timeline="00000001",
    addresses=("db.example.com:5432",),
    public_urls=("https://dialer.example.com",),
)
words = st.sampled_from(["", "one", "two"])
homes = st.builds(
    Home,
    database_oid=st.integers(1, 3),
    table_oid=st.integers(1, 3),
    database=words,
    system_identifier=words,
    data_folder=words,
    files_at=words,
    timeline=words,
    addresses=st.lists(words, min_size=1, max_size=2).map(tuple),
    public_urls=st.lists(words, min_size=1, max_size=2).map(tuple),
)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"system_identifier": "8"}, "system identifier"),
        ({"data_folder": "/srv/copy"}, "data folder"),
        ({"files_at": "2026-11-29 01:00:00"}, "files of the data folder"),
        ({"database_oid": 6, "database": "staging"}, "database"),
        ({"table_oid": 17_000}, "tables"),
        ({"addresses": ("127.0.0.1:5432",)}, "DATABASE_URL"),
        ({"public_urls": ("https://staging.example.com",)}, "PUBLIC_BASE_URL"),
    ],
)
def test_whatever_differs_is_named(change: dict[str, Any], named: str) -> None:
    found = differences(home=HOME, found=replace(HOME, **change))
    assert [named in one.what for one in found] == [True]


def test_a_promoted_standby_is_the_home() -> None:
    promoted = replace(HOME, timeline="00000002", files_at="2026-01-01 00:00:00")
    assert differences(home=HOME, found=promoted) == []


def test_what_the_server_does_not_tell_is_no_difference() -> None:
    told_less = replace(HOME, system_identifier="", data_folder="", files_at="", timeline="")
    assert differences(home=HOME, found=told_less) == []
    assert differences(home=told_less, found=HOME) == []


def test_a_renamed_database_is_the_home() -> None:
    assert differences(home=HOME, found=replace(HOME, database="calls")) == []


@given(homes)
def test_a_home_does_not_differ_from_itself_as_it_is_stored(home: Home) -> None:
    assert differences(home=Home.from_json(home.as_json()), found=home) == []


@given(homes, homes)
def test_once_confirmed_the_place_is_home_and_other_servers_are_not(home: Home, found: Home) -> None:
    confirmed = joined(home, found)
    assert differences(home=confirmed, found=found) == []
    if is_same_server(home, found):
        assert set(confirmed.addresses) == {*home.addresses, *found.addresses}
    else:
        assert confirmed == found
