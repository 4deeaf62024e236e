"""What a campaign does by itself: begin runs, hear what results ask for, pause when too much fails."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from campaigns.rules.cron import cron_problems
from campaigns.rules.words import default_callback_words, default_opt_out_words, word_problems


class Automatic(models.Model):
    """Fields of a campaign."""

    run_cron = models.CharField(
        "runs again at",
        max_length=100,
        blank=True,
        default="",
        help_text="A cron expression in the campaign's time zone, e.g. 0 9 * * 1-5: at each of its instants a new run, "
        "a campaign of its own, begins over the lists. Empty: the campaign runs once.",
    )
    opt_out_words = models.JSONField(
        "opt-out words",
        default=default_opt_out_words,
        blank=True,
        help_text="A result that says one of these (a disposition, a tag, or keys pressed such as 9) suppresses the "
        "number everywhere, at once.",
    )
    hear_refusals = models.BooleanField(
        "hear refusals in sentences",
        default=True,
        help_text="Hears whoever refuses calls in a sentence of any of 28 languages, besides the words above: in "
        "dispositions, notes, summaries and transcripts. What is doubtful waits under To decide, and its number is not "
        "called before. Off: only the words above count, as whole verdicts.",
    )
    callback_words = models.JSONField(
        default=default_callback_words,
        blank=True,
        help_text="A result that says one of these asks to be called back: at the time it names, else after the delay.",
    )
    callback_after_seconds = models.PositiveIntegerField(
        "call back after (seconds)",
        default=3600,
        validators=[MinValueValidator(60), MaxValueValidator(30 * 86400)],
        help_text="When a result asks for a callback and names no time.",
    )
    pause_share_percent = models.PositiveSmallIntegerField(
        "pause at (% of calls)",
        default=50,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Pause when at least this share of the latest calls failed, was refused or is uncertain. "
        "Empty: never.",
    )
    pause_window_seconds = models.PositiveIntegerField(
        "of the latest (seconds)",
        default=120,
        validators=[MinValueValidator(10), MaxValueValidator(86400)],
        help_text="The latest calls are those of so many seconds.",
    )
    pause_minimum_calls = models.PositiveIntegerField(
        "not before (calls)",
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(500)],
        help_text="Fewer calls than this show nothing.",
    )

    pause_lost_percent = models.PositiveSmallIntegerField(
        "pause at (% lost)",
        default=20,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Pause when the result never came for at least this share of the calls that started together: the "
        "people are called again, as nobody knows what was said. Empty: never.",
    )
    abandon_share_percent = models.PositiveSmallIntegerField(
        "abandon brake (%)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Pause when more than this share of the answered calls of the last 24 hours was abandoned: answered, "
        "and nobody was there to talk. 3 is the limit in the US; brakes are set at 3 or 5. Empty: no brake.",
    )

    class Meta:
        abstract = True

    def automatic_problems(self) -> dict[str, Any]:
        """Return what is wrong with these fields, by name."""
        problems = {
            name: found for name in ("opt_out_words", "callback_words") if (found := word_problems(getattr(self, name)))
        }
        if self.run_cron and (found := cron_problems(self.run_cron)):
            problems["run_cron"] = found
        if self.abandon_share_percent is not None and (unseen := self._no_abandoned_call_is_told()):
            problems["abandon_share_percent"] = [unseen]
        if self.run_cron and getattr(self, "is_standing", False):
            problems["run_cron"] = [
                "A standing campaign never ends, so that it cannot begin again: choose one of the two."
            ]
        return problems

    def _no_abandoned_call_is_told(self) -> str:
        """Return why an abandon brake would never see anything, or an empty text."""
        account = getattr(self, "account", None)
        if account is None or account.api.capabilities.tells & {"talk_seconds", "disposition"}:
            return ""
        return (
            f"{account.api.name} tells neither talk time nor dispositions: the brake would never see an abandoned call."
        )
