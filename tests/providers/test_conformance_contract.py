"""Conformance, the contract: what a provider declares is there, and what it sends is what its documents ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import unquote

import orjson
import pytest

from dialer import providers
from dialer.providers.base import Action, CallReport, Correlation, LogQuery, Phase, Provider
from dialer.providers.declared import contradictions
from dialer.providers.table import TOLD
from tests.providers import catalog
from tests.providers.signing import SCHEMES, SIGNED

SLUGS = providers.slugs()
#: Methods that go with a capability, and the payloads that prove it.
DECLARED = {
    "polls_call": (("build_poll", "parse_poll"), "poll_reply"),
    "pulls_logs": (("build_log", "parse_log"), "log_reply"),
    "reports_capacity": (("build_capacity", "parse_capacity"), "capacity_reply"),
    "lists_numbers": (("build_numbers", "parse_numbers"), "numbers_reply"),
    "lists": ((), "list_reply"),
    "pushes": (("parse_push",), "push"),
}
EVER = LogQuery(since_at=datetime(2000, 1, 1, tzinfo=UTC), until_at=datetime(2100, 1, 1, tzinfo=UTC))

each_provider = pytest.mark.parametrize("slug", SLUGS)


@each_provider
def test_module_is_found_by_its_slug(slug: str) -> None:
    provider = providers.get(slug)
    assert provider.slug == slug
    assert provider.name
    assert (slug, provider.name) in providers.choices()


@each_provider
def test_payload_folder_lists_every_file_with_its_source(slug: str) -> None:
    listed = [payload.file for payload in catalog.payloads(slug)]
    there = {path.name for path in catalog.folder(slug).iterdir()} - {"sources.toml"}
    assert len(listed) == len(set(listed)), "a file is listed twice"
    assert there == set(listed), "list every file of the folder in sources.toml, with its source and its meaning"
    for payload in catalog.payloads(slug):
        assert payload.kind in catalog.KINDS, f"{payload}: kind must be one of {sorted(catalog.KINDS)}"
        assert len(payload.source) > 8, f"{payload}: name the page that the bytes come from"
        assert payload.means, f"{payload}: say what it must be read as"


@each_provider
@pytest.mark.parametrize("capability", DECLARED)
def test_declared_capability_has_methods_and_payloads(slug: str, capability: str) -> None:
    provider = providers.get(slug)
    methods, kind = DECLARED[capability]
    declared = getattr(provider.capabilities, capability)
    for method in methods:
        written = getattr(type(provider), method) is not getattr(Provider, method)
        assert written == declared, (
            f"{slug}: {capability} is {declared}, but {method} is {'' if written else 'not '}written"
        )
    found = [payload for payload in catalog.payloads(slug) if payload.kind == kind]
    assert bool(found) == declared, f"{slug}: add a {kind} to {catalog.folder(slug)} and list it in sources.toml"


@each_provider
def test_provider_is_as_it_declares(slug: str) -> None:
    """Declared parts are there and undeclared ones are not; what a part relies on is there as well."""
    assert contradictions(providers.get(slug)) == []


@each_provider
@pytest.mark.parametrize("result", ["Accepted", "Refused", "Unclear"])
def test_payloads_show_every_answer_to_a_placement(slug: str, result: str) -> None:
    found = [payload for payload in catalog.payloads(slug) if payload.means.get("result") == result]
    assert found, f"{slug}: add a place_reply that means {result} to {catalog.folder(slug)}"


@each_provider
def test_payloads_show_a_word_that_no_document_defines(slug: str) -> None:
    means = [payload.means for payload in catalog.payloads(slug)]
    rows = [row for meaning in means for row in (meaning, *meaning.get("reports", ()))]
    assert any(row.get("phase") == Phase.UNKNOWN for row in rows), (
        f"{slug}: add a push, poll_reply or log_reply with an undefined status word to {catalog.folder(slug)}"
    )


@each_provider
def test_fields_are_fit_for_a_form(slug: str) -> None:
    provider = providers.get(slug)
    assert set(provider.option_fields) == provider.capabilities.actions, (
        "options are declared for each action, no other"
    )
    account = catalog.account(slug)
    assert {field.name for field in provider.credential_fields if field.required} <= set(account.credentials)
    groups = [provider.credential_fields, provider.setting_fields, *provider.option_fields.values()]
    for fields in groups:
        names = [field.name for field in fields]
        assert len(names) == len(set(names))
        for field in fields:
            assert field.name.isidentifier()
            assert field.label[:1].isupper(), f"{slug}.{field.name} needs a label"
            assert field.default is None or not field.choices or field.default in field.choices
    for field in provider.credential_fields:
        secret = any(part in field.name for part in ("key", "secret", "token", "password"))
        assert field.secret or not secret, f"{slug}.{field.name} holds a secret: say secret=True"


@each_provider
def test_capabilities_agree_with_each_other(slug: str) -> None:
    capabilities = providers.get(slug).capabilities
    assert capabilities.actions
    assert bool(capabilities.agent_kinds) == (Action.CONNECT_AGENT in capabilities.actions)
    if capabilities.correlation is Correlation.NUMBER_AND_TIME:
        assert capabilities.pulls_logs or capabilities.pushes
    assert capabilities.signs_pushes == (catalog.index(slug)["authentication"]["scheme"] in SIGNED)
    assert catalog.index(slug)["authentication"]["scheme"] in SCHEMES, f"the scheme must be one of {sorted(SCHEMES)}"


@each_provider
def test_every_action_is_rehearsed(slug: str) -> None:
    rehearsed = {placement.action for placement, _ in catalog.placements(slug)}
    assert rehearsed == providers.get(slug).capabilities.actions, f"{slug}: add a [[placement]] for each action"


@each_provider
def test_placing_is_one_authenticated_post_of_the_documented_body(slug: str) -> None:
    provider, account = providers.get(slug), catalog.account(slug)
    for placement, body in catalog.placements(slug):
        request = provider.build_place(account=account, placement=placement)
        assert request.method == "POST"
        assert request.path.startswith("/")
        assert request.headers["content-type"] == "application/json"
        assert orjson.loads(request.body) == body
        key = account.credentials["api_key"]
        assert any(key in value for value in request.headers.values()), "the key is in no header"
        for name, value in request.headers.items():
            assert name == name.lower()
            assert value.isascii()
            assert value.isprintable()


@each_provider
def test_no_url_holds_a_secret_or_whole_number(slug: str) -> None:
    provider, account = providers.get(slug), catalog.account(slug)
    secrets = [account.credentials[field.name] for field in provider.credential_fields if field.secret]
    requests = [provider.build_place(account=account, placement=placement) for placement, _ in catalog.placements(slug)]
    checked = provider.build_check(account=account)
    requests += [checked] if checked else []
    if provider.capabilities.polls_call:
        requests.append(provider.build_poll(account=account, external_id="a/../b?c=d#e"))
        assert requests[-1].path.endswith("a%2F..%2Fb%3Fc%3Dd%23e"), "an id from outside must not change the path"
    for request in requests:
        url = unquote(request.url(account.base_url))
        assert url.startswith(account.base_url + "/")
        for hidden in (*secrets, catalog.TO_NUMBER[-10:], catalog.FROM_NUMBER[-10:]):
            assert hidden not in url


@each_provider
def test_missing_required_option_is_named(slug: str) -> None:
    provider, account = providers.get(slug), catalog.account(slug)
    for placement, _ in catalog.placements(slug):
        for field in provider.option_fields[placement.action]:
            options = {name: value for name, value in placement.options.items() if name != field.name}
            changed = replace(placement, options=options)
            if field.required:
                with pytest.raises(ValueError, match=field.name):
                    provider.build_place(account=account, placement=changed)
            else:
                provider.build_place(account=account, placement=changed)


@each_provider
def test_agent_is_required_where_one_rings(slug: str) -> None:
    provider, account = providers.get(slug), catalog.account(slug)
    for placement, _ in catalog.placements(slug):
        if placement.agent is None:
            continue
        assert placement.agent.kind in provider.capabilities.agent_kinds
        with pytest.raises(ValueError, match="agent"):
            provider.build_place(account=account, placement=replace(placement, agent=None))


@each_provider
def test_caller_id_is_sent_exactly_where_it_is_declared(slug: str) -> None:
    provider, account = providers.get(slug), catalog.account(slug)
    for placement, _ in catalog.placements(slug):
        request = provider.build_place(account=account, placement=placement)
        capable = provider.capabilities
        declared = capable.caller_id and placement.action not in capable.actions_without_caller_id
        assert (catalog.FROM_NUMBER[-10:].encode() in request.body) == declared
        assert catalog.TO_NUMBER[-10:].encode() in request.body


@each_provider
def test_our_reference_travels_where_correlation_needs_it(slug: str) -> None:
    provider, account = providers.get(slug), catalog.account(slug)
    if provider.capabilities.correlation is not Correlation.REFERENCE:
        return
    for placement, _ in catalog.placements(slug):
        request = provider.build_place(account=account, placement=placement)
        assert catalog.REFERENCE.encode() in request.body


@each_provider
def test_results_hold_what_the_provider_is_said_to_tell_and_nothing_else(slug: str) -> None:
    held = {name for name in TOLD for report in recorded(slug) if getattr(report, name) not in (None, "")}
    assert held == providers.get(slug).capabilities.tells, "declare in `tells` what the recorded payloads hold"


def recorded(slug: str) -> Iterator[CallReport]:
    """Return what the recorded pushes, polls and log pages of a provider say."""
    provider, account = providers.get(slug), catalog.account(slug)
    for payload in catalog.payloads(slug):
        if payload.kind == "push":
            yield from provider.parse_push(account=account, push=payload.push)
        elif payload.kind == "poll_reply" and (report := provider.parse_poll(account=account, reply=payload.reply)):
            yield report
        elif payload.kind == "log_reply":
            for query in (EVER, replace(EVER, to_number=catalog.TO_NUMBER), replace(EVER, whole=True)):
                page = provider.parse_log(account=account, query=query, reply=payload.reply)
                yield from page.reports if page else ()
