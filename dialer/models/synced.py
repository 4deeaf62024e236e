"""What an account has at its provider, as last read there, and the prices that a purchase of numbers was offered at."""

from __future__ import annotations

import secrets

from django.db import models


class ItemKind(models.TextChoices):
    """What can be read of an account."""

    CALL_FLOW = "CALL_FLOW", "Call flow"
    VOICE_BOT = "VOICE_BOT", "Voice bot"
    TEXT_TEMPLATE = "TEXT_TEMPLATE", "Text template"
    AGENT = "AGENT", "Agent"
    EXTENSION = "EXTENSION", "Extension"
    DID = "DID", "DID"
    LIVE_DID = "LIVE_DID", "Live DID"
    CUSTOMER_LIST = "CUSTOMER_LIST", "Customer list"
    DISPOSITION = "DISPOSITION", "Disposition"
    VARIABLE = "VARIABLE", "Variable"
    HOSTED_DIALER = "HOSTED_DIALER", "Hosted dialer"


class SyncedItem(models.Model):
    """One thing of an account at its provider. Gone: the provider no longer lists it."""

    account = models.ForeignKey("dialer.ProviderAccount", on_delete=models.CASCADE, related_name="synced_items")
    kind = models.CharField(max_length=16, choices=ItemKind.choices)
    external_id = models.CharField(max_length=120)
    name = models.CharField(max_length=200, blank=True, default="")
    status = models.CharField(max_length=60, blank=True, default="", help_text="In the provider's own word.")
    details = models.JSONField(default=dict, blank=True, help_text="As the provider lists it, without secrets.")
    seen_at = models.DateTimeField(help_text="When the provider last listed it.")
    is_gone = models.BooleanField(default=False)

    class Meta:
        ordering = ["account_id", "kind", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "kind", "external_id"], name="synced_item_once_per_account"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.external_id})" if self.name else self.external_id

    @property
    def value(self) -> str:
        """What requests name it by: text templates go by their name, everything else by its id."""
        return self.name if self.kind == ItemKind.TEXT_TEMPLATE and self.name else self.external_id


class SyncState(models.TextChoices):
    """WAITING (asked for) → RUNNING → ENDED. RUNNING for longer than any sync takes: its process has died."""

    WAITING = "WAITING", "Waiting for a worker"
    RUNNING = "RUNNING", "Under way"
    ENDED = "ENDED", "Ended"


class AccountSync(models.Model):
    """The latest sync of an account: how far it is, and what came of it. Written by dialer.accounts.sync.runs alone."""

    account = models.OneToOneField(
        "dialer.ProviderAccount", on_delete=models.CASCADE, primary_key=True, related_name="last_sync"
    )
    state = models.CharField(max_length=7, choices=SyncState.choices)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=150, blank=True, default="")
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    kinds = models.JSONField(default=list, help_text="What came of each kind that was read so far.")
    numbers_added = models.JSONField(default=list)
    problem = models.CharField(max_length=500, blank=True, default="", help_text="What could not be read, and why.")
    whole_at = models.DateTimeField(null=True, help_text="When everything could last be read.")

    def __str__(self) -> str:
        return f"Sync of account #{self.account_id}"


def new_quote_token() -> str:
    """Return a token that stands for one quoted price."""
    return secrets.token_urlsafe(18)


class QuoteState(models.TextChoices):
    """OPEN → BUYING → BOUGHT | REFUSED | UNCERTAIN. BUYING that never ends is UNCERTAIN: look at the list of DIDs."""

    OPEN = "OPEN", "Open"
    BUYING = "BUYING", "Buying"
    BOUGHT = "BOUGHT", "Bought"
    REFUSED = "REFUSED", "Refused"
    UNCERTAIN = "UNCERTAIN", "May be bought (uncertain)"


class NumberQuote(models.Model):
    """A number for sale with the price that was shown; a purchase names it, and is asked for once."""

    account = models.ForeignKey("dialer.ProviderAccount", on_delete=models.PROTECT, related_name="number_quotes")
    token = models.CharField(max_length=40, unique=True, default=new_quote_token, editable=False)
    number = models.CharField(max_length=20)
    country_code = models.CharField(max_length=5)
    price = models.CharField(max_length=30, help_text="As the provider writes it.")
    currency = models.CharField(max_length=10)
    state = models.CharField(max_length=9, choices=QuoteState.choices, default=QuoteState.OPEN)
    quoted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    bought_at = models.DateTimeField(null=True, blank=True)
    bought_by = models.CharField(max_length=150, blank=True, default="")
    problem = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.number} for {self.price} {self.currency}"
