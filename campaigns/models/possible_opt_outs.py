"""What may have been an opt-out: heard in a call, not clear from its words, and decided by a person."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from campaigns.models.attempts import Attempt
from campaigns.models.campaigns import Campaign
from campaigns.rules.refusal import Why

_CLEAR = (Why.NOTHING, Why.SAID, Why.NEGATED)


class OptOutDecision(models.TextChoices):
    """What a person has decided."""

    OPT_OUT = "OPT_OUT", "An opt-out"
    OPT_OUT_UNTIL = "OPT_OUT_UNTIL", "An opt-out until a date"
    NOT_OPT_OUT = "NOT_OPT_OUT", "Not an opt-out"


class PossibleOptOut(models.Model):
    """Words that may ask never to be called again. While nobody has decided, the number is held: no campaign calls it.

    One row for each sentence of a call, so that a repeated report asks nobody twice.
    """

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="possible_opt_outs", db_index=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="possible_opt_outs", db_index=False)
    number = models.CharField(max_length=16)
    heard_in = models.CharField(max_length=60, help_text="Where it was said: a disposition, a note, a transcript.")
    said = models.CharField(max_length=300)
    why = models.CharField(
        max_length=16,
        choices=[(one.name, str(one).capitalize()) for one in Why if one not in _CLEAR],
        help_text="Why the words alone do not tell.",
    )
    words = models.CharField(max_length=120, blank=True, help_text="The words that leave the doubt.")
    event_id = models.BigIntegerField(null=True, help_text="The provider's event that said so, if it was pushed.")
    heard_at = models.DateTimeField()
    decision = models.CharField(max_length=13, choices=OptOutDecision.choices, blank=True, default="")
    until = models.DateTimeField(null=True, help_text="Of an opt-out until a date.")
    decided_by = models.CharField(max_length=150, blank=True, default="", help_text="A user, or what decided.")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "said"], name="possible_opt_out_one_per_sentence"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None) | (~Q(decision="") & Q(decided_at__isnull=False)),
                name="possible_opt_out_decision_has_its_instant",
            ),
            models.CheckConstraint(
                condition=Q(decision="OPT_OUT_UNTIL", until__isnull=False)
                | (~Q(decision="OPT_OUT_UNTIL") & Q(until=None)),
                name="possible_opt_out_until_goes_with_its_decision",
            ),
        ]
        indexes = [
            models.Index(fields=["number"], name="possible_opt_out_by_number"),
            # What holds a number, as claiming asks: of all that was ever heard only what nobody has decided.
            models.Index(fields=["number"], condition=Q(decided_at=None), name="possible_opt_out_holding"),
            models.Index(fields=["campaign"], condition=Q(decided_at=None), name="possible_opt_out_to_decide"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.heard_in}: {self.said[:60]}"
