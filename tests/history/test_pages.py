"""No list of the admin asks PostgreSQL more than a few times, nor does what pages ask again and again.

The lists, their filters and the parts are found from the site itself. Every table that grows has rows, and there are
many of each thing that a row names: a list which asks once for each of its rows is over the bound.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from dialer import key_rotation
from dialer.checks import forget_findings
from dialer.encryption import Sealed
from dialer.models import KeptAnswer, ProviderAccount
from tests.admin.builders import house
from tests.history import site
from tests.history.rows import make_past
from tests.history.surroundings import Past

PROJECT = Path(__file__).resolve().parents[2]
#: So many statements a list may ask, a part of a page, and one that is asked once a minute: with the two that say who
#: asks. Why nobody is called is answered as claiming would, which alone reads in up to eight statements.
MOST_OF_LIST, MOST_OF_PART, MOST_OF_SELDOM = 30, 4 + 2, 12 + 2
SEEN = "[document.visibilityState === 'visible']"


@pytest.fixture
def past(transactional_db: None) -> Past:
    """A year of a few calls, and more rows of each kind than the bound."""
    house(rows=MOST_OF_LIST + 5)
    for named in (ProviderAccount, Campaign):  # the past has names of its own
        named.objects.update(name=Concat(Value("House: "), "name"))
    return make_past(2_000, to_call=10)


def test_no_list_and_no_part_asks_more_than_it_may(past: Past) -> None:
    user = User.objects.create_superuser("olga")
    client = Client()
    client.force_login(user)
    running = past.running.pk
    # One link of each kind, as the rows differ by the values of their filters alone.
    linked = {kind_of(page.address): page for page in site.linked_rows(client, campaign_id=running)}
    lists = [*site.list_pages(user, most=1), *linked.values()]
    parts = site.parts_of_site(client, user, campaign_id=running)
    # What finds them finds them.
    assert len(lists) > 150
    assert len(linked) > 15
    assert {"home", "tab live", "list of campaigns"} <= {part.page for part in parts}
    over = {page.name: asked for page in lists if (asked := statements(client, page.address)) > MOST_OF_LIST}
    over |= {part.address: asked for part in parts if (asked := statements(client, part.address)) > most_of(part)}
    assert over == {}


def test_home_asks_no_more_when_the_checks_of_the_operator_are_due(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_rotation, "PIECE", 20)
    assert KeptAnswer.objects.update(answer=Sealed("of no key")) > 2 * key_rotation.PIECE
    client = Client()
    client.force_login(User.objects.create_superuser("olga"))
    home, checks = reverse("admin:index"), reverse("admin:campaigns_home_findings")
    for address in (home, checks):
        forget_findings()
        assert statements(client, address) <= MOST_OF_LIST
    assert "dialer.W012" in client.get(checks).content.decode()
    forget_findings()


def most_of(part: site.Part) -> int:
    """Return how many statements a part may ask: more where it is asked once a minute, as why nobody is called."""
    return MOST_OF_SELDOM if "every 60s" in part.trigger else MOST_OF_PART


def kind_of(address: str) -> tuple[str, frozenset[str]]:
    """Return what tells links apart: the list, and the names of what it is filtered by."""
    parts = urlsplit(address)
    return parts.path, frozenset(name for name, _ in parse_qsl(parts.query))


def statements(client: Client, address: str) -> int:
    """Return how many statements a page asks, prepared ones too, without those that begin and end transactions."""
    asked: list[str] = []
    execute = psycopg.Cursor.execute

    def counted(cursor: Any, statement: Any, *args: Any, **options: Any) -> Any:
        asked.append(str(statement))
        return execute(cursor, statement, *args, **options)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(psycopg.Cursor, "execute", counted)
        assert client.get(address, follow=True).status_code == 200, address
    return sum(not re.match(r"(SAVEPOINT|RELEASE|SELECT set_config)", one) for one in asked)


def test_nothing_is_asked_for_a_page_that_nobody_sees() -> None:
    """Of every template and script: what asks by the clock asks while the page is seen, and once it is seen again."""
    found = 0
    for path in written(".html"):
        text = path.read_text()
        assert 'http-equiv="refresh"' not in text, path
        for trigger in re.findall(r'hx-trigger="([^"]*every [^"]*)"', text):
            found += 1
            assert re.search(r"every \d+s " + re.escape(SEEN), trigger), path
            assert f"visibilitychange{SEEN} from:document" in trigger, path
    for path in written(".js"):
        text = path.read_text()
        if re.search(r"\bfetch\(", text) and re.search(r"\bset(Interval\(|Timeout\(\w+,)", text):
            found += 1
            assert re.search(r"document\.(hidden|visibilityState)", text), path
    assert found >= 10


def written(suffix: str) -> list[Path]:
    """Return our templates, or our scripts."""
    return [path for app in ("dialer", "campaigns", "webhooks") for path in sorted((PROJECT / app).rglob(f"*{suffix}"))]
