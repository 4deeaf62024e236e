"""Every number that a page shows of a campaign is that of REST, and of its rows, while the campaign runs.

Found from the pages: each figure and each count of a legend bears its name, and a name that nothing here knows fails.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.counting.folding import fold_all
from campaigns.explaining.counts import answered_percent
from campaigns.models import LEAD_ENDS, Attempt, Campaign, Lead
from campaigns.settling.reports import settle
from dialer.providers.base import CallReport, Outcome, Phase
from tests.api.conftest import API, with_token
from tests.campaigns.world import NOON, account, campaign, claimed

pytestmark = pytest.mark.django_db

#: What REST tells of one campaign: its progress and its statistics.
Told = Mapping[str, Any]


def _rang(told: Told) -> int | None:
    return answered_percent(told["attempts_by_outcome"])


#: By the name of a figure what REST says of it, as the numbers that stand in it.
FIGURES: dict[str, Callable[[Told], list[float | None]]] = {
    "done": lambda told: [sum(told["leads_by_state"].get(one, 0) for one in LEAD_ENDS), told["leads_total"]],
    "live": lambda told: [told["lines"]["taken"]],
    "live-calls": lambda told: [told["live_calls"]],
    "answered": lambda told: [_rang(told)],
    "due": lambda told: [told["due_now"]],
    "attempts": lambda told: [told["attempts_total"]],
    "to-enrol": lambda told: [told["contacts_to_enrol"]],
    "without-result": lambda told: [told["calls_without_result"]],
    "held": lambda told: [told["leads_held"]],
    # Ended within five minutes: said by a clock, so by the pages alone, which agree with each other.
    "pace": lambda told: [None],
    # Of the results and the report: calls that count as attempts.
    "leads": lambda told: [told["leads_total"]],
    "called": lambda told: [_of(told, "attempt").get("1", 0)],
    "called-at-least-once": lambda told: [_of(told, "attempt").get("1", 0)],
    "calls": lambda told: [told["total"]["calls"]],
    "contacts": lambda told: [told["total"]["contacts"]],
    "calls-answered-by-a-person": lambda told: [told["total"]["contacts"]],
    "conversions": lambda told: [told["total"]["conversions"]],
    "successes": lambda told: [told["total"]["conversions"]],
    "talk": lambda told: [round(told["total"]["talk_seconds"] / 60)],
}
#: Words and instants, which are no counts.
NO_NUMBERS = {"next-due", "time-left", "contacts-in-lists"}
#: By the name of a legend what REST says of its parts.
LEGENDS: dict[str, Callable[[Told], Mapping[str, int]]] = {
    "leads": lambda told: told["leads_by_state"],
    "attempts": lambda told: told["attempts_by_outcome"],
}
#: Whole of what is said; what stands behind it (of a limit, a share) is not looked at.
FIRST = {"live", "called", "contacts", "talk"}


def _of(told: Told, by: str) -> dict[str, int]:
    return {row["value"]: row["calls"] for row in told["rows"] if row["by"] == by}


class Pages:
    """Everybody who tells numbers of a campaign."""

    def __init__(self, made: Campaign) -> None:
        self.made = made
        user = User.objects.create_superuser("olga")
        self.admin, self.api = Client(), with_token(user)
        self.admin.force_login(user)

    def told(self) -> Told:
        of = f"{API}/campaigns/{self.made.pk}"
        statistics = self.api.get(f"{of}/statistics/?converted=sold").json()
        return {**self.api.get(f"{of}/progress/").json(), **statistics}

    def shown(self) -> dict[str, str]:
        """Return the part of each page that tells of the campaign."""
        tabs = {
            name: self._page(reverse(f"admin:campaigns_campaign_{name}", args=[self.made.pk]) + query)
            for name, query in (
                ("live", ""), ("live_now", ""), ("results", "?converted=sold"), ("report", "?converted=sold"),
            )
        }  # fmt: skip
        home = self._page(reverse("admin:index"))
        (card,) = re.findall(rf'<article[^>]*id="campaign-{self.made.pk}".*?</article>', home, re.DOTALL)
        (house,) = re.findall(r'<dl class="d-figures" id="home-figures">.*?</dl>', home, re.DOTALL)
        listed = self._page(reverse("admin:campaigns_campaign_changelist"))
        rows = self._page(f"{reverse('admin:campaigns_campaign_rows')}?ids={self.made.pk}")
        return {**tabs, "card of home": card, "figures of home": house, "list": listed, "row that renews itself": rows}

    def exported(self) -> Counter[str]:
        reply: Any = self.api.get(f"{API}/campaigns/{self.made.pk}/export/?what=attempts&form=csv&left=all")
        rows = csv.DictReader(io.StringIO(b"".join(reply.streaming_content).decode()))
        return Counter(row["outcome"] for row in rows if row["outcome"])

    def _page(self, address: str) -> str:
        reply = self.admin.get(address)
        assert reply.status_code == 200, address
        return reply.content.decode()


def numbers_of(html: str) -> list[float]:
    text = unescape(re.sub(r"<[^>]*>", " ", html)).replace(",", "")
    return [float(one) for one in re.findall(r"\d+(?:\.\d+)?", text)]


def figures_in(page: str) -> list[tuple[str, list[float]]]:
    found = re.findall(r'<(\w+)[^>]*data-figure="([\w-]+)"[^>]*>(.*?)</\1>', page, re.DOTALL)
    return [(name, numbers_of(text)) for _, name, text in found]


def legends_in(page: str) -> dict[str, list[int]]:
    found = re.findall(r'data-legend="(\w+)">(.*?)</div>', page, re.DOTALL)
    return {name: [int(one) for one in re.findall(r"<b>(\d+)</b>", text)] for name, text in found}


def check(pages: Pages) -> int:
    """Hold every number of every page against REST, and REST against the rows; return how many were seen."""
    told, seen, paces = pages.told(), 0, set()
    attempts = Attempt.objects.filter(campaign=pages.made)
    assert told["leads_by_state"] == dict(
        Counter(Lead.objects.filter(campaign=pages.made).values_list("state", flat=True))
    )
    ended = Counter(attempts.exclude(ended_at=None).values_list("outcome", flat=True))
    assert told["attempts_by_outcome"] == dict(ended) == dict(pages.exported())
    assert told["live_calls"] == attempts.filter(ended_at=None).count()
    for where, page in pages.shown().items():
        for name, numbers in figures_in(page):
            assert name in FIGURES or name in NO_NUMBERS, f"{where} shows {name}: say here what it is of REST"
            if name in NO_NUMBERS:
                continue
            expected = FIGURES[name](told)
            seen += 1
            if name == "pace":
                paces.add(tuple(numbers))
            else:
                assert (numbers[:1] if name in FIRST else numbers) == [one for one in expected if one is not None], (
                    f"{name} in {where}"
                )
        for name, counts in legends_in(page).items():
            if name in LEGENDS:
                seen += 1
                assert sorted(counts) == sorted(LEGENDS[name](told).values()), f"{name} in {where}"
    assert len(paces) == 1
    return seen


def test_every_number_of_a_running_campaign_is_the_same_everywhere() -> None:
    made = campaign(account(), leads=12, max_live_calls=3, retry_rules={"BUSY": 0}, max_attempts=2)
    pages = Pages(made)
    seen = check(pages)
    said = {"ANSWERED": "sold", "MACHINE": "mailbox"}
    for outcomes in (["ANSWERED", "BUSY", "REFUSED"], ["BUSY", "LOST", "MACHINE"], ["ANSWERED", "NO_ANSWER"]):
        claimed(made.account)
        check(pages)
        live = Attempt.objects.filter(campaign=made, ended_at=None).order_by("-id").values_list("pk", flat=True)
        reports = [
            (
                attempt_id,
                CallReport(
                    phase=Phase.ENDED, outcome=Outcome(outcome), disposition=said.get(outcome, ""), talk_seconds=45
                ),
            )
            for attempt_id, outcome in zip(live, outcomes, strict=False)
        ]
        settle(reports=reports, now=NOON)
        # Home tells of the last hour.
        Attempt.objects.filter(ended_at=NOON).update(ended_at=timezone.now())
        check(pages)
        fold_all()
    assert check(pages) > seen > 10
