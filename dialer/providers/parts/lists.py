"""What an account has at its provider, list by list: flows, bots, texts, agents, numbers, labels, variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from dialer.providers.questions import Question, Rows
from dialer.providers.vocabulary import AccountConfig

#: What can be listed; ``dialer.models.ItemKind`` has the same words, with a label for each.
Kind = Literal[
    "CALL_FLOW",
    "VOICE_BOT",
    "TEXT_TEMPLATE",
    "AGENT",
    "EXTENSION",
    "DID",
    "LIVE_DID",
    "CUSTOMER_LIST",
    "DISPOSITION",
    "VARIABLE",
    "HOSTED_DIALER",
]
#: Words of a status that say that an agent or extension takes no calls.
OFF_WORDS = ("inactive", "disabled", "deactivated", "expired")
#: Where the details of an agent or extension hold the last day on which it takes calls, YYYY-MM-DD.
LAST_DAY = "expiry_date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One thing of a list. ``details`` is the row as it came; secrets in it are taken out before it is stored.

    ``status`` is the provider's word. Of an agent it is looked up in OFF_WORDS and its last day under LAST_DAY, of a
    text template in the words of ``dialer.models.texts``: a provider with other words says them in these. A DID's
    ``external_id`` is its number in E.164: what is none is a row that cannot be read.
    """

    external_id: str
    name: str = ""
    status: str = ""
    details: Mapping[str, Any]


@runtime_checkable
class Lists(Protocol):
    """The lists of an account; reading them changes nothing at the provider."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What the provider lists, in the order in which it is read."""

    def listing(self, *, account: AccountConfig, kind: Kind) -> Question[Rows[Listed]]:
        """Return the question for one whole list.

        An empty value says that the provider lists nothing, which makes all that was there gone; a reply in which no
        list is found is a problem. Rows that cannot be read are counted.
        """
