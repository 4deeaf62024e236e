"""The campaign that makes calls."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from campaigns.models.automatic import Automatic
from campaigns.models.calling import CallingRules
from campaigns.models.contacts import ContactList, SuppressionList
from campaigns.models.fallback import Fallback
from campaigns.models.templates import CallTemplate
from campaigns.rules.hosted import hosting_problems
from campaigns.rules.retry import asks_for_absence
from dialer.models import DID, Agent, ProviderAccount, valid_time_zone
from dialer.models.dids import DIDGroup


class CampaignState(models.TextChoices):
    """DRAFT → SCHEDULED → RUNNING ⇄ PAUSED → COMPLETED | STOPPED."""

    DRAFT = "DRAFT", "Draft"
    SCHEDULED = "SCHEDULED", "Scheduled"
    RUNNING = "RUNNING", "Running"
    PAUSED = "PAUSED", "Paused"
    COMPLETED = "COMPLETED", "Completed"
    STOPPED = "STOPPED", "Stopped"


#: In which a campaign has ended; one that has completed may be told of something that opens it again.
OVER = (CampaignState.COMPLETED, CampaignState.STOPPED)


class RunsOn(models.TextChoices):
    """Whose dialer paces the calls."""

    HERE = "HERE", "Here, call by call"
    PROVIDER = "PROVIDER", "On the provider's dialer"


class Campaign(Automatic, CallingRules, Fallback, models.Model):
    """Calls to the contacts of some lists, from some DIDs, inside a calling window, with a template."""

    name = models.CharField(max_length=150, unique=True)
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="campaigns")
    template = models.ForeignKey(CallTemplate, on_delete=models.PROTECT, related_name="campaigns")
    contact_lists = models.ManyToManyField(ContactList, related_name="campaigns")
    dids = models.ManyToManyField(DID, related_name="campaigns", blank=True, verbose_name="DIDs")
    did_groups = models.ManyToManyField(DIDGroup, related_name="campaigns", blank=True, verbose_name="DID groups")
    agents = models.ManyToManyField(Agent, related_name="campaigns", blank=True)
    suppression_lists = models.ManyToManyField(SuppressionList, related_name="campaigns", blank=True)

    state = models.CharField(max_length=10, choices=CampaignState.choices, default=CampaignState.DRAFT, editable=False)
    state_reason = models.CharField(max_length=300, blank=True, default="", editable=False)
    state_changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    started_at = models.DateTimeField("first started", null=True, blank=True, editable=False)
    owner = models.CharField(
        max_length=150, blank=True, default="", db_default="", editable=False, help_text="Who made it."
    )
    tags = ArrayField(
        models.CharField(max_length=40),
        blank=True,
        default=list,
        db_default=[],
        size=20,
        help_text="Words of yours to find it by, with commas between them.",
    )
    archived_at = models.DateTimeField("archived", null=True, blank=True, editable=False)
    # While its lists are being enrolled: contacts up to this id have their leads. See campaigns.leads.enrolling.
    enrolling_after_id = models.BigIntegerField(null=True, blank=True, editable=False)

    runs_on = models.CharField(
        "who dials (runs on)",
        max_length=8,
        choices=RunsOn.choices,
        default=RunsOn.HERE,
        db_default=RunsOn.HERE,
        help_text="On the provider's dialer: numbers are handed over in bulk and called at the provider's pace.",
    )
    time_zone = models.CharField(max_length=64, validators=[valid_time_zone], help_text="Zone of the calling window.")
    window_opens = models.TimeField(
        "opens", help_text="Calls may start from this time of day, in the campaign's time zone."
    )
    window_closes = models.TimeField(
        "closes",
        help_text="No call starts from this time of day on. Earlier than the opening: the window crosses midnight.",
    )
    starts_at = models.DateTimeField(null=True, blank=True, help_text="Not before this instant. Empty: at once.")
    ends_at = models.DateTimeField(
        null=True, blank=True, help_text="From this instant on no call starts, and leads left over become EXPIRED."
    )

    is_standing = models.BooleanField(
        "stays running",
        default=False,
        help_text="Stays running when nobody is left to call, for leads that are added one by one.",
    )
    max_live_calls = models.PositiveIntegerField(
        "most live calls",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Most calls of this campaign at one time. Empty: as many as DIDs, agents and account allow.",
    )
    weight = models.PositiveSmallIntegerField(
        "share of the calls (weight)",
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Of campaigns that wait for the same DIDs or account: 2 has twice the calls of 1.",
    )
    max_attempts = models.PositiveSmallIntegerField(
        "most attempts", default=3, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        editable=False,
        help_text="The recurring campaign that this is a run of.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(window_opens=F("window_closes")), name="campaign_window_is_not_empty"),
            models.CheckConstraint(
                condition=Q(max_live_calls__isnull=True) | Q(max_live_calls__gte=1),
                name="campaign_limit_is_at_least_one",
            ),
            models.CheckConstraint(condition=Q(max_attempts__gte=1), name="campaign_attempts_at_least_one"),
            models.CheckConstraint(condition=Q(weight__gte=1), name="campaign_weight_at_least_one"),
        ]
        indexes = [
            # Pacing asks for the running campaigns of an account, every tick.
            models.Index(fields=["account"], condition=Q(state="RUNNING"), name="campaign_running_by_account"),
            models.Index(fields=["id"], condition=Q(enrolling_after_id__isnull=False), name="campaign_enrolling"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Check what can be checked without the many-to-many fields; the rest is checked when starting."""
        errors: dict[str, Any] = {}
        if self.account_id and (problem := self.account.problem):
            errors["account"] = problem
        elif self.account_id and self.template_id and self.template.provider != self.account.provider:
            errors["template"] = (
                f"The template is for {self.template.provider}, the account is at {self.account.provider}."
            )
        elif self.template_id and (problem := self.template.problem):
            errors["template"] = problem
        first_template = self.template if self.template_id else None
        errors |= self.fallback_problems(account_id=self.account_id, first_template=first_template)
        if problem := self._leaves_the_sandbox():
            errors["account"] = problem
        if self.account_id and self.account.is_sandbox and self.fallback_account_id:
            errors["fallback_account"] = "A campaign in the sandbox has no second account: it would ring real phones."
        if problem := self._keeps_fallback():
            errors["fallback_account"] = problem
        if self.window_opens is not None and self.window_opens == self.window_closes:
            errors["window_closes"] = "The window is empty. For the whole day use 00:00 to 23:59:59.999999."
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            errors["ends_at"] = "The end is not after the start."
        errors |= self.calling_problems()
        if self.runs_on == RunsOn.PROVIDER and self.account_id and self.template_id and "account" not in errors:
            for name, problem in hosting_problems(campaign=self).items():
                errors.setdefault(name, problem)
        errors |= self.automatic_problems()
        if "retry_rules" not in errors and (problem := self._no_log_shows_absence()):
            errors["retry_rules"] = problem
        if errors:
            raise ValidationError(errors)

    @property
    def in_sandbox(self) -> bool:
        """Whether nobody is called by it."""
        return self.account.is_sandbox

    @property
    def broken(self) -> str:
        """Say why no call can be made whatever its rules are: its account or template is not in order; else empty."""
        return self.account.problem or self.template.problem

    @property
    def account_ids(self) -> list[int]:
        """The accounts that its calls may go through, the first one first."""
        return [pk for pk in (self.account_id, self.fallback_account_id) if pk is not None]

    def template_at(self, account_id: int) -> CallTemplate:
        """Return the template of calls through one of its accounts."""
        second = account_id != self.account_id and self.fallback_template
        return second or self.template

    def _no_log_shows_absence(self) -> str:
        """Say why a retry after calls that a log shows to be none would never come, or return an empty text."""
        if not (self.account_id and self.template_id and asks_for_absence(self.retry_rules)):
            return ""
        ways = [(self.account, self.template)]
        if self.fallback_account is not None:
            ways.append((self.fallback_account, self.fallback_template or self.template))
        if any(at.api.capabilities.logs_every_call(by.action, by.options) for at, by in ways):
            return ""
        names = " and ".join(dict.fromkeys(at.api.name for at, _ in ways))
        return f"absent: {names} has no log that lists every such call, so that none is ever shown to be absent."

    def _leaves_the_sandbox(self) -> str:
        """Say why its calls may not become real ones, or rehearsed ones, now; the database keeps it as well."""
        if self.pk is None or not self.account_id:
            return ""
        stored = Campaign.objects.filter(pk=self.pk).values_list("account__is_sandbox", flat=True).first()
        if stored is None or stored == self.account.is_sandbox:
            return ""
        if not self.leads.exists() and not hasattr(self, "rehearsal"):
            return ""
        there = "in" if stored else "out of"
        return f"It stays {there} the sandbox, as people have been called or rehearsed there: clone it instead."

    def _keeps_fallback(self) -> str:
        """Say why the second account may not be taken away or exchanged now; the database keeps it as well.

        Its live calls count towards the campaign's limit for as long as it is the second account.
        """
        if self.pk is None or self.state not in (CampaignState.RUNNING, CampaignState.PAUSED):
            return ""
        stored = Campaign.objects.filter(pk=self.pk).values_list("fallback_account_id", flat=True).first()
        if stored is None or stored == self.fallback_account_id:
            return ""
        if self.state == CampaignState.RUNNING:
            return "It may be calling: pause the campaign, then take the second account away or exchange it."
        live = self.attempts.filter(account_id=stored, ended_at=None).exists()
        return "Calls of the second account are still under way: wait until they have ended." if live else ""
