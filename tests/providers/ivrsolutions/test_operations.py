"""All 66 operations against the document: name, method, path, fields, content type, and every documented reply."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.ivrsolutions import OPERATIONS
from dialer.providers import replies as replies_of
from dialer.providers.base import Answer, ProviderReply, Refused, Unclear
from tests.providers import garbage
from tests.providers.ivrsolutions import document
from tests.providers.ivrsolutions.document import ACCOUNT, TOKEN, Documented
from tests.providers.ivrsolutions.examples import ARGUMENTS

each_operation = pytest.mark.parametrize("documented", document.OPERATIONS, ids=str)
#: The document makes the token a field of these bodies and requires it there.
TOKEN_IN_BODY = {"v1_agent_login_token", "v1_dial_by_flow_get"}


def test_every_operation_of_the_document_has_exactly_one_method() -> None:
    routes = {(item.operation_id, item.method, item.path) for item in document.OPERATIONS}
    assert len(routes) == 66
    assert {(name, method.method, method.path) for name, method in OPERATIONS.items()} == routes


@each_operation
def test_request_is_the_documents_own_example(documented: Documented) -> None:
    request = OPERATIONS[documented.operation_id](ACCOUNT, **ARGUMENTS[documented.operation_id])
    document.check(request, documented)
    fields = document.sent_fields(request)
    token = fields.pop("token", None)
    assert token == (TOKEN if documented.operation_id in TOKEN_IN_BODY else None)
    assert fields == documented.request_example


@each_operation
def test_url_never_holds_the_token(documented: Documented) -> None:
    request = OPERATIONS[documented.operation_id](ACCOUNT, **ARGUMENTS[documented.operation_id])
    assert TOKEN not in request.url(ACCOUNT.base_url)


@each_operation
def test_every_documented_reply_is_read(documented: Documented) -> None:
    found = list(documented.replies())
    assert found
    for reply in found:
        answer = OPERATIONS[documented.operation_id].parse(reply=reply)
        said = orjson.loads(reply.body)
        if answer.problem is not None and reply.status == 200:
            assert said["data"] == {}, "the document's reply for all that it does not describe holds no list"
            assert isinstance(answer.problem, Unclear)
        elif reply.status == 200:
            assert answer.message == replies_of.masked(said.get("message", ""))
            if isinstance(said.get("data"), list):
                read = len(getattr(answer.value, "numbers", answer.value) or ()) + getattr(answer.value, "unread", 0)
                assert read == len(said["data"]), "a record is lost"
        elif isinstance(answer.problem, Refused):
            assert said["message"].rstrip(".") in answer.problem.detail
        else:
            assert reply.status in {404, 405}, "only an empty list is no problem"
            assert not getattr(answer.value, "numbers", answer.value)


def test_judge_itself_refuses_wrong_requests() -> None:
    """The document must be able to say no, or the tests above could not fail."""
    request = OPERATIONS["dialByFlow"](ACCOUNT, **ARGUMENTS["dialByFlow"])
    with pytest.raises(AssertionError):
        document.check(request, document.named("dialByText"))
    for operation_id, arguments in (("updateCallNote", {"status_id": "one"}), ("searchDids", {"search_pattern": "x"})):
        wrong = OPERATIONS[operation_id](ACCOUNT, **{**ARGUMENTS[operation_id], **arguments})
        with pytest.raises(Exception, match="is not"):
            document.check(wrong, document.named(operation_id))


@pytest.mark.parametrize("body", garbage.BODIES.values(), ids=garbage.BODIES)
def test_garbage_is_never_a_success(body: bytes) -> None:
    for operation in OPERATIONS.values():
        for status in (200, 302, 400, 404, 405, 500):
            answer = operation.parse(reply=ProviderReply(status=status, body=body))
            assert answer.value is None
            assert isinstance(answer.problem, Refused | Unclear)


@settings(max_examples=300)
@given(data=st.data())
def test_mutated_replies_never_raise(data: st.DataObject) -> None:
    documented = data.draw(st.sampled_from(document.OPERATIONS))
    reply = data.draw(st.sampled_from(list(documented.replies())))
    body = data.draw(garbage.mutations(reply.body))
    answer = OPERATIONS[documented.operation_id].parse(reply=ProviderReply(status=reply.status, body=body))
    assert isinstance(answer, Answer)
    assert (answer.value is None) == (answer.problem is not None)
