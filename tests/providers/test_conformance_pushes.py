"""Conformance, pushes: only the provider is believed, and whatever arrives is a report or Malformed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer import providers
from dialer.providers import parsing
from dialer.providers.base import CallReport, Malformed, Push
from tests.providers import catalog, garbage
from tests.providers.judging import check_means, check_report, fuzzed
from tests.providers.signing import SIGNED, proof

PUSHES = catalog.every("push")
each_push = pytest.mark.parametrize(("slug", "payload"), [(push.slug, push) for push in PUSHES], ids=map(str, PUSHES))
PUSHING = sorted({push.slug for push in PUSHES})
PROVING = [slug for slug in PUSHING if catalog.index(slug)["authentication"]["scheme"] != "none"]


def signed(payload: catalog.Payload, *, secret: str | None = None, body: bytes | None = None) -> Push:
    """Return the push as its provider would sign it, or as somebody with another secret would."""
    authentication = catalog.index(payload.slug)["authentication"]
    known = catalog.account(payload.slug).credentials.get(authentication.get("secret", ""), "")
    sent = payload.body if body is None else body
    headers = proof(authentication=authentication, body=sent, secret=known if secret is None else secret)
    return Push(headers={**payload.headers, **headers}, body=sent)


def first_push(slug: str) -> catalog.Payload:
    return next(push for push in PUSHES if push.slug == slug)


def parsed(slug: str, push: Push) -> tuple[list[CallReport], str]:
    """Return the reports of ``push``, or none and the words of Malformed; any other error fails the test."""
    try:
        return providers.get(slug).parse_push(account=catalog.account(slug), push=push), ""
    except Malformed as error:
        return [], str(error)


def believed(slug: str, push: Push) -> bool:
    return providers.get(slug).authenticate_push(account=catalog.account(slug), push=push)


@each_push
def test_push_is_read_as_its_source_means(slug: str, payload: catalog.Payload) -> None:
    reports = providers.get(slug).parse_push(account=catalog.account(slug), push=payload.push)
    if payload.means.get("result") == "Ignored":
        assert reports == []
        return
    assert len(reports) == 1
    check_means(reports[0], payload.means)


@each_push
def test_push_signed_by_the_provider_is_believed(slug: str, payload: catalog.Payload) -> None:
    assert believed(slug, signed(payload))


@each_push
def test_doubled_push_says_the_same_and_has_the_same_key(slug: str, payload: catalog.Payload) -> None:
    provider, account = providers.get(slug), catalog.account(slug)
    once = provider.parse_push(account=account, push=payload.push)
    assert provider.parse_push(account=account, push=payload.push) == once
    assert provider.dedupe_key(push=payload.push) == provider.dedupe_key(push=payload.push)


@pytest.mark.parametrize("slug", PUSHING)
def test_different_calls_have_different_keys(slug: str) -> None:
    provider = providers.get(slug)
    push = first_push(slug).push
    reports = provider.parse_push(account=catalog.account(slug), push=push)
    external_id = reports[0].external_id
    assert external_id
    other = replace(
        push, body=push.body.replace(external_id.encode(), b"another-call").replace(b"own-call-id", b"other-id")
    )
    assert provider.dedupe_key(push=push) is not None
    assert provider.dedupe_key(push=other) != provider.dedupe_key(push=push)


@pytest.mark.parametrize("slug", PROVING)
def test_push_without_proof_is_refused(slug: str) -> None:
    payload = first_push(slug)
    assert not believed(slug, payload.push)
    proven = signed(payload)
    for name in set(proven.headers) - set(payload.headers):
        for value in (
            "",
            " ",
            "x",
            "Bearer",
            "Bearer ",
            "sha256=",
            "é" * 40,
            proven.headers[name][:-1],
            proven.headers[name] + "0",
        ):
            assert not believed(slug, replace(proven, headers={**proven.headers, name: value})), f"{name}: {value!r}"


@pytest.mark.parametrize("slug", PROVING)
def test_push_with_another_secret_is_refused(slug: str) -> None:
    for secret in ("QUJDREVGR0g=", "c2hvcnQ=", "QUFB" * 100):
        assert not believed(slug, signed(first_push(slug), secret=secret))


@pytest.mark.parametrize("slug", PROVING)
def test_account_without_a_secret_believes_nobody(slug: str) -> None:
    """An empty secret must not become a secret that everybody knows."""
    payload = first_push(slug)
    for credentials in ({}, {catalog.index(slug)["authentication"]["secret"]: ""}):
        account = catalog.account(slug, credentials=credentials)
        for push in (payload.push, signed(payload), signed(payload, secret=""), signed(payload, secret="AAAA")):
            assert not providers.get(slug).authenticate_push(account=account, push=push)


@pytest.mark.parametrize(
    "slug", [slug for slug in PROVING if catalog.index(slug)["authentication"]["scheme"] in SIGNED]
)
@fuzzed
@given(data=st.data())
def test_altered_body_is_refused_where_bodies_are_signed(slug: str, data: st.DataObject) -> None:
    proven = signed(first_push(slug))
    place = data.draw(st.integers(0, len(proven.body) - 1))
    altered = proven.body[:place] + data.draw(st.binary(min_size=1, max_size=3)) + proven.body[place + 1 :]
    if parsing.load_json(altered) != parsing.load_json(proven.body):
        assert not believed(slug, replace(proven, body=altered))


@pytest.mark.parametrize("slug", PUSHING)
@pytest.mark.parametrize("body", garbage.BODIES.values(), ids=garbage.BODIES)
def test_garbage_is_malformed_or_ignored_and_never_quoted(slug: str, body: bytes) -> None:
    provider = providers.get(slug)
    push = Push(headers={}, body=body)
    provider.dedupe_key(push=push)
    believed(slug, push)
    reports, error = parsed(slug, push)
    assert reports == []
    assert len(error) < 250, "the message must not repeat the body"


@each_push
@fuzzed
@given(data=st.data())
def test_mutated_push_is_a_report_or_malformed(slug: str, payload: catalog.Payload, data: st.DataObject) -> None:
    provider = providers.get(slug)
    push = replace(payload.push, body=data.draw(garbage.mutations(payload.body)))
    provider.dedupe_key(push=push)
    believed(slug, push)
    reports, error = parsed(slug, push)
    assert "9876543210" not in error
    for report in reports:
        check_report(report)
