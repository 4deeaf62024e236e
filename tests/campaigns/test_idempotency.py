"""One key, one answer: whoever asks again, at once or later, gets what was made, and nothing is made twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connections

from campaigns.calls.notes import write_note
from campaigns.idempotency import KeyReused
from campaigns.importing import create_import, import_rows
from campaigns.leads.single_calls import call_once
from campaigns.models import CallNote, Contact, ContactImport, Lead
from tests.campaigns.importing.uploads import new_list
from tests.campaigns.world import account, campaign, place

AT_ONCE = 20
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MADE = (ContactImport, Lead, CallNote)
KINDS = ("file", "rows", "call", "note")


class Asked:
    """Asks for one thing under one key, as often and as differently as a test wants; gives its id and whether new."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        running = campaign(account(), leads=0, is_standing=True)
        self.campaign, self.list = running, new_list()
        self.attempt = place(campaign(account(), leads=1)) if kind == "note" else None

    def __call__(self, value: str) -> tuple[int, bool]:
        try:
            if self.kind == "file":
                content = f"phone\n{value}\n".encode()
                made, is_new = create_import(
                    contact_list=self.list, stream=[content], file_name="a.csv", idempotency_key="k"
                )
                return made.pk, is_new
            if self.kind == "rows":
                made, is_new = import_rows(contact_list=self.list, rows=[{"phone": value}], idempotency_key="k")
                return made.pk, is_new
            if self.kind == "call":
                lead, is_new = call_once(
                    campaign=self.campaign, number=value, at=None, variables={}, idempotency_key="k", now=NOW
                )
                return lead.pk, is_new
            assert self.attempt is not None
            note, is_new = write_note(attempt=self.attempt, text=value, by="test", now=NOW, idempotency_key="k")
            return note.pk, is_new
        finally:
            connections.close_all()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS)
def test_many_who_ask_at_once_get_one_thing(kind: str) -> None:
    ask = Asked(kind)
    before = {model: model.objects.count() for model in MADE}
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(ask, ["+919812345678"] * AT_ONCE))
    assert len({pk for pk, _ in answers}) == 1
    assert [is_new for _, is_new in answers].count(True) == 1
    made = {model: model.objects.count() - before[model] for model in MADE}
    assert sum(made.values()) == 1
    assert Contact.objects.filter(number="+919812345678").count() <= 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_something_else_is_refused_and_makes_nothing(kind: str) -> None:
    ask = Asked(kind)
    ask("+919812345678")
    before = [model.objects.count() for model in MADE]
    with pytest.raises(KeyReused, match="send a new key"):
        ask("+919812345679")
    assert [model.objects.count() for model in MADE] == before
