"""Pushes: names and words from the account's settings, and signatures whose recipe no page documents."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import orjson
import pytest

from dialer.ivrsolutions import signing
from dialer.providers.base import AccountConfig, CallReport, Malformed, Outcome, Phase, Push
from dialer.providers.ivrsolutions import provider

SECRET = "whsec-0123456789abcdef"
BODY = b'{"event":"call.busy","call_id":"call_abc123xyz"}'
MAC = hmac.new(SECRET.encode(), BODY, hashlib.sha256)


def account(*, secret: str = SECRET, **settings: Any) -> AccountConfig:
    return AccountConfig(
        base_url="https://api.ivrsolutions.in",
        credentials={"api_key": "k", "webhook_secret": secret},
        settings=settings,
        time_zone="Asia/Kolkata",
    )


def believed(config: AccountConfig, **headers: str) -> bool:
    return provider.authenticate_push(
        account=config, push=Push(headers={name.replace("_", "-"): value for name, value in headers.items()}, body=BODY)
    )


def read(payload: dict[str, Any], **settings: Any) -> CallReport:
    push = Push(headers={"content-type": "application/json"}, body=orjson.dumps(payload))
    (report,) = provider.parse_push(account=account(**settings), push=push)
    return report


@pytest.mark.parametrize("spelling", [MAC.hexdigest(), base64.b64encode(MAC.digest()).decode()])
@pytest.mark.parametrize("prefix", ["", "sha256="])
def test_signature_is_believed_in_hex_and_base64_in_any_header_until_one_is_named(spelling: str, prefix: str) -> None:
    assert believed(account(), x_whatever=prefix + spelling, user_agent="x")
    assert believed(account(signature_header="X-Sign"), x_sign=prefix + spelling)
    assert not believed(account(signature_header="X-Sign"), x_other=prefix + spelling)


def test_secret_demands_a_signature_by_default() -> None:
    assert not believed(account())
    assert not believed(account(), x_sign="0" * 64)
    assert not believed(account(), x_sign=SECRET)
    assert not believed(account(), x_sign=hmac.new(b"other", BODY, hashlib.sha256).hexdigest())


def test_nothing_configured_leaves_the_secret_url_as_the_proof() -> None:
    assert believed(account(secret=""))


def test_named_header_without_a_secret_believes_nobody() -> None:
    empty = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    assert not believed(account(secret="", signature_header="X-Sign"), x_sign=empty)
    assert not believed(account(secret="", signature_header="X-Sign"), x_sign="")


def test_account_can_name_another_recipe() -> None:
    sha1 = hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()
    assert believed(account(signature_recipe="hmac-sha1"), x_sign="sha1=" + sha1)
    assert not believed(account(), x_sign=sha1)
    assert believed(account(signature_recipe="plain"), x_key=SECRET)
    assert not believed(account(signature_recipe="plain"), x_key=MAC.hexdigest())
    assert believed(account(signature_recipe="none"))
    assert not believed(account(signature_recipe="unheard-of"), x_sign=MAC.hexdigest())
    assert set(signing.DIGESTS) < set(signing.RECIPES)


def test_field_map_finds_nested_values_and_keeps_the_defaults() -> None:
    report = read(
        {"data": {"phone": "9876543210", "state": "busy"}, "did_no": "+911143104567"},
        push_fields="to_number=data.phone, status = data.state",
    )
    assert (report.to_number, report.outcome, report.from_number) == ("9876543210", Outcome.BUSY, "+911143104567")


def test_words_are_unknown_until_the_account_explains_them() -> None:
    payload = {"event": "Hang-up", "client_no": "9876543210"}
    assert read(payload).phase is Phase.UNKNOWN
    assert read(payload, push_words="hang up=NO_ANSWER").outcome is Outcome.NO_ANSWER
    assert read(payload, push_words={"hang-up": "RINGING"}).phase is Phase.RINGING


def test_unexplained_event_falls_back_to_the_records_own_status() -> None:
    assert read({"event": "hangup", "client_no": "9876543210", "call_status": "busy"}).outcome is Outcome.BUSY


def test_answer_without_a_duration_is_live_and_with_one_is_over() -> None:
    payload = {"client_no": "9876543210", "call_status": "answered"}
    assert read(payload).phase is Phase.ANSWERED
    assert read({**payload, "call_duration": 0}).phase is Phase.ANSWERED
    assert read({**payload, "call_duration": "31"}).outcome is Outcome.ANSWERED


def test_form_body_is_read_like_json() -> None:
    push = Push(
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=b"call_status=no_answer&client_no=9876543210&dtmf_input=2",
    )
    (report,) = provider.parse_push(account=account(), push=push)
    assert (report.outcome, report.digits) == (Outcome.NO_ANSWER, "2")


@pytest.mark.parametrize(
    "settings",
    [
        {"push_fields": "colour=data.x"},
        {"push_fields": "to_number"},
        {"push_words": "hangup=GONE"},
        {"push_words": "hangup=LOST"},
    ],
)
def test_setting_that_cannot_be_read_is_named(settings: dict[str, str]) -> None:
    with pytest.raises(Malformed, match=next(iter(settings)) + "|pairs"):
        read({"client_no": "9876543210"}, **settings)


def test_push_without_known_fields_points_to_the_setting() -> None:
    with pytest.raises(Malformed, match="push_fields"):
        read({"phone": "9876543210", "state": "busy"})


def test_only_events_that_name_their_call_have_a_dedupe_key() -> None:
    """Two busy calls to one number can give equal bodies: without an id the second must not vanish."""
    anonymous = Push(headers={}, body=b'{"event":"call.busy","client_no":"9876543210"}')
    assert provider.dedupe_key(push=anonymous) is None
    assert provider.dedupe_key(push=Push(headers={}, body=BODY)) is not None
