"""docs/adding-a-provider.md shows the very files that the other tests here run."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from dialer.providers import ENTRY_POINTS, declared
from tests.providers.invented import package

PAGE = (Path(__file__).parents[3] / "docs" / "adding-a-provider.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_module_on_the_page_is_the_one_that_runs() -> None:
    assert blocks("python") == [(package.HERE / "ringwell.py").read_text()]


def test_the_payloads_on_the_page_begin_as_those_that_are_read() -> None:
    sources = (package.HERE / "payloads" / "sources.toml").read_text()
    assert sources.startswith(blocks("toml")[0])


def test_the_package_on_the_page_is_the_one_that_is_installed() -> None:
    project = tomllib.loads(blocks("toml")[1])["project"]
    assert (project["name"], project["version"]) == (package.NAME, package.VERSION)
    assert project["entry-points"] == {ENTRY_POINTS: {"ringwell": f"{package.MODULE}:provider"}}


def test_the_page_names_every_part_and_every_capability_with_methods() -> None:
    for name in (*declared.PARTS, *declared.METHODS):
        assert f"`{name}`" in PAGE, name
