"""The documented replies as typed values, and what a reply must not be mistaken for."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from dialer.ivrsolutions import agents, calls, dialers, dialing, notes, numbers
from dialer.ivrsolutions.answers import judge
from dialer.ivrsolutions.operation import Operation
from dialer.ivrsolutions.records import Added, Created, DidRecord, NumbersForSale, Placed
from dialer.providers.base import ProviderReply, Refusal, Refused, Unclear
from tests.providers.ivrsolutions import document


def documented(operation: Operation[..., Any], number: int = 0) -> Any:
    """Return the value that ``operation`` reads from its documented success."""
    found = [item for item in document.named(operation.operation_id).replies() if item.status == 200]
    return operation.parse(reply=found[number]).value


def reply(http: int, /, **payload: object) -> ProviderReply:
    return ProviderReply(status=http, body=orjson.dumps(payload))


def test_placed_calls_carry_call_id_or_logid() -> None:
    assert documented(dialing.dial_by_flow) == Placed(external_id="call_abc123xyz")
    assert documented(calls.c2c_post) == Placed(external_id="123456")


def test_scheduled_call_has_no_id_but_its_time() -> None:
    assert documented(dialing.dial_by_flow, 1) == Placed(scheduled_time="2024-12-31 13:00:00", time_zone="Asia/Kolkata")


def test_hosted_dialers_say_how_far_they_are() -> None:
    first, second = documented(dialers.get_dialers)
    assert (first.id, first.is_on, first.start_time, first.concurrent_calls) == (101, True, "09:00", 5)
    assert (first.total_numbers, first.completed, first.pending) == (1250, 890, 360)
    assert (second.is_on, second.pending) == (False, 0)


def test_created_things_have_their_ids() -> None:
    assert documented(dialers.create_text_dialer) == Created(id=105)
    assert documented(dialers.create_customer_list) == Created(id=15)
    assert documented(agents.add_agent).ext_no == "2105"


@pytest.mark.parametrize(
    ("message", "count"),
    [
        ("3 numbers added to dialer successfully", 3),
        ("Number added to dialer successfully", 1),
        ("0 numbers added", 0),
        ("Added", None),
        ("", None),
    ],
)
def test_added_numbers_are_counted_from_the_words(message: str, count: int | None) -> None:
    answer = dialers.add_numbers.parse(reply=reply(200, status=True, message=message))
    assert answer.value == Added(count=count)


def test_numbers_of_the_account_and_for_sale_are_read() -> None:
    assert documented(numbers.get_linked_dids)[0] == DidRecord(
        number="+911143104567",
        region="Delhi",
        kind="landline",
        is_active=True,
        raw=documented(numbers.get_linked_dids)[0].raw,
    )
    sale = documented(numbers.search_dids)
    assert (sale.cost, sale.currency, len(sale.numbers)) == ("500", "INR", 5)
    nothing = numbers.search_dids.parse(reply=reply(404, status=False, message="No numbers found"))
    assert nothing.value == NumbersForSale()
    assert documented(numbers.buy_did).number == "+911143104501"


def test_status_options_are_labels_and_no_calls_status() -> None:
    assert [option.name for option in documented(notes.get_remark_options)][:2] == ["Interested", "Not Interested"]


@pytest.mark.parametrize("status", [200, True, "success", "200", "Success", "true"])
def test_every_documented_spelling_of_success_is_success(status: object) -> None:
    assert judge(reply=reply(200, status=status)) is None


@pytest.mark.parametrize("status", [None, 1, 0, 201, 302, "ok", "queued", "", [], {}, 200.5])
def test_status_that_no_document_defines_is_unclear(status: object) -> None:
    assert isinstance(judge(reply=reply(200, status=status)), Unclear)


@pytest.mark.parametrize("http", [400, 401, 404, 405, 429, 500, 502])
def test_http_error_with_a_success_in_its_body_is_unclear(http: int) -> None:
    assert isinstance(judge(reply=reply(http, status=200, logid=1)), Unclear)


def test_error_beside_a_success_is_unclear() -> None:
    assert isinstance(judge(reply=reply(200, status=True, error="queue down")), Unclear)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Invalid or missing API token", Refusal.CREDENTIALS),
        ("Insufficient balance", Refusal.CREDENTIALS),
        ("Too many requests", Refusal.NO_CAPACITY),
        ("Concurrent call limit reached", Refusal.NO_CAPACITY),
        ("Agent is busy on another call", Refusal.NO_CAPACITY),
        ("Agent Number not found.", Refusal.UNKNOWN_TARGET),
        ("Click to call DID Number not defined.", Refusal.UNKNOWN_TARGET),
        ("Invalid flow_id", Refusal.UNKNOWN_TARGET),
        ("Invalid phone number", Refusal.INVALID_REQUEST),
        ("You did not pass the customer number", Refusal.INVALID_REQUEST),
        ("Outside calling hours", Refusal.OUTSIDE_ACTIVE_HOURS),
        ("Your IP is not whitelisted", Refusal.ADDRESS_NOT_ALLOWED),
        ("Something else", Refusal.OTHER),
    ],
)
def test_error_with_http_200_is_refused_by_its_words(message: str, reason: Refusal) -> None:
    for status in (False, "error"):
        problem = judge(reply=reply(200, status=status, message=message))
        assert isinstance(problem, Refused)
        assert problem.reason is reason
        assert problem.detail == f"HTTP 200: {message}"


@pytest.mark.parametrize(
    "message",
    [
        "Gateway timeout",
        "Request timed out",
        "Internal error",
        "Something went wrong",
        "Customer number is busy",
        "No answer from customer",
        "Customer hung up",
    ],
)
def test_error_that_does_not_rule_a_ring_out_is_unclear(message: str) -> None:
    for http, status in ((200, False), (200, 400), (400, False)):
        assert isinstance(judge(reply=reply(http, status=status, message=message)), Unclear)


@pytest.mark.parametrize(("http", "code"), [(200, 500), (200, 503), (400, 500), (500, 500), (503, False)])
def test_server_error_is_unclear_wherever_it_stands(http: int, code: object) -> None:
    assert isinstance(judge(reply=reply(http, status=code, message="Server error")), Unclear)


def test_empty_list_is_told_from_a_proxy_that_says_404() -> None:
    assert numbers.search_dids.parse(reply=ProviderReply(status=404, body=b"<html>not found</html>")).value is None
    placed = dialing.dial_by_flow.parse(reply=reply(404, status=404, message="Flow not found"))
    assert isinstance(placed.problem, Refused), "nothing found is no success where something was to be done"
