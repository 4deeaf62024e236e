"""Phone numbers: any spelling in, E.164 or a reason out."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.numbers import NumberProblem, mask, normalise


@pytest.mark.parametrize(
    ("raw", "region"),
    [
        ("9876543210", "IN"),
        ("09876543210", "IN"),
        ("919876543210", "IN"),
        ("0919876543210", "IN"),
        ("+91 98765-43210", None),
        ("(+91) 98765.43210", None),
        ("+91 (0) 98765 43210", None),
        ("00919876543210", None),
        ("0091 98765 43210", "US"),
        ("'9876543210", "IN"),
        ('="9876543210"', "IN"),
        ("९८७६५४३२१०", "IN"),
        ("９８７６５ ４３２１０", "IN"),
        ("98765\u00a043210", "IN"),
        ("\u202a+91 98765\u201143210\u202c", None),
        ("9876543210.0", "IN"),
        ("9.876543210E9", "IN"),
        ("9.19876543210E+11", "IN"),
        ("tel:+919876543210", None),
    ],
)
def test_every_spelling_of_a_number_gives_the_same_number(raw: str, region: str | None) -> None:
    assert normalise(raw, region=region) == "+919876543210"


@pytest.mark.parametrize(
    ("raw", "region", "code"),
    [
        ("", "IN", "EMPTY"),
        (" \u00a0'", "IN", "EMPTY"),
        ("n/a", "IN", "NOT_A_NUMBER"),
        ("1-800-FLOWERS", "US", "NOT_A_NUMBER"),
        ("12345", "IN", "TOO_SHORT"),
        ("98765432109876543", "IN", "TOO_LONG"),
        ("+1 123 456 7890", None, "INVALID_FOR_REGION"),
        ("9876543210", "US", "INVALID_FOR_REGION"),
        ("9876543210", None, "NO_COUNTRY_CODE"),
        ("919876543210", "", "NO_COUNTRY_CODE"),
        ("+999 12345678", None, "UNKNOWN_COUNTRY_CODE"),
        ("9.19877E+11", "IN", "DIGITS_LOST"),
        ("9,19877E+11", "IN", "DIGITS_LOST"),
        ("9876543210 / 9876543211", "IN", "SEVERAL_NUMBERS"),
        ("9876543210 or 9876543211", "IN", "SEVERAL_NUMBERS"),
        ("98765 43210 ext 12", "IN", "HAS_EXTENSION"),
        ("(212) 555-0116 then choose 6", "US", "HAS_EXTENSION"),
        ("One: (212) 555-0216. Two: (212) 555-0316, ext 5", "US", "SEVERAL_NUMBERS"),
        ("212.555.0916 (evenings)", "US", "WORDS_BESIDE"),
        ("9820065116", "GB", "INVALID_FOR_REGION"),  # an Indian number, premium rate as one of GB
        ("+44 982 006 5116", None, "INVALID_FOR_REGION"),
        ("919820065116", "GB", "TOO_LONG"),
        ("+91 59988 12316", None, "INVALID_FOR_REGION"),
    ],
)
def test_what_is_no_number_says_why(raw: str, region: str | None, code: str) -> None:
    problem = normalise(raw, region=region)
    assert isinstance(problem, NumberProblem), problem
    assert problem.code == code


def test_digits_that_excel_lost_are_blamed_on_excel() -> None:
    problem = normalise("9.19877E+11", region="IN")
    assert isinstance(problem, NumberProblem)
    assert "Excel" in problem.message


@given(st.from_regex(r"\A(\+91|91|0|)[5-9][0-9]{9}\Z"))
def test_the_fast_path_agrees_with_the_phone_library(raw: str) -> None:
    parsed = phonenumbers.parse(raw, "IN")
    is_valid = phonenumbers.is_valid_number(parsed)
    wanted = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if is_valid else None
    found = normalise(raw, region="IN")
    assert (found if isinstance(found, str) else None) == wanted


@given(st.text(), st.sampled_from(["IN", "US", None]))
def test_any_text_gives_e164_or_a_reason(raw: str, region: str | None) -> None:
    found = normalise(raw, region=region)
    if isinstance(found, str):
        assert phonenumbers.is_valid_number(phonenumbers.parse(found, None))
        assert normalise(found, region=None) == found
    else:
        assert found.message.endswith(".")


def test_a_masked_number_keeps_country_and_last_four_digits() -> None:
    assert mask("+919876543210") == "+91…3210"


@pytest.mark.parametrize("raw", ["+91 5998812316", "+213 9 63 12 34 16", "+229 97 12", "+91 98200 651167"])
def test_a_refusal_by_the_number_plan_names_the_version_of_the_data_and_the_way_out(raw: str) -> None:
    problem = normalise(raw, region=None)
    assert isinstance(problem, NumberProblem)
    assert f"phonenumbers {phonenumbers.__version__}" in problem.message
    assert "let it through" in problem.message


def test_a_number_of_another_country_is_told_to_be_written_with_a_plus() -> None:
    problem = normalise("919820065116", region="GB")
    assert isinstance(problem, NumberProblem)
    assert "not a number of GB" in problem.message
    assert "plus" in problem.message


@pytest.mark.parametrize(
    ("raw", "region", "exception", "number"),
    [
        ("+91 5998812316", None, "+9159", "+915998812316"),
        ("5998812316", "IN", "+915998812316", "+915998812316"),
        ("+213 9 63 12 34 16", None, "+2139", "+213963123416"),
    ],
)
def test_an_exception_lets_a_range_through_and_no_other(
    raw: str, region: str | None, exception: str, number: str
) -> None:
    assert normalise(raw, region=region, let_through=[exception]) == number
    assert isinstance(normalise(raw, region=region, let_through=["+9158", "+21391"]), NumberProblem)


def test_no_exception_makes_a_number_of_what_has_more_digits_than_any_number() -> None:
    found = normalise("+91 59988 12316 12316 1", region=None, let_through=["+9159"])
    assert isinstance(found, NumberProblem)
