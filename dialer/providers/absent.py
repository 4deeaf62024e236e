"""What stands for a provider whose package is not installed (any more): it can do nothing, and stops nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import ClassVar

from dialer.providers.base import (
    AccountConfig,
    Action,
    Capabilities,
    Correlation,
    Field,
    Placement,
    Provider,
    ProviderRequest,
    Push,
)


class Absent(Provider):
    """A provider without actions: nothing is placed, polled or listed, and accounts keep what they have."""

    capabilities = Capabilities(correlation=Correlation.NUMBER_AND_TIME, actions=frozenset(), pushes=False)
    credential_fields = ()
    option_fields: ClassVar[Mapping[Action, tuple[Field, ...]]] = {}

    def build_place(self, *, account: AccountConfig, placement: Placement) -> ProviderRequest:
        """Raise ValueError, which a preview of a call shows."""
        raise ValueError(f"the provider {self.slug!r} is not installed")

    def authenticate_push(self, *, account: AccountConfig, push: Push) -> bool:
        """Raise LookupError: who sent it cannot be told. Providers push again after an error, so it is not lost yet."""
        raise LookupError(f"the provider {self.slug!r} is not installed")


@cache
def absent(slug: str) -> Provider:
    """Return what stands for the provider called ``slug``."""
    kind: type[Absent] = type("Absent", (Absent,), {"slug": slug, "name": slug})
    return kind()
