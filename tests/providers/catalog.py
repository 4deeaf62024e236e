"""The payload folders: real bytes of every provider, their sources, and what they must be read as."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dialer import providers
from dialer.providers.base import AccountConfig, Action, AgentAddress, AgentKind, Placement, ProviderReply, Push

FOLDER = Path(__file__).parent / "payloads"
KINDS = frozenset({"place_reply", "poll_reply", "log_reply", "capacity_reply", "numbers_reply", "list_reply", "push"})
REFERENCE = "att-7f3a"
TO_NUMBER = "+919876543210"
FROM_NUMBER = "+911234567890"


@dataclass(frozen=True, kw_only=True)
class Payload:
    """One file of a payload folder, as an HTTP reply or a push."""

    slug: str
    file: str
    kind: str
    # Of a list_reply: the kind of things that it lists.
    list: str
    status: int
    headers: Mapping[str, str]
    source: str
    means: Mapping[str, Any]
    body: bytes

    @property
    def reply(self) -> ProviderReply:
        return ProviderReply(status=self.status, headers=self.headers, body=self.body)

    @property
    def push(self) -> Push:
        return Push(headers=self.headers, body=self.body)

    def __str__(self) -> str:
        return f"{self.slug}-{self.file}"


def folder(slug: str) -> Path:
    """Return the payload folder of a provider: here, or beside the module of one that an installed package brings."""
    if slug in providers.bundled_slugs():
        return FOLDER / slug
    return Path(inspect.getfile(type(providers.get(slug)))).parent / "payloads"


@cache
def index(slug: str) -> dict[str, Any]:
    """Return ``sources.toml`` of a provider. Raises AssertionError that names the cure."""
    path = folder(slug) / "sources.toml"
    assert path.exists(), (
        f"Provider {slug!r} has no payloads. Make {path}, with [account], [authentication], at least one [[placement]] "
        f"and a [[payload]] for each file, as in {FOLDER / 'voxcore' / 'sources.toml'}."
    )
    return tomllib.loads(path.read_text())


@cache
def payloads(slug: str) -> tuple[Payload, ...]:
    """Return the payloads of a provider in the order of its index."""
    return tuple(_payload(slug, entry) for entry in index(slug)["payload"])


def every(*kinds: str) -> list[Payload]:
    """Return the payloads of ``kinds`` of all providers that have a folder (those without fail a test of their own)."""
    known = [slug for slug in providers.slugs() if (folder(slug) / "sources.toml").exists()]
    return [payload for slug in known for payload in payloads(slug) if payload.kind in kinds]


def account(slug: str, **changes: Any) -> AccountConfig:
    """Return the account that the folder's payloads belong to, with ``changes``."""
    return AccountConfig(**{"settings": {}, **index(slug)["account"], **changes})


def placements(slug: str) -> list[tuple[Placement, Mapping[str, Any]]]:
    """Return placements of a provider, each with the JSON body that its documents ask for."""
    return [(_placement(entry), entry["body"]) for entry in index(slug)["placement"]]


def _payload(slug: str, entry: Mapping[str, Any]) -> Payload:
    path = folder(slug) / entry["file"]
    assert path.exists(), f"{path} is listed in sources.toml but does not exist"
    headers = {"content-type": "application/json", **entry.get("headers", {})}
    given = {key: entry[key] for key in ("file", "kind", "source", "means")}
    given |= {"status": entry.get("status", 200), "list": entry.get("list", "")}
    return Payload(slug=slug, headers=headers, body=path.read_bytes(), **given)


def _placement(entry: Mapping[str, Any]) -> Placement:
    agent = entry.get("agent")
    return Placement(
        reference=REFERENCE,
        to_number=TO_NUMBER,
        from_number=FROM_NUMBER,
        action=Action(entry["action"]),
        options=entry.get("options", {}),
        variables=entry.get("variables", {}),
        agent=AgentAddress(kind=AgentKind(agent["kind"]), value=agent["value"]) if agent else None,
    )
