"""How often each DID has called of late, kept with it, so that nobody has to count."""

from __future__ import annotations

from django.db import models

from dialer.models import DID


class DIDCalls(models.Model):
    """The calls of a DID in a rolling hour and a rolling day: never fewer than it made, often more.

    A look (``campaigns.claiming.did_calls``) counts them, and each reservation adds to them in its own statement. What
    has left the hour or the day since, and what turned out to be no call, is missed until the next look. Only DIDs with
    a cap, a rest or a rotation that asks for it have a row.
    """

    did = models.OneToOneField(DID, on_delete=models.CASCADE, primary_key=True, related_name="+")
    looked_at = models.DateTimeField()
    hour_calls = models.PositiveIntegerField()
    day_calls = models.PositiveIntegerField()
    latest_at = models.DateTimeField(null=True)
    # The caps by which was looked: beyond them nothing was counted.
    hour_cap = models.PositiveIntegerField(null=True)
    day_cap = models.PositiveIntegerField(null=True)
    # Of a cap that was reached: when the first call leaves the hour or the day by which it was.
    hour_free_at = models.DateTimeField(null=True)
    day_free_at = models.DateTimeField(null=True)
    # When it was last seen how many answer it; null: not since it may rest.
    answers_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["did_id"]

    def __str__(self) -> str:
        return f"{self.day_calls} calls in 24 hours at most"
