"""A stage of a call that is over, as logs and traces are told of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

#: The stage that all others are parts of: from the reservation of a call's line to its end.
WHOLE = "call"
#: The stage that is a request to a provider.
REQUEST = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage that is over. Instants are nanoseconds since 1970; ``about``: ids, and what came of it in a word."""

    name: str
    reference: uuid.UUID
    began_ns: int
    ended_ns: int
    about: dict[str, Any]
