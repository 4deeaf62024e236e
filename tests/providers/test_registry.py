"""Who comes into the registry: providers that are as they declare, under a slug of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest

from dialer import providers
from dialer.providers import declared
from dialer.providers.base import AccountConfig, Action, AgentKind, Placement, Provider
from tests.providers.invented.ringwell import Ringwell, provider

DIRECT = [name for name in declared.METHODS if name != "signs_pushes"]


def another(**attributes: Any) -> Provider:
    """Return a provider like the invented one, with other attributes."""
    made: Provider = type("Another", (Ringwell,), {"slug": "another", **attributes})()
    return made


def can(**changes: Any) -> Any:
    return replace(Ringwell.capabilities, **changes)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the registry as it was."""
    before = providers.slugs()
    yield
    for slug in set(providers.slugs()) - set(before):
        providers.unregister(slug)


def test_a_provider_is_there_once_it_is_registered_and_gone_afterwards() -> None:
    before = providers.slugs()
    providers.register(provider)
    assert providers.slugs() == tuple(sorted((*before, "ringwell")))
    assert providers.get("ringwell") is provider
    assert ("ringwell", "Ringwell") in providers.choices()
    assert "ringwell" in providers.able("lists")
    assert "ringwell" not in providers.able("staff")
    assert "ringwell" not in providers.bundled_slugs()
    providers.unregister("ringwell")
    assert providers.slugs() == before
    with pytest.raises(KeyError):
        providers.get("ringwell")
    with pytest.raises(KeyError):
        providers.unregister("ringwell")


def test_a_slug_is_taken_once() -> None:
    providers.register(provider)
    with pytest.raises(ValueError, match="there is a provider 'ringwell' already"):
        providers.register(another(slug="ringwell"))
    with pytest.raises(ValueError, match="already"):
        providers.register(another(slug=providers.bundled_slugs()[0]))


@pytest.mark.parametrize("slug", ["", "Ring", "ring well", "ring-well", "9ring", "r" * 41])
def test_a_slug_is_fit_for_urls(slug: str) -> None:
    with pytest.raises(ValueError, match="slug"):
        providers.register(another(slug=slug))


def test_what_is_no_whole_provider_is_refused() -> None:
    with pytest.raises(ValueError, match="not a Provider"):
        providers.register("ringwell")  # type: ignore[arg-type]
    bare: Provider = type("Bare", (Provider,), {"slug": "bare", "name": "Bare"})()
    with pytest.raises(ValueError, match="it has no capabilities, credential_fields, option_fields"):
        providers.register(bare)


@pytest.mark.parametrize("part", declared.PARTS)
def test_a_part_is_declared_exactly_where_it_is_there(part: str) -> None:
    said: dict[str, Any] = {"hosted_actions": frozenset({Action.PLAY_FLOW})} if part == "hosted" else {part: True}
    unsaid: dict[str, Any] = {"hosted_actions": frozenset()} if part == "hosted" else {part: False}
    with pytest.raises(ValueError, match=f"it declares {part}"):
        providers.register(another(capabilities=can(**said), **{part: None}))
    with pytest.raises(ValueError, match=f"it declares {part}, and its {part} is no"):
        providers.register(another(capabilities=can(**said), **{part: object()}))
    with pytest.raises(ValueError, match=f"it has {part} and does not declare it"):
        providers.register(another(capabilities=can(**unsaid), **{part: object()}))


@pytest.mark.parametrize("capability", DIRECT)
def test_a_capability_is_declared_exactly_where_its_methods_are(capability: str) -> None:
    methods = {name: getattr(Provider, name) for name in declared.METHODS[capability]}
    with pytest.raises(ValueError, match=f"it declares {capability} and lacks"):
        providers.register(another(capabilities=can(**{capability: True}), **methods))
    written = {name: lambda *_, **__: None for name in methods}
    with pytest.raises(ValueError, match=f"does not declare {capability}"):
        providers.register(another(capabilities=can(**{capability: False}), **written))


@pytest.mark.parametrize("slug", [slug for slug in providers.bundled_slugs() if slug in providers.able("staff")])
def test_what_a_part_relies_on_has_to_be_there(slug: str) -> None:
    model = providers.get(slug)
    can = model.capabilities
    lacking: dict[str, dict[str, Any]] = {
        "by extension": {"capabilities": replace(can, agent_kinds=frozenset({AgentKind.NUMBER}))},
        "hosted_actions": {"capabilities": replace(can, hosted_actions=frozenset({Action.CONNECT_TARGET}))},
        "no credential": {"credential_fields": ()},
        "TEXT_TEMPLATE": {"lists": provider.lists},
    }
    for why, changes in lacking.items():
        made = type("Less", (type(model),), changes)()
        assert any(why in sentence for sentence in declared.contradictions(made)), why


def test_many_threads_see_either_all_of_a_provider_or_nothing() -> None:
    wrong: list[Exception] = []

    def look() -> None:
        try:
            for _ in range(2000):
                for slug in providers.slugs():
                    assert providers.of_account(slug).slug == slug
        except Exception as error:
            wrong.append(error)

    threads = [Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(200):
        providers.register(provider)
        providers.unregister("ringwell")
    for thread in threads:
        thread.join()
    assert wrong == []


def test_what_stands_for_a_missing_provider_can_do_nothing() -> None:
    gone = providers.of_account("gone")
    assert (gone.slug, gone.name) == ("gone", "gone")
    assert not gone.capabilities.actions
    assert not any(getattr(gone.capabilities, name) for name in (*declared.METHODS, *declared.PARTS))
    assert "gone" not in providers.slugs()
    account = AccountConfig(base_url="http://127.0.0.1:9", credentials={})
    placement = Placement(reference="r", to_number="+919812345670", from_number=None, action=Action.PLAY_FLOW)
    with pytest.raises(ValueError, match="'gone' is not installed"):
        gone.build_place(account=account, placement=placement)
