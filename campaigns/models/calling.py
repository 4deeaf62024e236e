"""When a campaign calls, whom how often, and from which of its numbers: fields of a campaign, and its windows."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models

from campaigns.models.profiles import Purpose, RulesProfile
from campaigns.rules.calendars import calendar_problem, own_days
from campaigns.rules.did_rotation import Rotation
from campaigns.rules.retry import default_retry_rules, retry_rules_problems
from campaigns.rules.stored import LONGEST_GAP_SECONDS, caps_of
from campaigns.rules.walls import BrokenRule


class HoursFollow(models.TextChoices):
    """Whose clock the calling windows are read on."""

    CAMPAIGN = "CAMPAIGN", "The campaign's time zone"
    CONTACT = "CONTACT", "The contact's time zone"


class CallingRules(models.Model):
    """Fields of a campaign."""

    hours_follow = models.CharField(
        "hours are by",
        max_length=8,
        choices=HoursFollow.choices,
        default=HoursFollow.CAMPAIGN,
        db_default=HoursFollow.CAMPAIGN,
        help_text="The contact's zone is the one it names, else that of its number; where a number may be in several "
        "zones, all of them must be open.",
    )
    holiday_country = models.CharField(
        "holidays of",
        max_length=3,
        blank=True,
        default="",
        help_text="No calls on its public holidays, e.g. IN. Empty: on all days.",
    )
    holiday_subdivision = models.CharField(
        "and of its region",
        max_length=10,
        blank=True,
        default="",
        help_text="State or region whose holidays count as well, e.g. MH.",
    )
    blackout_dates = models.JSONField(
        "days without calls",
        default=list,
        blank=True,
        help_text='Days without calls: ["2026-10-20", "2026-12-24/2026-12-26"].',
    )
    open_dates = models.JSONField(
        "holidays with calls",
        default=list,
        blank=True,
        help_text='Public holidays of the country on which calls are made after all: ["2026-10-20"].',
    )
    profile = models.ForeignKey(
        RulesProfile,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="campaigns",
        limit_choices_to={"is_latest": True},
        help_text="A country's calling rules, which hold on top of the campaign's own.",
    )
    purpose = models.CharField(max_length=12, choices=Purpose.choices, blank=True, default=Purpose.UNSAID)
    caps = models.JSONField(
        default=list,
        blank=True,
        help_text='Most calls of one person in so many hours, over all campaigns: [{"calls": 3, "hours": 24}].',
    )
    minimum_gap_seconds = models.PositiveIntegerField(
        "least gap (seconds)",
        default=0,
        validators=[MaxValueValidator(LONGEST_GAP_SECONDS)],
        help_text="Least time between two calls of one person, over all campaigns, in seconds.",
    )
    retry_rules = models.JSONField(
        default=default_retry_rules,
        blank=True,
        help_text="By outcome, or disposition:<name>: seconds from the dial to the next attempt, or an object with "
        "delays, most, counts, other_did, other_time; null or left out: no further attempt.",
    )
    did_rotation = models.CharField(
        "DID rotation", max_length=12, choices=[(one.value, one.label) for one in Rotation], default=Rotation.MOST_ROOM
    )

    class Meta:
        abstract = True

    def calling_problems(self) -> dict[str, Any]:
        """Return what is wrong with these fields, by name."""
        problems: dict[str, Any] = {}
        for name, check in (
            ("holiday_country", self._check_holidays),
            ("blackout_dates", lambda: own_days(_a_list(self.blackout_dates))),
            ("open_dates", lambda: own_days(_a_list(self.open_dates))),
            ("caps", lambda: caps_of(_a_list(self.caps))),
        ):
            try:
                check()
            except BrokenRule as error:
                problems[name] = str(error)
        if found := retry_rules_problems(self.retry_rules):
            problems["retry_rules"] = found
        return problems

    def _check_holidays(self) -> None:
        problem = calendar_problem(self.holiday_country, self.holiday_subdivision)
        if problem:
            raise BrokenRule(problem)


def _a_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise BrokenRule("Enter a list.")
    return value
