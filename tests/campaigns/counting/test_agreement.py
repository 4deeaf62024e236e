"""Home, the list, the panel, REST and exports tell the same numbers of a campaign, and they are the rows'."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from html import unescape
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from campaigns.counting.folding import fold_all
from campaigns.lifecycle.operations import stop_campaign
from campaigns.models import LEAD_ENDS, Attempt, Campaign
from campaigns.settling.reports import settle
from dialer.providers.base import CallReport, Outcome, Phase
from tests.api.conftest import API, with_token
from tests.campaigns.world import NOON, account, campaign, claimed

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What all of them tell."""

    leads: int
    done: int
    live: int
    ended: int


class Faces:
    """Everybody who tells numbers of a campaign."""

    def __init__(self, made: Campaign) -> None:
        self.made = made
        user = User.objects.create_superuser("olga")
        self.admin, self.api = Client(), with_token(user)
        self.admin.force_login(user)

    def rows(self) -> Numbers:
        leads, attempts = self.made.leads, Attempt.objects.filter(campaign=self.made)
        return Numbers(
            leads=leads.count(),
            done=leads.filter(state__in=LEAD_ENDS).count(),
            live=attempts.filter(ended_at=None).count(),
            ended=attempts.exclude(ended_at=None).count(),
        )

    def rest(self) -> Numbers:
        told = self.api.get(f"{API}/campaigns/{self.made.pk}/progress/").json()
        assert told["lines"]["taken"] + told["lines"]["awaited"] == told["live_calls"]
        return Numbers(
            leads=told["leads_total"],
            done=sum(told["leads_by_state"].get(state, 0) for state in LEAD_ENDS),
            live=told["live_calls"],
            ended=sum(told["attempts_by_outcome"].values()),
        )

    def panel(self) -> Numbers:
        page = self.admin.get(reverse("admin:campaigns_campaign_live", args=[self.made.pk])).content.decode()
        found = {
            name: [int(one) for one in re.findall(r"\d+", re.sub(r"<[^>]*>", "", text))]
            for name, text in re.findall(r'data-figure="(\w+)">(.*?)</(?:b|span)>', page, re.DOTALL)
        }
        done, leads = found["done"]
        live = found["live"][0]
        return Numbers(leads=leads, done=done, live=live, ended=found["attempts"][0] - live)

    def row_of(self, address: str) -> str:
        page = unescape(self.admin.get(reverse(address)).content.decode())
        rows = re.findall(r"<tr.*?</tr>|<article.*?</article>", page, re.DOTALL)
        (row,) = [row for row in rows if f">{self.made.name}<" in row]
        return re.sub(r"<[^>]*>|\s+", " ", row)

    def in_row(self, address: str) -> Numbers:
        row = self.row_of(address)
        found, live = re.search(r"(\d+) of (\d+)", row), re.search(r"Live\s+(\d+)|(\d+)\s+live", row)
        assert found is not None, row
        assert live is not None, row
        return Numbers(leads=int(found[2]), done=int(found[1]), live=int(live[1] or live[2]), ended=-1)

    def export(self) -> int:
        reply: Any = self.api.get(f"{API}/campaigns/{self.made.pk}/export/?what=attempts&form=jsonl&left=all")
        rows = [orjson.loads(line) for line in b"".join(reply.streaming_content).splitlines()]
        return sum(1 for row in rows if row["outcome"])


def all_agree(faces: Faces) -> Numbers:
    rows = faces.rows()
    assert faces.rest() == faces.panel() == rows
    assert faces.export() == rows.ended
    for address in ("admin:index", "admin:campaigns_campaign_changelist"):
        assert asdict(faces.in_row(address)) | {"ended": rows.ended} == asdict(rows), address
    return rows


def test_all_tell_the_same_of_a_running_campaign() -> None:
    made = campaign(account(), leads=9, max_live_calls=3, retry_rules={"BUSY": 0}, max_attempts=2)
    faces = Faces(made)
    assert all_agree(faces) == Numbers(leads=9, done=0, live=0, ended=0)
    for outcomes in (["ANSWERED", "BUSY"], ["BUSY", "LOST"], ["ANSWERED"]):
        claimed(made.account)
        assert all_agree(faces).live == 3
        live = Attempt.objects.filter(campaign=made, ended_at=None).order_by("-id").values_list("pk", flat=True)
        settle(
            reports=[
                (attempt_id, CallReport(phase=Phase.ENDED, outcome=Outcome(outcome)))
                for attempt_id, outcome in zip(live, outcomes, strict=False)
            ],
            now=NOON,
        )
        all_agree(faces)
        fold_all()
    assert all_agree(faces) == Numbers(leads=9, done=3, live=2, ended=5)
    stop_campaign(campaign_id=made.pk, now=NOON, by="Asha")
    assert faces.rest() == faces.panel() == faces.rows() == Numbers(leads=9, done=9, live=0, ended=7)
