"""Signatures over the sender's own writing of a body, after a proxy has written it anew: the push is believed.

The expected bytes stand here as JavaScript, PHP and Python write them; none of them is asked.
"""

from __future__ import annotations

import hmac
import json
import time
from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer import providers
from dialer.providers.base import AccountConfig, Push
from dialer.providers.serialised import MOST_WRITINGS, javascript, php, writings
from tests.providers import catalog, signing

#: A number as it stands in the body, as JSON.stringify (ECMA-262) writes it, and as json_encode (PHP 8) does.
NUMBERS = [
    ("1.0", "1", "1"),
    ("47.0", "47", "47"),
    ("1.10", "1.1", "1.1"),
    ("1e3", "1000", "1000"),
    ("-0", "0", "-0"),
    ("-0.0", "0", "-0"),
    ("0.000001", "0.000001", "1.0e-6"),
    ("1e-7", "1e-7", "1.0e-7"),
    ("0.0001", "0.0001", "0.0001"),
    ("1e20", "100000000000000000000", "1.0e+20"),
    ("1e21", "1e+21", "1.0e+21"),
    ("1.5E+300", "1.5e+300", "1.5e+300"),
    ("9007199254740993", "9007199254740992", "9007199254740993"),
    ("12345678901234567890", "12345678901234567000", "1.2345678901234567e+19"),
    ("0.1", "0.1", "0.1"),
    ("123456.789", "123456.789", "123456.789"),
    ("5e-324", "5e-324", "5.0e-324"),
]
TEXT = 'Sí, mañana 😀 "a/b" \\ \x01\t\u2028 1e3'
AS_IS = 'Sí, mañana 😀 \\"a/b\\" \\\\ \\u0001\\t\u2028 1e3'
ESCAPED = 'S\\u00ed, ma\\u00f1ana \\ud83d\\ude00 \\"a/b\\" \\\\ \\u0001\\t\\u2028 1e3'

SIGNING = [slug for slug in providers.slugs() if (catalog.index(slug)["authentication"]["scheme"]) in signing.SIGNED]
each_signing = pytest.mark.parametrize("slug", SIGNING)


def body_of(numbers: list[str], text: str, *, colon: str = ":", comma: str = ",") -> bytes:
    """Return an object with these spellings, its keys in one order."""
    members = [f'"n{n}"{colon}{number}' for n, number in enumerate(numbers)]
    return ("{" + comma.join([f'"said"{colon}"{text}"', *members, f'"tags"{colon}[]']) + "}").encode()


def as_it_came(colon: str = " : ", comma: str = " ,\n") -> bytes:
    """Return the object as a proxy has spaced it, with letters as they are and slashes bare."""
    return body_of([given for given, _, _ in NUMBERS], AS_IS, colon=colon, comma=comma)


WRITTEN = {
    "javascript": body_of([js for _, js, _ in NUMBERS], AS_IS),
    "javascript, escaped by its framework": body_of([js for _, js, _ in NUMBERS], ESCAPED),
    "php": body_of([number for _, _, number in NUMBERS], ESCAPED.replace("/", "\\/")),
    "php, slashes bare": body_of([number for _, _, number in NUMBERS], ESCAPED),
    "the digits as they came": body_of([given for given, _, _ in NUMBERS], AS_IS),
    "the digits as they came, escaped": body_of([given for given, _, _ in NUMBERS], ESCAPED),
    "as it came": as_it_came(),
}


def believed(slug: str, body: bytes, signed: bytes, *, account: AccountConfig | None = None) -> bool:
    """Return whether a push is believed whose signature was made over other bytes than came."""
    config = account or catalog.account(slug)
    authentication = catalog.index(slug)["authentication"]
    secret = config.credentials[authentication["secret"]]
    headers = signing.proof(authentication=authentication, body=signed, secret=secret)
    return providers.get(slug).authenticate_push(account=config, push=Push(headers=headers, body=body))


@each_signing
@pytest.mark.parametrize("written", WRITTEN)
def test_a_push_signed_as_its_sender_wrote_it_is_believed(slug: str, written: str) -> None:
    for came in (as_it_came(), as_it_came(":", ","), WRITTEN["the digits as they came, escaped"]):
        assert believed(slug, came, WRITTEN[written]) or (written == "as it came" and came != as_it_came())


