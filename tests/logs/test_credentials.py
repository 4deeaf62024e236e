"""No secret in a log: neither by its name, nor by its place, nor by its shape."""

from __future__ import annotations

import base64
import html
import json
import string
import uuid
from collections.abc import Callable
from urllib.parse import quote, urlencode

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from dialer import providers
from dialer.logs.credentials import is_secret_name, mask_secrets, spellings

NAMES = ["token", "api_key", "apiKey", "X-Api-Key", "password", "secret", "webhook_secret", "Authorization", "key"]
NAMES += [
    "Cookie",
    "Set-Cookie",
    "sessionid",
    "csrftoken",
    "push_token",
    "access_token",
    "recording_url",
    "credentials",
]
NAMES += ["recordingUrl", "signature", "X-Amz-Signature", "x-pbx-signature", "sig", "SECRET_KEY"]
NAMES += ["DIALER_ENCRYPTION_KEYS", "credentials"]
#: Where a name and its value stand in what is logged.
PLACES: tuple[Callable[[str, str], str], ...] = (
    lambda name, value: f"{name}={value}",
    lambda name, value: f"{name}: {value}",
    lambda name, value: f"{name}={value!r}, attempt_id=7",
    lambda name, value: f"POST /calls?{urlencode({name: value, 'a': 'b'})} HTTP/1.1",
    lambda name, value: f"https://api.example/calls?a=b&{name}={quote(value)} failed",
    lambda name, value: json.dumps({"a": 1, name: value, "b": 2}),
    lambda name, value: json.dumps({"body": json.dumps({name: value})}),
    lambda name, value: repr({"a": 1, name: value, "b": 2}),
    lambda name, value: repr({name: [value, value]}),
    lambda name, value: repr({name: {"x": value}}),
    lambda name, value: repr([(name.encode(), value.encode())]),
    lambda name, value: f"DETAIL:  Key ({name})=({value}) already exists.",
    lambda name, value: f"DETAIL:  Key ({name}, account_id)=({value}, 7) already exists.",
    lambda name, value: f"<Request headers={{{name!r}: 'Bearer {value}'}}>",
    lambda name, value: html.escape(repr({"a": 1, name: value, "b": 2})),
    lambda name, value: f"{name}: Basic {value}\r\naccept: */*",
)
SECRETS = st.text(string.ascii_letters + string.digits + "-_.~", min_size=5, max_size=40).filter(
    lambda secret: secret.lower() not in {"false", "none", "null", "true", "basic", "bearer"}
)


@given(SECRETS, st.sampled_from(NAMES), st.sampled_from(PLACES))
def test_a_value_is_masked_by_its_name(secret: str, name: str, place: Callable[[str, str], str]) -> None:
    secret = f"S{secret}5"
    masked = mask_secrets(place(name, secret))
    assert secret not in masked
    assert "***" in masked
    assert mask_secrets(masked) == masked


@pytest.mark.parametrize("slug", providers.slugs())
def test_the_secret_credentials_of_every_provider_have_a_name_that_is_masked(slug: str) -> None:
    for field in providers.get(slug).credential_fields:
        assert is_secret_name(field.name) or not field.secret, field.name


@given(st.uuids(), SECRETS)
def test_the_push_token_is_masked_wherever_its_address_stands(public_id: uuid.UUID, token: str) -> None:
    path = f"/push/{public_id}/{token}5/"
    for text in (
        f"Internal Server Error: {path}",
        f'"POST {path}contact/?a=b HTTP/1.1" 500',
        f"https://dialer.example/prefix{path}",
        f"<WSGIRequest: POST '{path}'>",
        f"Not Found: {path.rstrip('/')}",
        json.dumps({"push_url": f"https://dialer.example{path}"}),
    ):
        masked = mask_secrets(text)
        assert f"{token}5" not in masked
        assert str(public_id) in masked or "***" in masked


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgresql://dialer:pa55@db.example/dialer", "pa55"),
        ("redis://:pa55@127.0.0.1:6379/0", "pa55"),
        ("Authorization: Bearer abcDEF12", "abcDEF12"),
        ("sent Basic dXNlcjpwYXNz to it", "dXNlcjpwYXNz"),
        ("Cookie: theme=dark; sessionid=abc; other=0pen", "0pen"),
        ("https://storage.example/a.mp3?X-Amz-Credential=AKIA&X-Amz-Signature=f00&Expires=1", "f00"),
        ("DETAIL:  Failing row contains (7, Asha, s3cret, null).", "s3cret"),
        ("DETAIL:  Failing row contains (7, Asha, s3cret, null).", "Asha"),
    ],
)
def test_a_secret_is_masked_by_its_place(text: str, secret: str) -> None:
    assert secret not in mask_secrets(text)


@pytest.mark.parametrize(
    "secret",
    [
        Fernet(base64.urlsafe_b64encode(b"k" * 32)).encrypt(b'{"api_key": "x"}').decode(),
        "9526da735e7c4edc936e3e9ee3f89746a064d34ea1",
        "vZ8k3Qw" * 4,
        "nP4x-" * 6,
    ],
)
def test_what_looks_drawn_at_random_is_masked_without_a_name(secret: str) -> None:
    assert secret not in mask_secrets(f"could not store '{secret}' here")


@given(st.text(min_size=8, max_size=50).filter(lambda secret: "*" not in secret and secret.strip()))
def test_known_secrets_are_masked_wherever_they_stand(secret: str) -> None:
    known = spellings([secret, "short"])
    masked = mask_secrets(f"<<{secret}>> and <<{quote(secret, safe='')}>> but short stays", known=known)
    assert secret not in masked.replace("short stays", "")
    assert masked.endswith("but short stays")


@pytest.mark.parametrize(
    "text",
    [
        "call log not read to the end account_id=7 problem='No answer within 20 s'",
        "attempt 550e8400-e29b-41d4-a716-446655440000 placed",
        'password authentication failed for user "dialer"',
        "KeyError: 'abc'",
        "token=None, secret='', has_key=True",
        "routing_key=dialer idempotency_key=order-7 key_map={'a': 'b'}",
        'duplicate key value violates unique constraint "attempt_one_live_per_number"',
        'File "/app/campaigns/claiming/reserving.py", line 12, in reserve_and_tell_of_it_2',
        'django.db.utils.OperationalError: connection to server at "10.0.0.5", port 5432 failed',
        "GET https://api.example/health/fleet",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask_secrets(text) == text
