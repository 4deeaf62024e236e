"""Whose call a report speaks of, where no id of ours comes back: number and time, and never a guess."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from campaigns.models import Attempt, Lead
from dialer.models import ProviderAccount
from dialer.providers.base import CallReport, Correlation, Outcome, Phase
from tests.campaigns.world import NOON, account, campaign, did, numbers, place
from webhooks.matching import CAME_IN, NO_NUMBER, NOBODY, TWO, Match, Question, match
from webhooks.rules.written_numbers import spellings

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def calls(owner: ProviderAccount, *spans: tuple[int, int | None], number: str = "") -> list[Attempt]:
    """Return attempts to one number, from second to second after noon; None: under way. They carry no id."""
    phone = number or numbers(1)[0]
    made = campaign(owner, leads=[phone], dids=[did(owner)])
    found = []
    for begins, ends in spans:
        Lead.objects.filter(campaign=made).update(state="PENDING", next_attempt_at=NOON, ended_at=None)
        attempt = place(made, state="PLACING", now=NOON + begins * SECOND)
        if ends is not None:
            attempt.state, attempt.outcome, attempt.is_burned = "ENDED", "NO_ANSWER", True
            attempt.ended_at = NOON + ends * SECOND
        attempt.deadline_at = NOON + (begins + 300) * SECOND
        attempt.save()
        found.append(attempt)
    return found


def asked(owner: ProviderAccount, *, at: int | None, **report: Any) -> Match:
    """Match a report of a call that began ``at`` seconds after noon."""
    began_at: datetime | None = None if at is None else NOON + at * SECOND
    fields = {"phase": Phase.ENDED, "outcome": Outcome.BUSY, "is_outbound": True, "started_at": began_at, **report}
    question = Question(
        account_id=owner.pk,
        report=CallReport(**fields),
        seen_at=NOON + 60 * SECOND,
        correlation=owner.api.capabilities.correlation,
        countries=("91",),
    )
    return match([question])[0]


def test_the_instant_at_which_a_call_began_tells_two_calls_to_one_number_apart() -> None:
    owner = account(provider="astradial")
    first, second = calls(owner, (0, 10), (30, None))
    number = first.number
    assert asked(owner, at=1, to_number=number).attempt_id == first.pk
    assert asked(owner, at=31, to_number=number).attempt_id == second.pk
    assert asked(owner, at=-600, to_number=number) == Match(reason=NOBODY)


def test_where_two_calls_fit_nothing_is_guessed() -> None:
    owner = account(provider="astradial")
    first, _ = calls(owner, (0, 10), (12, None))
    assert asked(owner, at=9, to_number=first.number) == Match(reason=TWO)


@pytest.mark.parametrize("written", ["{e164}", "{national}", "0{national}", "91{national}", "+91 {national}"])
def test_numbers_are_compared_however_they_are_written(written: str) -> None:
    owner = account(provider="ivrsolutions")
    (attempt,) = calls(owner, (0, None))
    number = written.format(e164=attempt.number, national=attempt.number[-10:])
    assert asked(owner, at=1, to_number=number).attempt_id == attempt.pk


def test_a_switch_that_rings_the_customer_first_names_him_as_the_caller() -> None:
    owner = account(provider="astradial")
    (attempt,) = calls(owner, (0, None))
    assert asked(owner, at=1, to_number="1001", from_number=attempt.number).attempt_id == attempt.pk


def test_calls_that_came_in_are_none_of_ours() -> None:
    owner = account(provider="astradial")
    (attempt,) = calls(owner, (0, None))
    found = asked(owner, at=1, to_number=attempt.number, is_outbound=False)
    assert found == Match(reason=CAME_IN, is_foreign=True)


def test_a_request_that_was_refused_rang_nobody() -> None:
    owner = account(provider="astradial")
    (attempt,) = calls(owner, (0, 5))
    Attempt.objects.filter(pk=attempt.pk).update(is_burned=False, outcome="REFUSED")
    assert asked(owner, at=1, to_number=attempt.number) == Match(reason=NOBODY)


def test_another_accounts_call_to_the_number_is_not_meant() -> None:
    owner = account(provider="astradial")
    (attempt,) = calls(account(provider="astradial"), (0, None))
    assert asked(owner, at=1, to_number=attempt.number) == Match(reason=NOBODY)
    assert asked(owner, at=1, to_number="reception") == Match(reason=NO_NUMBER)


def test_where_ids_come_back_only_a_call_without_one_is_found_by_its_number() -> None:
    owner = account(provider="altur")
    assert owner.api.capabilities.correlation is Correlation.EXTERNAL_ID
    (attempt,) = calls(owner, (0, None))
    assert asked(owner, at=1, to_number=attempt.number, external_id="cll_1").attempt_id == attempt.pk
    Attempt.objects.filter(pk=attempt.pk).update(external_id="cll_2")
    assert asked(owner, at=1, to_number=attempt.number, external_id="cll_1").attempt_id is None
    assert asked(owner, at=None, external_id="cll_2").attempt_id == attempt.pk


def test_a_push_without_an_instant_is_of_the_call_that_is_under_way() -> None:
    owner = account(provider="ivrsolutions")
    (attempt,) = calls(owner, (0, None))
    assert asked(owner, at=None, to_number=attempt.number[-10:]).attempt_id == attempt.pk


@pytest.mark.parametrize("name", ["1001", "queue-sales", "", None, "9" * 40])
def test_extensions_and_names_are_no_numbers(name: str | None) -> None:
    assert spellings(name, countries=("91",)) == set()
