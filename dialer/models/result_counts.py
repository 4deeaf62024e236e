"""How results of an account arrive or fail to: one row an account and kind, so that it costs the same after a year."""

from __future__ import annotations

from django.db import models

from dialer.models.accounts import ProviderAccount


class ResultKind(models.TextChoices):
    """What is counted: TAKEN is as it should be, the others are results that did not reach their calls."""

    TAKEN = "TAKEN", "Pushes taken"
    WRONG_TOKEN = "WRONG_TOKEN", "Pushes to an address with a wrong token"
    WRONG_SIGNATURE = "WRONG_SIGNATURE", "Pushes with a wrong signature"
    EMPTY = "EMPTY", "Pushes without a body"
    NOT_UNDERSTOOD = "NOT_UNDERSTOOD", "Pushes that are not understood"
    UNMATCHED = "UNMATCHED", "Pushes of calls that are unknown here"
    SILENT = "SILENT", "Calls without a push since the last one"
    LOOKUP_REFUSED = "LOOKUP_REFUSED", "Look-ups that were refused"
    LOST = "LOST", "Calls whose result never came"
    NOTE_UNWRITTEN = "NOTE_UNWRITTEN", "Notes that were not written back"


class ResultCount(models.Model):
    """So many of a kind, since when and until when. After a week without one, the count begins anew."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="result_counts", db_index=False)
    kind = models.CharField(max_length=16, choices=ResultKind.choices)
    count = models.PositiveBigIntegerField(default=0)
    since_at = models.DateTimeField()
    last_at = models.DateTimeField()
    detail = models.CharField(max_length=200, blank=True, default="", help_text="What the latest said, masked.")
    told_at = models.DateTimeField(null=True, help_text="When a notice last told of it.")

    class Meta:
        ordering = ["account_id", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["account", "kind"], name="result_count_one_per_account_and_kind")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.count}"
