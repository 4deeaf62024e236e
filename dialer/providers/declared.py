"""Whether a provider is as it declares: what it has not, it does not claim, and what it claims is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dialer.providers import parts
from dialer.providers.base import Provider
from dialer.providers.vocabulary import AgentKind

#: A slug is stored with each account and stands in URLs.
SLUG = re.compile(r"[a-z][a-z0-9_]{0,39}")
#: Methods that go with a capability.
METHODS: Mapping[str, tuple[str, ...]] = {
    "pushes": ("parse_push",),
    "polls_call": ("build_poll", "parse_poll"),
    "pulls_logs": ("build_log", "parse_log"),
    "reports_capacity": ("build_capacity", "parse_capacity"),
    "adds_participants": ("build_add_leg", "parse_add_leg", "parse_legs"),
    "takes_notes": ("note_way", "build_note", "parse_note"),
    "lists_numbers": ("build_numbers", "parse_numbers"),
    "signs_pushes": ("authenticate_push",),
}
#: The parts: the same name at the provider and in its capabilities.
PARTS: Mapping[str, type] = {
    "lists": parts.Lists,
    "staff": parts.Staff,
    "numbers_for_sale": parts.NumbersForSale,
    "texts": parts.Texts,
    "push_registration": parts.PushRegistration,
    "key_map": parts.KeyMap,
    "prefetch": parts.Prefetch,
    "hosted": parts.HostedDialers,
}


def contradictions(provider: object) -> list[str]:
    """Return what does not agree between what a provider declares and what it has, as sentences."""
    if not isinstance(provider, Provider):
        return [f"it is a {type(provider).__name__}, not a Provider"]
    missing = [name for name in ("slug", "name", "capabilities", "credential_fields") if not hasattr(provider, name)]
    missing += [] if hasattr(provider, "option_fields") else ["option_fields"]
    if missing:
        return [f"it has no {', '.join(missing)}"]
    return [*_names(provider), *_methods(provider), *_parts(provider)] or list(_needs(provider))


def _names(provider: Provider) -> Iterator[str]:
    if not SLUG.fullmatch(provider.slug):
        yield f"the slug {provider.slug!r} is not made of small letters, digits and _, at most 40"
    if not provider.capabilities.actions:
        yield "it declares no action"
    for action in provider.capabilities.actions - provider.option_fields.keys():
        yield f"option_fields do not name {action.value}"


def _methods(provider: Provider) -> Iterator[str]:
    for capability, methods in METHODS.items():
        written = [name for name in methods if getattr(type(provider), name) is not getattr(Provider, name)]
        declared = getattr(provider.capabilities, capability)
        if declared and len(written) < len(methods):
            yield f"it declares {capability} and lacks {', '.join(set(methods) - set(written))}"
        # A push can prove its sender without a signature.
        if written and not declared and capability != "signs_pushes":
            yield f"it has {', '.join(written)} and does not declare {capability}"


def _parts(provider: Provider) -> Iterator[str]:
    for name, kind in PARTS.items():
        part, declared = getattr(provider, name), getattr(provider.capabilities, name)
        if declared and not isinstance(part, kind):
            yield f"it declares {name}, and its {name} is no {kind.__name__}"
        if part is not None and not declared:
            yield f"it has {name} and does not declare it"


def _needs(provider: Provider) -> Iterator[str]:
    """Say what a part relies on and does not find."""
    can = provider.capabilities
    credentials = {field.name for field in provider.credential_fields}
    if can.numbers_for_sale and not can.lists_numbers:
        yield "whether a purchase arrived is told by the account's numbers, and it does not list them"
    if can.texts and (provider.lists is None or "TEXT_TEMPLATE" not in provider.lists.kinds):
        yield "whether a text arrived is told by its list, and it does not list TEXT_TEMPLATE"
    if can.staff and AgentKind.EXTENSION not in can.agent_kinds:
        yield "it has staff, who are known by extensions, and calls reach nobody by extension"
    if can.hosted_actions - can.actions:
        yield "hosted_actions are not among its actions"
    for part in (provider.push_registration, provider.key_map):
        if part is not None and part.secret_field not in credentials:
            yield f"{part.secret_field!r} is no credential of it"
