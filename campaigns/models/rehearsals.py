"""What rehearses what: a copy of a campaign in the sandbox, with what was foreseen for the campaign itself."""

from __future__ import annotations

from django.db import models

from campaigns.models.campaigns import Campaign


class Rehearsal(models.Model):
    """A campaign of the sandbox that does what another one would do. Nobody is called by it."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="rehearsal")
    of = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="rehearsals", verbose_name="rehearses")
    # What the preflight of that one said when this was made; empty where it was too large to be looked at at once.
    forecast = models.JSONField(default=dict)
    differences = models.JSONField(default=list, help_text="Sentences: what is not as in the campaign itself.")
    made_by = models.CharField(max_length=150, blank=True, default="")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Rehearsal of {self.of}"
