"""Tells in the reply to a change which campaigns cannot call any more because of it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dialer.accounts.use import stopped
from dialer.models import ProviderAccount

WARNINGS = (
    "In the reply to a change: campaigns that run, or are about to, and cannot call as things are now, each with why. "
    "They are paused with a notice. Of an account that was switched off also what its provider has not confirmed."
)


#: In the context of a serializer: sentences about what is not surely off, though its account is.
UNCONFIRMED = "unconfirmed"


def is_change(context: Any) -> bool:
    """Return whether a serializer of this context writes the reply to a change."""
    return getattr(context.get("view"), "action", "") == "partial_update"


class TellsStops(serializers.Serializer[Any]):
    """Mixin for accounts and their lines."""

    warnings = serializers.SerializerMethodField(help_text=WARNINGS)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_warnings(self, row: Any) -> list[str]:
        """Return a sentence for each campaign that was stopped."""
        if not is_change(self.context):
            return []
        account = row if isinstance(row, ProviderAccount) else row.account
        return [*stopped(account, now=timezone.now()), *self.context.get(UNCONFIRMED, ())]
