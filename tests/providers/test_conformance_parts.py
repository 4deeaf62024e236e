"""Conformance, optional parts: what they ask carries the key and no number, and garbage never passes for an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, time
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer import providers
from dialer.providers.base import AccountConfig, ProviderReply, Question, Unclear
from dialer.providers.parts import HostedDialers, Lists, NumbersForSale, PushRegistration, Staff, Texts
from dialer.providers.parts.hosted import DialerNumber, DialerSettings
from dialer.providers.parts.prefetch import CallAsked
from dialer.providers.parts.staff import NewAgent, NewExtension
from tests.providers import catalog, garbage
from tests.providers.judging import fuzzed

Asked = Iterator[tuple[str, Question[Any]]]
PASSWORD = "Secure@123"
STATUSES = (
    100,
    200,
    201,
    204,
    206,
    301,
    302,
    308,
    400,
    401,
    403,
    404,
    405,
    408,
    409,
    422,
    429,
    500,
    502,
    503,
    504,
    599,
)
PUSH_URL = "https://dialer.example.com/push/1/2/"


def of_lists(part: Lists, account: AccountConfig) -> Asked:
    for kind in part.kinds:
        yield kind, part.listing(account=account, kind=kind)


def of_staff(part: Staff, account: AccountConfig) -> Asked:
    agent = NewAgent(name="Asha", email="asha@example.com", phone=catalog.TO_NUMBER, password=PASSWORD)
    extension = NewExtension(
        extension="2109",
        name="Desk",
        did=catalog.FROM_NUMBER,
        password=PASSWORD,
        recording_id="7",
        phone=catalog.TO_NUMBER,
        expires_on=date(2026, 3, 31),
    )
    yield "agents", part.agents(account=account)
    yield "extensions", part.extensions(account=account)
    yield "add_agent", part.add_agent(account=account, agent=agent)
    yield "add_extension", part.add_extension(account=account, extension=extension)
    yield "switch", part.switch(account=account, extension="2109", is_enabled=False)
    yield "expire", part.expire(account=account, extension="2109", last_day=date(2026, 3, 31))


def of_numbers_for_sale(part: NumbersForSale, account: AccountConfig) -> Asked:
    yield "regions", part.regions(account=account)
    yield "offers", part.offers(account=account, country_code="91", region="1", pattern="22")
    yield "purchase", part.purchase(account=account, country_code="91", number=catalog.FROM_NUMBER)


def of_texts(part: Texts, account: AccountConfig) -> Asked:
    yield "submit", part.submit(account=account, name="reminder", text="Dear {name}")


def of_push_registration(part: PushRegistration, account: AccountConfig) -> Asked:
    yield "register", part.register(account=account, url=PUSH_URL, secret="the-secret-of-pushes")


def of_hosted(part: HostedDialers, account: AccountConfig) -> Asked:
    settings = DialerSettings(did=catalog.FROM_NUMBER, concurrent_calls=3, opens=time(9), closes=time(18), script_id=7)
    numbers = [DialerNumber(number=catalog.TO_NUMBER, variables=dict.fromkeys(part.variables, "x"))]
    yield "script", part.script(account=account, name="reminder")
    yield "dialers", part.dialers(account=account)
    yield "create", part.create(account=account, name="Renewals #1", settings=settings)
    yield "edit", part.edit(account=account, dialer_id=5, settings=settings)
    yield "switch", part.switch(account=account, dialer_id=5, is_on=True)
    yield "add", part.add(account=account, dialer_id=5, numbers=numbers)
    yield "calls", part.calls(account=account, dialer_id=5)


#: Parts that ask something of the provider, with their questions.
PARTS: Mapping[str, Callable[[Any, AccountConfig], Asked]] = {
    "lists": of_lists,
    "staff": of_staff,
    "numbers_for_sale": of_numbers_for_sale,
    "texts": of_texts,
    "push_registration": of_push_registration,
    "hosted": of_hosted,
}
HAVE = [(slug, part) for slug in providers.slugs() for part in PARTS if getattr(providers.get(slug), part) is not None]
each_part = pytest.mark.parametrize(("slug", "part"), HAVE)
LISTED = catalog.every("list_reply")
each_list = pytest.mark.parametrize(("slug", "payload"), [(one.slug, one) for one in LISTED], ids=map(str, LISTED))


def questions(slug: str, part: str) -> Asked:
    return PARTS[part](getattr(providers.get(slug), part), catalog.account(slug))


@each_part
def test_every_question_carries_the_key_and_no_url_a_secret_or_number(slug: str, part: str) -> None:
    provider, account = providers.get(slug), catalog.account(slug)
    secrets = [account.credentials[field.name] for field in provider.credential_fields if field.secret]
    for name, question in questions(slug, part):
        request = question.request
        assert any(account.credentials["api_key"] in value for value in request.headers.values()), name
        url = unquote(request.url(account.base_url))
        assert url.startswith(account.base_url + "/")
        for hidden in (*secrets, PASSWORD, catalog.TO_NUMBER[-10:], catalog.FROM_NUMBER[-10:]):
            assert hidden not in url, name


@each_part
@pytest.mark.parametrize("body", garbage.BODIES.values(), ids=garbage.BODIES)
def test_garbage_answers_nothing_at_any_status(slug: str, part: str, body: bytes) -> None:
    for name, question in questions(slug, part):
        for status in STATUSES:
            answer = question.read(ProviderReply(status=status, body=body))
            assert answer.value is None, f"{name}, HTTP {status}"
            assert answer.problem is not None, f"{name}, HTTP {status}"
            if status < 400:
                assert isinstance(answer.problem, Unclear), f"{name}: HTTP {status} with garbage proves nothing"


@each_list
def test_list_is_read_as_its_source_means(slug: str, payload: catalog.Payload) -> None:
    answer = listing(slug, payload).read(payload.reply)
    assert [row.external_id for row in answer.value or ()] == payload.means["external_ids"]


@each_list
@fuzzed
@given(data=st.data())
def test_mutated_lists_never_raise_and_are_rows_or_a_problem(
    slug: str, payload: catalog.Payload, data: st.DataObject
) -> None:
    body = data.draw(garbage.mutations(payload.body))
    answer = listing(slug, payload).read(replace(payload.reply, body=body))
    assert (answer.value is None) == (answer.problem is not None)
    assert all(row.external_id for row in answer.value or ())


def listing(slug: str, payload: catalog.Payload) -> Question[Any]:
    part = providers.get(slug).lists
    assert part is not None
    kind = next(kind for kind in part.kinds if kind == payload.list)
    return part.listing(account=catalog.account(slug), kind=kind)


@pytest.mark.parametrize("slug", providers.able("prefetch"))
@given(given=st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner)))
def test_any_question_for_variables_is_about_a_call_or_about_none(slug: str, given: Any) -> None:
    part = providers.get(slug).prefetch
    assert part is not None
    asked = part.read(given=given if isinstance(given, dict) else {"phone": given})
    assert isinstance(asked, CallAsked)
    assert all(number.startswith("+") and number[1:].isdigit() for number in asked.numbers)


@pytest.mark.parametrize("slug", providers.able("key_map"))
def test_the_key_map_holds_address_and_secret(slug: str) -> None:
    part = providers.get(slug).key_map
    assert part is not None
    text = str(part.mapping(push_url=PUSH_URL, secret="the-secret-of-pushes"))
    assert PUSH_URL in text
    assert "the-secret-of-pushes" in text
