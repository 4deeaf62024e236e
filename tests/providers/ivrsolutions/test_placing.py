"""Placements as requests: numbers as documented, variables in order, and the three ways to an agent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.ivrsolutions import dialers, formats
from dialer.ivrsolutions.dialers import DialerNumber
from dialer.providers import parsing
from dialer.providers.base import Action, AgentAddress, AgentKind, Placement, ProviderRequest
from dialer.providers.ivrsolutions import provider
from tests.providers.ivrsolutions import document
from tests.providers.ivrsolutions.document import ACCOUNT, sent_fields

EXTENSION = AgentAddress(kind=AgentKind.EXTENSION, value="2101")
NUMBER = AgentAddress(kind=AgentKind.NUMBER, value="+919123456789")
OPERATION = {
    Action.PLAY_FLOW: "dialByFlow",
    Action.SPEAK_TEXT: "dialByText",
    Action.VOICE_BOT: "dial_by_voicebot",
    Action.AI_AGENT: "dial_by_aivoicebot",
}


def build(action: Action, *, agent: AgentAddress | None = None, **options: Any) -> ProviderRequest:
    placement = Placement(
        reference="att-1",
        to_number="+919876543210",
        from_number="+911143104567",
        action=action,
        options=options,
        variables={"name": "John", "amount": "1,500"},
        agent=agent,
    )
    return provider.build_place(account=ACCOUNT, placement=placement)


@pytest.mark.parametrize("action", OPERATION)
def test_each_action_is_its_documented_operation(action: Action) -> None:
    needed: dict[str, Any] = {
        "flow_id": 1001,
        "template_name": "api_order_confirm",
        "voicechat_id": 4821,
        "wss_url": "wss://a.example",
    }
    document.check(build(action, **needed), document.named(OPERATION[action]))


@pytest.mark.parametrize(
    ("agent", "connect_by", "operation_id"),
    [
        (EXTENSION, None, "clickToCallPost"),
        (EXTENSION, "auto", "clickToCallPost"),
        (EXTENSION, "c2c_post", "clickToCallPost"),
        (NUMBER, None, "c2c_advance"),
        (NUMBER, "c2c_advance", "c2c_advance"),
        (NUMBER, "click_connect", "clickConnect"),
    ],
)
def test_agent_is_reached_the_way_the_template_names(
    agent: AgentAddress, connect_by: str | None, operation_id: str
) -> None:
    document.check(build(Action.CONNECT_AGENT, agent=agent, connect_by=connect_by or ""), document.named(operation_id))


def test_agent_rings_before_the_customer() -> None:
    fields = sent_fields(build(Action.CONNECT_AGENT, agent=NUMBER, connect_by="click_connect"))
    assert (fields["first_phone"], fields["second_phone"]) == ("+919123456789", "+919876543210")
    by_extension = sent_fields(build(Action.CONNECT_AGENT, agent=EXTENSION))
    assert by_extension == {"did": "+911143104567", "ext_no": "2101", "phone": "09876543210"}


@pytest.mark.parametrize(
    ("agent", "connect_by"),
    [(EXTENSION, "click_connect"), (EXTENSION, "c2c_advance"), (NUMBER, "c2c_post"), (NUMBER, "nonsense")],
)
def test_way_that_does_not_fit_the_agent_is_named(agent: AgentAddress, connect_by: str) -> None:
    with pytest.raises(ValueError, match="connect_by"):
        build(Action.CONNECT_AGENT, agent=agent, connect_by=connect_by)


def test_call_without_a_did_is_refused_before_it_is_sent() -> None:
    placement = Placement(
        reference="att-1",
        to_number="+919876543210",
        from_number=None,
        action=Action.PLAY_FLOW,
        options={"flow_id": "1"},
    )
    with pytest.raises(ValueError, match="from_number"):
        provider.build_place(account=ACCOUNT, placement=placement)
    with pytest.raises(ValueError, match="action"):
        provider.build_place(account=ACCOUNT, placement=replace(placement, action=Action.CONNECT_TARGET))


def test_value_with_a_comma_is_refused_for_it_would_shift_the_others() -> None:
    with pytest.raises(ValueError, match="variable 2 has a comma"):
        build(Action.SPEAK_TEXT, template_name="t", variable_names="name, amount")


@pytest.mark.parametrize("option", ["text", "system_msg"])
def test_variable_that_the_contact_lacks_is_never_spoken_as_a_token(option: str) -> None:
    unfilled: dict[str, Any] = {option: "From {{city}}"}
    filled: dict[str, Any] = {option: "{{ name }} owes {{amount}}"}
    with pytest.raises(ValueError, match="variable city"):
        build(Action.VOICE_BOT, voicechat_id="1", **unfilled)
    with pytest.raises(ValueError, match="variable city"):
        build(Action.SPEAK_TEXT, template_name="t", variable_names="name,city")
    fields = sent_fields(build(Action.VOICE_BOT, voicechat_id="1", **filled))
    assert fields[option] == "John owes 1,500"


def test_audio_goes_over_an_encrypted_socket_only() -> None:
    with pytest.raises(ValueError, match="wss_url"):
        build(Action.AI_AGENT, wss_url="ws://example.com")


@pytest.mark.parametrize(
    ("number", "dialed", "bare"),
    [
        ("+919876543210", "09876543210", "9876543210"),
        ("+91 98765-43210", "09876543210", "9876543210"),
        ("+14155550123", "+14155550123", "+14155550123"),
        ("+9198765432", "+9198765432", "+9198765432"),
    ],
)
def test_numbers_are_written_as_the_document_shows_them(number: str, dialed: str, bare: str) -> None:
    assert (formats.dialed(number), formats.bare(number)) == (dialed, bare)


@pytest.mark.parametrize(
    "number", ["9876543210", "09876543210", "+", "+0123456789", "+91987654321x", "", "+٩١٩٨٧٦٥٤٣٢١"]
)
def test_number_that_is_not_e164_is_refused_without_being_quoted(number: str) -> None:
    with pytest.raises(ValueError, match=r"E\.164") as caught:
        formats.dialed(number)
    assert number not in str(caught.value) or not number.strip("+")


@given(st.integers(min_value=10**9, max_value=10**10 - 1))
def test_every_spelling_of_a_number_is_the_same_number(digits: int) -> None:
    number = f"+91{digits}"
    for spelling in (formats.dialed(number), formats.bare(number), formats.full(number)):
        assert parsing.same_number(spelling, number)
    assert not parsing.same_number(f"+91{digits ^ 1}", number)
    another_first_digit = 10**9 + digits % (9 * 10**9)
    assert not parsing.same_number(f"+91{another_first_digit}", number)
    assert not parsing.same_number(None, number)


def test_schedule_needs_an_aware_instant_and_a_real_zone() -> None:
    at = datetime(2024, 12, 31, 7, 30, tzinfo=UTC)
    assert formats.local_time(at, time_zone="Asia/Kolkata") == "2024-12-31 13:00:00"
    with pytest.raises(ValueError, match="no time zone"):
        formats.local_time(at.replace(tzinfo=None), time_zone="Asia/Kolkata")
    with pytest.raises(ValueError, match="does not exist"):
        formats.local_time(at, time_zone="Asia/Nowhere")


def test_request_takes_one_to_a_hundred_numbers() -> None:
    hundred = [DialerNumber(number=f"+9198765432{last:02}") for last in range(100)]
    request = dialers.add_numbers(ACCOUNT, dialer_id=101, numbers=hundred)
    document.check(request, document.named("addToDialerBulk"))
    assert len(sent_fields(request)["numbers"]) == 100
    for wrong in (hundred + hundred[:1], []):
        with pytest.raises(ValueError, match="1 to 100"):
            dialers.add_numbers(ACCOUNT, dialer_id=101, numbers=wrong)


def test_edit_sends_only_what_changes_and_off_is_off() -> None:
    assert sent_fields(dialers.edit_text_dialer(ACCOUNT, dialer_id=5, concurrent_calls=3)) == {"id": 5, "no_of_call": 3}
    assert sent_fields(dialers.change_dialer_status(ACCOUNT, dialer_id=5, is_on=False))["status"] == "off"
    with pytest.raises(ValueError, match="at least one"):
        dialers.edit_text_dialer(ACCOUNT, dialer_id=5, concurrent_calls=0)


def test_form_field_cannot_end_its_part() -> None:
    hostile = '2101\r\n--x\r\nContent-Disposition: form-data; name="did"'
    with pytest.raises(ValueError, match="agent"):
        build(Action.CONNECT_AGENT, agent=AgentAddress(kind=AgentKind.EXTENSION, value=hostile))
    fields = sent_fields(build(Action.PLAY_FLOW, flow_id=hostile))
    assert fields["did_no"] == "+911143104567"
    assert fields["flow_id"] == '2101 --x Content-Disposition: form-data; name="did"'
