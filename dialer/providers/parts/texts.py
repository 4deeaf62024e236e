"""Texts that a provider approves before calls may speak them. A provider that takes texts lists them, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from dialer.providers.questions import Question
from dialer.providers.vocabulary import AccountConfig


@runtime_checkable
class Texts(Protocol):
    """The text templates of an account, which ``lists`` reads as TEXT_TEMPLATE."""

    def submit(self, *, account: AccountConfig, name: str, text: str) -> Question[object]:
        """Return the request that hands a text in to be approved. Nobody repeats it on a guess: the list tells."""

    def text_of(self, *, details: Mapping[str, Any]) -> str | None:
        """Return the text that the details of a listed template show, None where they show none."""
