"""Every renumbering that is known: old spellings are taken as the new ones, and lists that bar hold both."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dialer.numbering.plan import is_planned
from dialer.numbering.readings import readings, searched
from dialer.numbering.renumbering import Renumbering, renumberings
from dialer.numbers import NumberProblem, normalise

KNOWN = [change for change in renumberings() if change.new]
DIGITS = st.characters(min_codepoint=ord("0"), max_codepoint=ord("9"))


@st.composite
def renumbered_lines(draw: st.DrawFn) -> tuple[Renumbering, str, str]:
    """Return a renumbering with a number of it: as it was written before and as it is now, a number of the plan."""
    change = draw(st.sampled_from(KNOWN))
    parts = {name: draw(st.from_regex(rf"\A{shape}\Z", alphabet=DIGITS)) for name, shape in change.parts.items()}
    old, new = draw(st.sampled_from(change.old)).format(**parts), change.new.format(**parts)
    assume(is_planned(f"+{new}"))
    return change, f"+{old}", f"+{new}"


@settings(max_examples=400, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(renumbered_lines())
def test_a_list_that_bars_an_old_spelling_bars_the_new_one(line: tuple[Renumbering, str, str]) -> None:
    change, old, new = line
    assume(change.still or not is_planned(old))
    meant = readings(old, region=None)
    assert isinstance(meant, tuple), meant
    assert new in meant


@settings(max_examples=400, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(renumbered_lines())
def test_a_list_that_bars_the_new_spelling_bars_the_old_one(line: tuple[Renumbering, str, str]) -> None:
    change, _, new = line
    before, meant = change.older(new.removeprefix("+")), readings(new, region=None)
    assert isinstance(meant, tuple), meant
    assert f"+{before}" in meant


@settings(max_examples=400, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(renumbered_lines())
def test_dialing_takes_an_old_spelling_as_the_new_one_and_never_as_anybody_elses(
    line: tuple[Renumbering, str, str],
) -> None:
    _, old, new = line
    found = normalise(old, region=None)
    if is_planned(old):
        # Somebody has this number today.
        assert found in (old, new) or isinstance(found, NumberProblem)
    else:
        assert found == new


def test_each_renumbering_says_where_it_is_from_and_leads_into_the_plan_of_today() -> None:
    for change in renumberings():
        assert change.source, change
        assert change.country.isalpha(), change


@pytest.mark.parametrize(
    ("old", "region", "new"),
    [
        ("+52 1 55 1234 5616", None, "+525512345616"),
        ("044 55 1234 5616", "MX", "+525512345616"),
        ("01 55 1234 5616", "MX", "+525512345616"),
        ("+55 11 8888 7716", None, "+5511988887716"),
        ("11 8888 7716", "BR", "+5511988887716"),
        ("+54 9 11 2345 1116", None, "+5491123451116"),
        ("+54 11 15 2345 1116", None, "+5491123451116"),
        ("+225 07 12 34 56", None, "+2250707123456"),
        ("+229 97 12 34 56", None, "+2290197123456"),
        ("+84 120 123 4567", None, "+84701234567"),
        ("+57 1 234 5678", None, "+576012345678"),
        ("+20 10 123 4567", None, "+201001234567"),
        ("0171 234 5678", "GB", "+442072345678"),
    ],
)
def test_old_spellings_by_country(old: str, region: str | None, new: str) -> None:
    assert normalise(old, region=region) == new


def test_an_old_spelling_that_does_not_tell_the_new_number_is_refused_with_what_to_write() -> None:
    problem = normalise("+63 2 812 3456", region=None)
    assert isinstance(problem, NumberProblem)
    assert problem.code == "RENUMBERED"
    assert "6 October 2019" in problem.message
    # Barring half of it would look as if it were barred.
    assert isinstance(readings("+63 2 812 3456", region=None), NumberProblem)


@pytest.mark.parametrize(
    ("text", "region", "barred"),
    [
        ("98200 65116", "IN", {"+919820065116"}),
        ("919820065116", "GB", {"+919820065116"}),
        ("919820065116", None, {"+919820065116"}),
        ("9820065116", "GB", {"+449820065116"}),  # as a number of GB, which may not be called
        ("+91 59988 12316", None, {"+915998812316"}),  # newer than the plan
        ("213 9 63 12 34 16", "DZ", {"+213963123416"}),
        ("98765 43210 / 98765 43211", "IN", {"+919876543210", "+919876543211"}),
        ("98765 43210 ext 12", "IN", {"+919876543210"}),
        ("One: (212) 555-0216. Two: (212) 555-0316, ext 5", "US", {"+12125550216", "+12125550316"}),
        ("212.555.0916 (evenings)", "US", {"+12125550916"}),
    ],
)
def test_a_list_that_bars_takes_more_than_dialing(text: str, region: str | None, barred: set[str]) -> None:
    meant = readings(text, region=region)
    assert isinstance(meant, tuple), meant
    assert barred <= set(meant)


@given(st.text(alphabet="0123456789+ ()-/.९८७", max_size=24), st.sampled_from(["IN", "US", "GB", "MX", "BR", None]))
def test_whatever_dialing_takes_is_barred_by_the_same_text(text: str, region: str | None) -> None:
    dialed, barred = normalise(text, region=region), readings(text, region=region)
    if isinstance(dialed, str):
        assert isinstance(barred, tuple), barred
        assert dialed in barred
    assert barred


@pytest.mark.parametrize("text", ["", "12345", "abc", "9.19877E+11", "+999 1234567"])
def test_what_means_no_number_is_refused_by_lists_that_bar_as_well(text: str) -> None:
    assert isinstance(readings(text, region="IN"), NumberProblem)


@pytest.mark.parametrize(
    "spelling",
    [
        "+919820065116",
        " 919820065116",  # a plus in a query string
        "919820065116",
        "9820065116",
        "09820065116",
        "0091 98200 65116",
        "98200 65116",
        "(+91) 98200-65116",
        "९८२००६५११६",
    ],
)
def test_a_number_is_found_by_every_spelling_of_it(spelling: str) -> None:
    assert "+919820065116" in searched(spelling, regions=["IN"])


def test_the_last_digits_find_nothing() -> None:
    assert searched("65116", regions=["IN"]) == []
