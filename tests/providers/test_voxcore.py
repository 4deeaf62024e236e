"""VoxCore's own traps: the two meanings of 503, the key map, and the words of disconnected_by."""

from __future__ import annotations

import re
from dataclasses import replace

import orjson
import pytest

from dialer.providers.base import CallReport, Outcome, Phase, ProviderReply, Push
from dialer.providers.voxcore import provider
from dialer.voxcore.key_map import KEY_MAPPER
from tests.providers import catalog

ACCOUNT = catalog.account("voxcore")


def report(**payload: object) -> CallReport:
    push = Push(headers={}, body=orjson.dumps({"call_id": "abc", **payload}))
    return provider.parse_push(account=ACCOUNT, push=push)[0]


@pytest.mark.parametrize(
    ("ended_by", "outcome"),
    [
        ("customer", Outcome.ANSWERED),
        ("bot", Outcome.ANSWERED),
        ("timeout", Outcome.ANSWERED),
        ("voicemail", Outcome.MACHINE),
        ("RNR", Outcome.NO_ANSWER),
        ("no_answer", Outcome.NO_ANSWER),
        ("rejected", Outcome.BUSY),
        ("error", Outcome.FAILED),
    ],
)
def test_each_documented_end_has_its_outcome(ended_by: str, outcome: Outcome) -> None:
    found = report(disconnected_by=ended_by)
    assert (found.phase, found.outcome) == (Phase.ENDED, outcome)


def test_rnr_with_an_answer_time_was_picked_up_in_silence() -> None:
    assert report(disconnected_by="RNR", call_answer_time="2026-05-01T10:00:09Z").outcome is Outcome.ANSWERED


@pytest.mark.parametrize(
    ("said", "talk_seconds"),
    [
        # The call's length is from its answer on, or from its start.
        ({"call_duration_seconds": "47.2"}, 47.0),
        ({"call_duration_seconds": "56.4"}, 47.0),
        ({"call_duration_seconds": "56.4", "call_start_time": ""}, None),
        # The clock was put back, or what is told is not this call's end.
        ({"call_duration_seconds": "12"}, None),
        ({"call_end_time": "2026-05-01T09:59:00Z"}, None),
        ({"call_end_time": "2026-05-02T10:00:00Z"}, None),
        ({"call_end_time": ""}, None),
        ({"call_answer_time": ""}, None),
        ({"call_duration_seconds": ""}, None),
        # The bot's part has ended, and not the talk.
        ({"was_transferred": "true"}, None),
        # A machine talks to nobody.
        ({"disconnected_by": "voicemail"}, None),
    ],
)
def test_talk_is_told_from_answer_to_end_where_both_are_sure(said: dict[str, str], talk_seconds: float | None) -> None:
    start, answer, end = (f"2026-05-01T10:00:{second}Z" for second in ("00", "09", "56"))
    times = {"call_start_time": start, "call_answer_time": answer, "call_end_time": end}
    found = report(**{"disconnected_by": "customer", "call_duration_seconds": "47", **times, **said})
    assert found.talk_seconds == talk_seconds


@pytest.mark.parametrize(
    ("label", "outcome"), [("Connected", Outcome.ANSWERED), ("Failed", Outcome.FAILED), ("Unknown", None)]
)
def test_coarse_label_is_read_when_the_end_is_not_said(label: str, outcome: Outcome | None) -> None:
    found = report(disconnected_by="", result_disposition=label)
    assert found.outcome is outcome
    assert found.disposition == (None if label == "Unknown" else label)


def test_unknown_end_is_not_overruled_by_the_coarse_label() -> None:
    assert report(disconnected_by="handover", result_disposition="Connected").phase is Phase.UNKNOWN


def test_key_map_is_what_the_parser_reads() -> None:
    """A manager pastes the map; the push it makes must be understood, key by key."""
    settings = provider.key_map.mapping(push_url="https://dialer.example.com/in/s3cret", secret="tok")
    assert (settings["url"], settings["token"], settings["method"]) == (
        "https://dialer.example.com/in/s3cret",
        "Bearer tok",
        "POST",
    )
    assert {"{{crm.dialer_reference}}", "{{result.call_id}}"} <= set(settings["key_mapper"].values())
    assert all(re.fullmatch(r"\{\{(crm|call|result|analysis)\.\w+\}\}", template) for template in KEY_MAPPER.values())
    pushed = catalog.payloads("voxcore")
    answered = next(orjson.loads(item.body) for item in pushed if item.file == "push_answered.json")
    assert set(answered) == set(KEY_MAPPER)
    json_text = orjson.dumps(settings)
    account = replace(ACCOUNT, credentials={"push_token": "tok"})
    push = Push(headers={"authorization": orjson.loads(json_text)["token"]}, body=b"{}")
    assert provider.authenticate_push(account=account, push=push)


def test_push_token_pasted_without_bearer_is_believed_too() -> None:
    push = Push(headers={"authorization": ACCOUNT.credentials["push_token"]}, body=b"{}")
    assert provider.authenticate_push(account=ACCOUNT, push=push)


def test_contacts_variable_cannot_replace_our_reference() -> None:
    placement, _ = catalog.placements("voxcore")[0]
    placement = replace(placement, variables={"dialer_reference": "forged"})
    body = orjson.loads(provider.build_place(account=ACCOUNT, placement=placement).body)
    assert body["variables"]["dialer_reference"] == catalog.REFERENCE


def test_caller_id_is_left_out_when_the_trunk_chooses_it() -> None:
    placement, _ = catalog.placements("voxcore")[0]
    body = orjson.loads(provider.build_place(account=ACCOUNT, placement=replace(placement, from_number=None)).body)
    assert "from_number" not in body


def test_paths_are_settings_below_the_base_url() -> None:
    account = replace(
        ACCOUNT, base_url="https://h.example.com/tenant", settings={"dialout_path": "/api/v1/sip/dialout"}
    )
    request = provider.build_place(account=account, placement=catalog.placements("voxcore")[0][0])
    assert request.url(account.base_url) == "https://h.example.com/tenant/api/v1/sip/dialout"


def test_transcript_given_as_json_text_is_a_value() -> None:
    assert report(transcript='[{"speaker":"bot"}]').transcript == [{"speaker": "bot"}]
    assert report(transcript="just words").transcript == "just words"
    assert report(transcript="").transcript is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"status":"ok","fleet_available":true,"fleet_max":true}',
        b'{"status":"ok","fleet_available":"5","fleet_max":"9"}',
        b'{"status":"ok","fleet_available":-1,"fleet_max":9}',
        b'{"status":"ok","fleet_max":9}',
        b'{"fleet_available":5,"fleet_max":9}',
    ],
)
def test_fleet_of_doubtful_health_has_no_capacity_figure(body: bytes) -> None:
    assert provider.parse_capacity(reply=ProviderReply(status=200, body=body)) is None
    assert (
        provider.parse_capacity(
            reply=ProviderReply(status=503, body=b'{"status":"ok","fleet_available":5,"fleet_max":9}')
        )
        is None
    )
