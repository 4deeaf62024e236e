"""Altur's own traps: two recipes of the signature, spaced bodies, and who answered."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import orjson
import pytest

from dialer.providers.altur import provider
from dialer.providers.base import AccountConfig, Outcome, ProviderReply, Push
from tests.providers import catalog

ACCOUNT = catalog.account("altur")
SECRET = ACCOUNT.credentials["webhook_secret"]
COMPACT = next(item.body for item in catalog.payloads("altur") if item.file == "push_ended.json")


def believed(body: bytes, signature: str, account: AccountConfig = ACCOUNT) -> bool:
    return provider.authenticate_push(account=account, push=Push(headers={"x-altur-signature": signature}, body=body))


def present_signature(body: bytes) -> str:
    return base64.b64encode(hmac.new(base64.b64decode(SECRET), body, hashlib.sha256).digest()).decode()


def older_signature(body: bytes) -> str:
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "as_sent",
    [
        COMPACT,
        orjson.dumps(orjson.loads(COMPACT), option=orjson.OPT_INDENT_2),
        json.dumps(json.loads(COMPACT)).encode(),
    ],
    ids=["compact", "indented", "spaced and escaped"],
)
def test_signature_is_over_the_compact_json_however_it_arrives(as_sent: bytes) -> None:
    assert believed(as_sent, present_signature(COMPACT))
    assert not believed(as_sent.replace(b"47", b"48"), present_signature(COMPACT))


def test_signature_over_escaped_json_is_believed_too() -> None:
    """The page's sample code is Python, whose compact JSON escapes letters beyond ASCII."""
    escaped = json.dumps(json.loads(COMPACT), separators=(",", ":")).encode()
    assert b"\\u00ed" in escaped
    assert believed(COMPACT, present_signature(escaped))


def test_older_recipe_is_believed_only_where_the_account_says_so() -> None:
    older = catalog.account("altur", settings={"signature_recipe": "hex"})
    assert believed(COMPACT, older_signature(COMPACT), older)
    assert not believed(COMPACT, older_signature(COMPACT))
    assert not believed(COMPACT, present_signature(COMPACT), older)


def test_secret_that_is_no_base64_believes_nobody() -> None:
    account = catalog.account("altur", credentials={"webhook_secret": "not base64!"})
    assert not believed(COMPACT, base64.b64encode(hmac.new(b"", COMPACT, hashlib.sha256).digest()).decode(), account)


@pytest.mark.parametrize(
    ("status", "answered_by", "outcome"),
    [
        ("ended", "human", Outcome.ANSWERED),
        ("ended", "unknown", Outcome.ANSWERED),
        ("ended", None, Outcome.ANSWERED),
        ("ended", "machine", Outcome.MACHINE),
        ("busy", None, Outcome.BUSY),
        ("no-answer", None, Outcome.NO_ANSWER),
        ("failed", "machine", Outcome.FAILED),
        ("queued", None, None),
    ],
)
def test_status_and_answerer_make_the_outcome(status: str, answered_by: Any, outcome: Outcome | None) -> None:
    body = orjson.dumps({"id": "cll_1", "status": status, "answered_by": answered_by})
    report = provider.parse_poll(account=ACCOUNT, reply=ProviderReply(status=200, body=body))
    assert report is not None
    assert report.outcome is outcome


def test_tags_of_a_polled_call_are_names() -> None:
    body = b'{"id":"cll_1","status":"ended","thread":{"tags":[{"id":"1","name":"promise","color":"blue"}, 7]}}'
    report = provider.parse_poll(account=ACCOUNT, reply=ProviderReply(status=200, body=body))
    assert report is not None
    assert report.analysis == {"tags": ["promise", "7"]}


def test_key_goes_to_recordings_of_the_account_only() -> None:
    request = provider.build_recording(account=ACCOUNT, url="https://api.altur.io/api/v1.0/call/cll_1/recording")
    assert request.path == "/call/cll_1/recording"
    with pytest.raises(ValueError, match="base URL"):
        provider.build_recording(account=ACCOUNT, url="https://api.altur.io.evil.example/api/v1.0/call/cll_1/recording")
