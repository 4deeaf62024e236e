"""The question of a platform, as a call begins, for the variables of the person who is called."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAsked:
    """The call that is meant: by our reference, or else by any of ``numbers`` (E.164). Neither: no call is named."""

    reference: uuid.UUID | None = None
    numbers: tuple[str, ...] = ()


@runtime_checkable
class Prefetch(Protocol):
    """How a platform asks, and how it is answered."""

    def read(self, *, given: Mapping[str, Any]) -> CallAsked:
        """Return which call a question is about; ``given`` is what was sent, as query, form or JSON. Never raises."""

    def answer(self, *, reference: str, variables: Mapping[str, str]) -> Mapping[str, Any]:
        """Return the JSON object of the answer. ``variables`` are those that the call was placed with."""
