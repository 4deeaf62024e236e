"""Digits without a plus that are another country's number: never a number of the list's country that nobody has."""

from __future__ import annotations

import phonenumbers
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from dialer.numbers import normalise

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
EXAMPLES = {
    region: example
    for region in REGIONS
    if (example := phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)) is not None
}
NOBODYS = {
    PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.PERSONAL_NUMBER, PhoneNumberType.UAN,
    PhoneNumberType.PAGER, PhoneNumberType.VOICEMAIL,
}  # fmt: skip


@given(
    region=st.sampled_from(REGIONS),
    country=st.sampled_from(sorted(EXAMPLES)),
    has_code=st.booleans(),
    tail=st.integers(0, 999),
)
@settings(max_examples=400)
def test_digits_of_another_country_are_no_premium_number_here(
    region: str, country: str, has_code: bool, tail: int
) -> None:
    example = EXAMPLES[country]
    national = f"{str(example.national_number)[:-3]}{tail:03}"
    found = normalise(f"{example.country_code}{national}" if has_code else national, region=region)
    if isinstance(found, str):
        assert phonenumbers.number_type(phonenumbers.parse(found)) not in NOBODYS
    else:
        assert found.message
