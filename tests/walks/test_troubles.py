"""The table of what goes wrong names what the product says, in its own words, and leaves none of it out."""

from __future__ import annotations

import re

import yaml

from campaigns.models import NoticeKind
from tests.sources import PROJECT
from tests.test_house import APPS, modules

PAGE = (PROJECT / "docs/operating.md").read_text()
TABLE = PAGE.partition("## When something goes wrong")[2].partition("## ")[0]
ROWS = [line.split(" | ") for line in TABLE.splitlines() if line.startswith("| ")][1:]
RULES = yaml.safe_load((PROJECT / "deploy/prometheus/alerts.yml").read_text())["groups"][0]["rules"]
ALERTS = {rule["alert"] for rule in RULES}
#: Notices that ask nobody to do anything, or something that is no trouble.
FINE = {"OPENED", "RUN_STARTED", "HOME_CONFIRMED", "TO_DECIDE", "KEY_EXPIRES", "ABSENT_CALL_FOUND"}
CODE = "".join(path.read_text() for app in APPS for path in modules(app))


def said(row: list[str]) -> list[str]:
    """Return the words of the product in a row."""
    return re.findall(r"`([^`]+)`", row[1])


def test_there_are_ten_or_more_and_each_says_what_to_do() -> None:
    assert len(ROWS) >= 10
    assert [row for row in ROWS if len(row) != 4 or not all(cell.strip(" |") for cell in row)] == []


def test_every_word_is_one_that_the_product_says() -> None:
    known = ALERTS | set(NoticeKind.values)
    unknown = [
        word
        for row in ROWS
        for word in said(row)
        if word not in known
        and f'"{word}"' not in CODE
        and f'"{word.partition(".")[2]}"' not in CODE
        # A path of REST and what it answers.
        and not word.startswith(("/api/", '"'))
    ]
    assert unknown == []


def test_every_alert_and_every_notice_of_a_trouble_has_its_row() -> None:
    told = {word for row in ROWS for word in said(row)}
    assert ALERTS - told == set()
    assert set(NoticeKind.values) - FINE - told == set()


def test_every_alert_says_its_cure() -> None:
    assert [rule["alert"] for rule in RULES if not rule["annotations"]["cure"]] == []
    assert re.search(r"has (\w+) alerts", PAGE)[1] == "fifteen"  # type: ignore[index]
    assert len(ALERTS) == 15
