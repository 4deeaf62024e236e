"""The push address that a provider takes by its API, with the secret that its pushes are signed with."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from dialer.providers.questions import Question
from dialer.providers.vocabulary import AccountConfig


@runtime_checkable
class PushRegistration(Protocol):
    """Registers where events are pushed to. Registering the same again changes nothing."""

    @property
    def secret_field(self) -> str:
        """The credential of the account that pushes are signed with."""

    def register(self, *, account: AccountConfig, url: str, secret: str) -> Question[object]:
        """Return the request that registers ``url``. Raises ValueError for an address that the provider cannot have."""
