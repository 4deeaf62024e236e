"""Damaged JSON: what is whole in it is read, what is not is never guessed, and no body takes long."""

from __future__ import annotations

import json
import time

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.providers import damaged
from tests.providers import damage, garbage

SAID = {"call_id": "cll_1", "data": {"status": "busy", "n": [1, 2.5, {"a": None}]}, "said": 'Sí "no" \\ / {[,:]} \n'}
objects = st.dictionaries(st.text(max_size=6), garbage.json_values, min_size=1, max_size=4)


@pytest.mark.parametrize("name", damage.WRAPPED)
def test_a_wrapped_object_says_what_it_said(name: str) -> None:
    reading = damaged.read(damage.WRAPPED[name](orjson.dumps(SAID)))
    assert reading is not None
    assert {key: reading.objects[0].get(key) for key in SAID} == SAID
    assert not reading.is_cut


@settings(max_examples=150, deadline=None)
@given(value=objects, at=st.floats(0, 1), ascii_only=st.booleans())
def test_of_a_cut_object_only_whole_values_are_read(value: dict[str, object], at: float, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    reading = damaged.read(text[: int(at * len(text))].encode("utf-8", "surrogatepass"))
    if reading is None:
        return
    assert reading.is_cut or reading.objects[0] == as_read(value)
    assert within(reading.objects[0], as_read(value)), (reading.objects[0], value)


def as_read(value: object) -> object:
    """Return a value as a strict reader that knows no infinity has it."""
    return orjson.loads(orjson.dumps(value))


def within(part: object, whole: object) -> bool:
    """Return whether every value of ``part`` is one of ``whole``, at the same place."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and within(item, whole[key]) for key, item in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return all(within(one, other) for one, other in zip(part, whole, strict=False)) and len(part) <= len(whole)
    return part == whole


@settings(max_examples=150, deadline=None)
@given(value=objects, names=st.lists(damage.each_wrapping, max_size=2))
def test_whatever_is_wrapped_twice_raises_nothing(value: dict[str, object], names: list[str]) -> None:
    body = orjson.dumps(value)
    for name in names:
        try:
            body = damage.WRAPPED[name](body)
        except ValueError:  # it needs clean JSON
            break
    reading = damaged.read(body)
    assert reading is None or orjson.dumps(reading.objects[0])


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=200) | st.text(alphabet="{}[]\",:\\ab1'/* \n", max_size=80).map(str.encode))
def test_any_bytes_are_an_object_or_none(body: bytes) -> None:
    reading = damaged.read(body)
    assert reading is None or all(orjson.dumps(value) for value in reading.objects)


@pytest.mark.parametrize("values", [["DNC", "x"], ["x", "DNC"], ["x", "DNC", "y"], ["DNC", "x", "y", "z"]])
@pytest.mark.parametrize("is_nested", [False, True])
def test_every_value_of_a_doubled_key_is_seen_and_the_last_one_leads(values: list[str], is_nested: bool) -> None:
    members = ",".join(f'"disposition":"{value}"' for value in values)
    body = f'{{"data":{{{members}}}}}' if is_nested else f"{{{members}}}"
    for reading in (damaged.doubled(body.encode()), damaged.read(body.encode()[:-1] + b",}")):
        assert reading is not None
        found = [value["data"] if is_nested else value for value in reading.objects]
        assert [one["disposition"] for one in found] == values[::-1]
    assert damaged.doubled(b'{"a":{"b":1},"b":1}') is None


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><style>body{color:red}</style><title>502</title>",
        b"Bad gateway, {retry: later}",
        b'[{"call_id":"a"}]',
        b"null",
        b"",
        b"{",
        b'{"n":12',
        b'{"status":"NO_ANS',
        b"payload",
    ],
)
def test_prose_and_halves_are_no_object(body: bytes) -> None:
    assert damaged.read(body) is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":"' + b'x y "q" ' * 120_000,
        b'{"a":"' + b'\\"' * 500_000,
        b"{" + b'"a":1,' * 150_000,
        b'{"a":"' + b'"' + b" " * 900_000,
        b"{" + b"'" * 900_000,
        b'{"a":/*' * 130_000,
        b'{"a":' * 180_000,
        b"a=%7B" * 180_000,
        b'{"' * 400_000,
        b"\x1f\x8b" + b"0" * 900_000,
    ],
    ids=range(10),
)
def test_no_megabyte_takes_long(body: bytes) -> None:
    began = time.process_time()
    damaged.read(body)
    damaged.doubled(body)
    assert time.process_time() - began < 3
