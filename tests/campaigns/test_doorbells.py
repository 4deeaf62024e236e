"""Bells: answered by this process where something answers, carried by a message where nothing does."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from campaigns import doorbells
from campaigns.doorbells import answer_here, ring_account, ring_account_now
from campaigns.placing import engine as engines
from campaigns.placing.chores import Chores


@pytest.fixture(autouse=True)
def messages(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Return the messages that would be published; no test leaves something behind that answers."""
    published: list[tuple[Any, ...]] = []
    monkeypatch.setattr(doorbells, "_answers", None)
    monkeypatch.setattr(doorbells.publisher, "ring", lambda *bell: published.append(bell))
    return published


def test_a_bell_is_carried_by_a_message_where_nothing_answers(messages: list[tuple[Any, ...]]) -> None:
    ring_account_now(7)
    assert messages == [("campaigns.pace", 7)]


def test_a_bell_is_answered_here_once_something_says_that_it_answers(messages: list[tuple[Any, ...]]) -> None:
    answered: list[int] = []
    answer_here(answered.append)
    ring_account_now(7)
    assert (answered, messages) == ([7], [])


@pytest.mark.django_db(transaction=True)
def test_a_bell_rings_when_what_it_tells_of_is_committed_and_not_when_it_is_rolled_back() -> None:
    answered: list[int] = []
    answer_here(answered.append)
    with transaction.atomic():
        ring_account(1)
        assert answered == [], "nobody could see yet what it tells of"
    assert answered == [1]
    with transaction.atomic():
        ring_account(2)
        transaction.set_rollback(True)
    assert answered == [1]


@pytest.mark.django_db
def test_the_engine_of_a_process_answers_its_bells(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr(engines, "_engine", None)
    monkeypatch.setattr(Chores, "start", lambda self: None)
    monkeypatch.setattr(engines.Engine, "ring", lambda self, account_id: rung.append(account_id))
    made = engines.engine()
    try:
        ring_account_now(7)
    finally:
        made.stop()
    assert rung == [7]
