"""A call is given what its template asks for, of the contact that it rings."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from campaigns.placing.variables import call_variables

values = st.none() | st.text(max_size=5) | st.integers() | st.booleans()
variables = st.dictionaries(st.sampled_from(["name", "city", "due", "number", "external_reference"]), values)


def given_to(own: dict[str, Any], names: dict[str, str]) -> dict[str, str]:
    return call_variables(name="Asha", external_reference="C-7", number="+919812345678", own=own, names=names)


def test_without_a_map_a_call_gets_all_that_is_known_under_its_own_names() -> None:
    assert given_to({"city": "Pune", "due": 0, "note": None}, {}) == {
        "name": "Asha",
        "external_reference": "C-7",
        "city": "Pune",
        "due": "0",
    }


def test_with_a_map_a_call_gets_what_it_names_and_nothing_else() -> None:
    found = given_to({"city": "Pune", "secret": "x"}, {"town": "city", "who": "name", "phone": "number", "due": "due"})
    assert found == {"town": "Pune", "who": "Asha", "phone": "+919812345678", "due": ""}


@given(own=variables, names=st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["number", "city"])))
def test_values_are_texts_and_the_number_is_always_the_one_that_is_rung(
    own: dict[str, Any], names: dict[str, str]
) -> None:
    found = given_to(own, names)
    assert all(isinstance(value, str) for value in found.values())
    assert all(found[theirs] == "+919812345678" for theirs, ours in names.items() if ours == "number")
    assert "number" not in found, "what a call is given beside its number does not name another one"