@each_signing
@pytest.mark.parametrize("digest", ["hmac-sha256", "hmac-sha512", "hmac-sha1"])
def test_every_recipe_is_tried_in_every_writing(slug: str, digest: str) -> None:
    """Where the recipe is a setting of the account."""
    if digest not in next(
        (field.choices for field in providers.get(slug).setting_fields if field.name == "signature_recipe"), ()
    ):
        return
    config = catalog.account(slug)
    config = replace(config, settings={**config.settings, "signature_recipe": digest})
    for signed in WRITTEN.values():
        secret = config.credentials["webhook_secret"].encode()
        mac = hmac.new(secret, signed, digest.removeprefix("hmac-")).digest()
        for value in (mac.hex(), b64encode(mac).decode(), f"{digest.removeprefix('hmac-')}={mac.hex()}"):
            push = Push(headers={"x-ivr-signature": value}, body=WRITTEN["as it came"])
            assert providers.get(slug).authenticate_push(account=config, push=push)


@each_signing
def test_the_case_from_the_field_is_believed(slug: str) -> None:
    came = (
        b'{ "duration": 47.0, "url": "https://a/b", "said": "S\xc3\xad, ma\xc3\xb1ana \xf0\x9f\x98\x80   1e3 1.10",'
        b' "data": { "rate": 1.10, "big": 12345678901234567890, "exp": 1e3 }, "tags": [] }'
    )
    javascript_bytes = (
        b'{"duration":47,"url":"https://a/b","said":"S\xc3\xad, ma\xc3\xb1ana \xf0\x9f\x98\x80   1e3 1.10",'
        b'"data":{"rate":1.1,"big":12345678901234567000,"exp":1000},"tags":[]}'
    )
    php_bytes = (
        rb'{"duration":47,"url":"https:\/\/a\/b","said":"S\u00ed, ma\u00f1ana \ud83d\ude00   1e3 1.10",'
        rb'"data":{"rate":1.1,"big":1.2345678901234567e+19,"exp":1000},"tags":[]}'
    )
    for signed in (came, javascript_bytes, php_bytes):
        assert believed(slug, came, signed)


@pytest.mark.parametrize(("given", "as_javascript", "as_php"), NUMBERS)
def test_numbers_are_written_by_the_rules_of_each(given: str, as_javascript: str, as_php: str) -> None:
    assert (javascript(given), php(given)) == (as_javascript, as_php)


@settings(max_examples=150, deadline=None)
@given(value=st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70))
def test_a_number_keeps_its_value_in_every_writing(value: float) -> None:
    for written in (javascript(json.dumps(value)), php(json.dumps(value))):
        assert float(written) == float(value)
        assert json.loads(written) is not None


def test_what_a_reader_changes_besides_numbers_and_letters() -> None:
    indexes = b'{"b":1,"10":2,"2":3,"a":{}}'
    assert b'{"2":3,"10":2,"b":1,"a":{}}' in set(writings(indexes)), "JavaScript puts array indexes first"
    assert b'{"b":1,"10":2,"2":3,"a":[]}' in set(writings(indexes)), "PHP's arrays are lists when they are empty"
    assert rb'{"a":"\ud83d"}' in set(writings(rb'{ "a": "\ud83d" }')), "half a character stays an escape"
    assert b'{"a":2}' in set(writings(b'{"a":1, "a":2}'))


@each_signing
@settings(max_examples=40, deadline=None)
@given(change=st.sampled_from(["number", "text", "key", "more", "less"]))
def test_another_object_is_never_believed(slug: str, change: str) -> None:
    said: dict[str, Any] = {"a": 1, "b": "x", "c": [1.5]}
    other = {
        "number": {**said, "a": 2},
        "text": {**said, "b": "X"},
        "key": {"A": 1, "b": "x", "c": [1.5]},
        "more": {**said, "d": None},
        "less": {"a": 1, "b": "x"},
    }[change]
    assert not believed(slug, json.dumps(other).encode(), json.dumps(said).encode())


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'{"a":' * 5000, b'"' + "ñ/é".encode() * 80_000 + b'"'], ids=range(5)
)
def test_the_number_of_tries_and_their_time_are_bounded(body: bytes) -> None:
    began = time.process_time()
    assert len(list(writings(body))) <= MOST_WRITINGS
    assert time.process_time() - began < 2
