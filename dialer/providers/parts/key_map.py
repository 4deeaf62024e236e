"""The text that a manager pastes at a provider so that its pushes carry our names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class KeyMap(Protocol):
    """The push settings of a bot, as JSON."""

    @property
    def secret_field(self) -> str:
        """The credential of the account that is part of the text."""

    def mapping(self, *, push_url: str, secret: str) -> Mapping[str, Any]:
        """Return the JSON to paste. ``push_url`` is the account's inbox, ``secret`` its credential."""
