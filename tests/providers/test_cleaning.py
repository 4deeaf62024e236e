"""No control character reaches a provider in what a call is made of, and no number is made another one by cutting."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer import providers
from dialer.providers.astradial import provider as switch
from dialer.providers.base import AgentAddress, AgentKind, Placement
from dialer.providers.cleaning import plain
from dialer.providers.parts.hosted import DialerNumber
from tests.providers import catalog

CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)]
hostile = st.text(st.sampled_from([*CONTROLS, ",", "=", "a", "1", "é", "{", '"', "\\"]), max_size=12)
values = st.recursive(
    hostile | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(hostile, inner, max_size=2),
    max_leaves=4,
)
PLACEMENTS = [(slug, placement) for slug in providers.bundled_slugs() for placement, _ in catalog.placements(slug)]


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value, and in the JSON values that are written in a text."""
    if isinstance(value, str):
        yield value
        if value[:1] in "{[" and value:
            try:
                yield from texts(orjson.loads(value))
            except orjson.JSONDecodeError:
                return
    for each in [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(each)


def sent(body: bytes, content_type: str) -> list[str]:
    """Return every text of a request: of JSON, or the whole form without the line ends that are its own."""
    if "json" in content_type:
        return list(texts(orjson.loads(body)))
    return body.decode().split("\r\n")


@pytest.mark.parametrize(
    ("slug", "placement"), PLACEMENTS, ids=[f"{slug}-{n}" for n, (slug, _) in enumerate(PLACEMENTS)]
)
@settings(max_examples=40)
@given(data=st.data())
def test_no_control_character_is_sent(slug: str, placement: Placement, data: st.DataObject) -> None:
    account, provider = catalog.account(slug), providers.get(slug)
    options = {name: f"{value}{data.draw(st.just('') | hostile)}" for name, value in placement.options.items()}
    options |= {
        field.name: data.draw(st.just("") | hostile)
        for field in provider.option_fields[placement.action]
        if field.name not in options and not field.choices
    }
    variables: Any = {name: data.draw(values) for name in (*placement.variables, "name", data.draw(hostile))}
    try:
        made = replace(placement, options=options, variables=variables)
        request = provider.build_place(account=account, placement=made)
    except (ValueError, TypeError):
        return  # refused before anything was sent
    for text in sent(request.body, request.headers["content-type"]):
        assert not any(unicodedata.category(char) == "Cc" or char in "\u2028\u2029" for char in text), text
    if provider is switch:
        body = orjson.loads(request.body)
        fields = [body.get("from", ""), body["to"], body["caller_id"], *body["variables"], *body["variables"].values()]
        assert not any("," in text for text in fields)


@pytest.mark.parametrize("control", [*"\n\r\x00\x85\u2028", ",", " ", "x"])
def test_a_number_that_holds_anything_else_is_refused(control: str) -> None:
    placement = next(placement for _, placement in PLACEMENTS if placement.agent)
    wrong = f"+9198765{control}43210"
    with pytest.raises(ValueError, match="to_number: no phone number"):
        replace(placement, to_number=wrong)
    with pytest.raises(ValueError, match="from_number: no phone number"):
        replace(placement, from_number=wrong)
    with pytest.raises(ValueError, match="agent: no phone number"):
        replace(placement, agent=AgentAddress(kind=AgentKind.NUMBER, value=wrong))
    with pytest.raises(ValueError, match="number: no phone number"):
        DialerNumber(number=wrong)


@given(value=values)
@settings(max_examples=60)
def test_what_holds_none_is_left_as_it_is(value: Any) -> None:
    once = plain(value)
    assert plain(once) == once
    assert plain("Rs 1,200 – “शुभ”") == "Rs 1,200 – “शुभ”"
