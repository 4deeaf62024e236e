"""The providers page says what the code declares."""

from __future__ import annotations

import orjson
import pytest

from dialer import providers
from dialer.providers import table
from dialer.providers.voxcore import provider as voxcore


def test_page_is_current() -> None:
    page = table.PAGE.read_text()
    assert table.renewed(page) == page, "docs/providers.md is out of date: run python -m dialer.providers.table"


def test_page_has_a_chapter_for_every_provider() -> None:
    page = table.PAGE.read_text()
    for slug in providers.bundled_slugs():
        assert f"\n## {providers.get(slug).name}\n" in page, f"docs/providers.md needs a chapter on {slug}"


def test_page_without_a_place_for_a_provider_says_which_lines_are_missing() -> None:
    with pytest.raises(ValueError, match="capabilities: begin"):
        table.renewed("# Providers\n")


def test_table_has_a_column_for_each_provider_and_equal_rows() -> None:
    every = [providers.get(slug) for slug in providers.bundled_slugs()]
    rows = [line.count("|") for line in table.capability_table(every).splitlines()]
    assert set(rows) == {len(every) + 2}


def test_key_map_of_the_page_is_the_one_that_is_parsed() -> None:
    page = table.PAGE.read_text()
    block = page.split("```json\n", 1)[1].split("```", 1)[0]
    shown = orjson.loads(block)
    secret = shown["token"].removeprefix("Bearer ")
    assert shown == voxcore.key_map.mapping(push_url=shown["url"], secret=secret)
