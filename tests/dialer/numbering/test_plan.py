"""A number that our data does not know is refused with the data's name and day, so that one sees how old it is."""

from __future__ import annotations

import re

import phonenumbers

from dialer.numbering.problems import PLAN_RELEASED, not_in_plan


def test_who_is_refused_reads_of_which_day_the_number_plan_is() -> None:
    said = not_in_plan("India").message
    assert re.search(rf"phonenumbers {re.escape(phonenumbers.__version__)} of \d{{4}}-\d\d-\d\d\.", said), said


def test_the_day_is_known_of_the_release_that_is_installed() -> None:
    """Whoever pins another release looks its day up, at https://pypi.org/project/phonenumbers/#history."""
    assert phonenumbers.__version__ in PLAN_RELEASED
