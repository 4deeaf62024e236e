"""Scheduled jobs: what the beat's entries do for a manager, with inputs of its own for each job.

The entries that ring the dialer's own bells are written anew at each start and are not shown. Here and not in
campaigns, because one of the jobs is of this app.
"""

from __future__ import annotations

import json
import zoneinfo
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from celery.schedules import ParseException, crontab
from croniter import croniter
from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget
from unfold.widgets import UnfoldAdminTextInputWidget as TextInput

from campaigns.exports.wanted import FORMS
from campaigns.models import Campaign, ImportSource
from campaigns.rules.cron import cron_problems
from dialer.admin.places import ZoneField
from dialer.admin.typed import ModelAdmin, display
from dialer.models import ProviderAccount

IMPORT, EXPORT = "campaigns.import_source", "campaigns.export_results"
SYNC, LOGS, RETAIN = "campaigns.sync_accounts", "webhooks.pull_logs", "campaigns.retain"
AUDIT = "campaigns.audit"
JOBS: Mapping[str, str] = {
    IMPORT: "Fetch and import a source",
    EXPORT: "Export the calls of a campaign",
    SYNC: "Read what is at the provider",
    LOGS: "Read a call log again",
    RETAIN: "Archive and remove what is old",
    AUDIT: "Hold the promises against what happened",
}
#: The arguments of each job, which are inputs of the form; the first one must be given unless it is in ``OPTIONAL``.
ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    IMPORT: ("source",),
    EXPORT: ("campaign", "hours", "form"),
    SYNC: ("account",),
    LOGS: ("account", "hours"),
    RETAIN: (),
    AUDIT: (),
}
OPTIONAL = frozenset({SYNC, RETAIN, AUDIT})
_CRON_PARTS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")


class ScheduledJobForm(forms.ModelForm[PeriodicTask]):
    """An entry of the beat that runs one of ``JOBS``."""

    task = forms.ChoiceField(
        label="Job", choices=[("", "Choose a job"), *JOBS.items()], widget=UnfoldAdminSelectWidget()
    )
    source = forms.ModelChoiceField(
        ImportSource.objects.order_by("name"),
        label="Source",
        required=False,
        to_field_name="name",
        widget=UnfoldAdminSelectWidget(),
        help_text="Made under Lists, Import sources.",
    )
    campaign = forms.ModelChoiceField(
        Campaign.objects.order_by("name"),
        label="Campaign",
        required=False,
        to_field_name="name",
        widget=UnfoldAdminSelectWidget(),
    )
    account = forms.ModelChoiceField(
        ProviderAccount.objects.order_by("name"),
        label="Account",
        required=False,
        to_field_name="name",
        empty_label="Every active one",
        widget=UnfoldAdminSelectWidget(),
    )
    hours = forms.DecimalField(
        label="Of the last hours",
        required=False,
        min_value=1,
        initial=24,
        widget=UnfoldAdminDecimalFieldWidget(),
        help_text="The calls of so many hours before.",
    )
    form = forms.ChoiceField(
        label="Kind of file",
        required=False,
        choices=[(form, words.partition(",")[0]) for form, (_, words) in FORMS.items()],
        widget=UnfoldAdminSelectWidget(),
    )
    cron = forms.CharField(
        label="When",
        required=False,
        widget=TextInput(attrs={"placeholder": "0 2 * * *"}),
        help_text="Minute, hour, day of month, month and weekday: 0 2 * * * is every night at 2, 30 8 * * 1-5 on "
        "weekdays at 8:30.",
    )
    time_zone = ZoneField(label="Time zone", initial="UTC", required=False)

    class Meta:
        model = PeriodicTask
        fields = ("name", "task", "enabled", "description")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "enabled", "description"):
            self.fields[name].help_text = ""
        self.fields["description"].widget.attrs["rows"] = 3
        entry = self.instance
        if entry.pk is None:
            return
        for name, value in json.loads(entry.kwargs or "{}").items():
            if name in self.fields:
                self.fields[name].initial = value
        if entry.crontab is not None:
            self.fields["cron"].initial = cron_of(entry.crontab)
            self.fields["time_zone"].initial = str(entry.crontab.timezone)
        elif entry.interval is not None:
            self.fields["cron"].help_text = f"Left empty it runs {entry.interval}, as it does now."

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen job needs, each problem at its input."""
        super().clean()
        task = self.cleaned_data.get("task", "")
        if task in ARGUMENTS and task not in OPTIONAL:
            about = ARGUMENTS[task][0]
            if not self.cleaned_data.get(about) and about not in self.errors:
                self.add_error(about, "Choose one.")
        cron = " ".join(self.cleaned_data.get("cron", "").split())
        for problem in (cron_problems(cron) or beat_problems(cron)) if cron else self._without_cron():
            self.add_error("cron", problem)
        if not self.errors:
            self._give(cron)
        return self.cleaned_data

    def _without_cron(self) -> list[str]:
        return [] if self.instance.interval_id else ["Say when it runs."]

    def _give(self, cron: str) -> None:
        """Write arguments and schedule into the entry, which is refused without a schedule."""
        entry, task = self.instance, self.cleaned_data["task"]
        given = {name: self.cleaned_data.get(name) for name in ARGUMENTS[task]}
        entry.kwargs = json.dumps({name: _plain(value) for name, value in given.items() if value not in (None, "")})
        if cron:
            parts = dict(zip(_CRON_PARTS, cron.split(), strict=True))
            zone = zoneinfo.ZoneInfo(self.cleaned_data.get("time_zone") or "UTC")
            entry.crontab, _ = CrontabSchedule.objects.get_or_create(**parts, timezone=zone)
            entry.interval = None


def beat_problems(cron: str) -> list[str]:
    """Return why beat would not run by an expression of five fields, which is good for campaigns.

    What beat cannot read it passes over in silence, and MON#1 is each Monday to it.
    """
    parts = dict(zip(_CRON_PARTS, cron.split(), strict=True))
    if "*" not in (parts["day_of_month"], parts["day_of_week"]):
        return ["A scheduled job runs by days of the month or by weekdays: write * for one of the two."]
    try:
        beats = crontab(**parts)
        meant, weeks = croniter.expand(cron)
        is_read = not weeks and all(
            found == ["*"] or set(found) == getattr(beats, part) for part, found in zip(_CRON_PARTS, meant, strict=True)
        )
    except (ValueError, ParseException):
        is_read = False
    if is_read:
        return []
    return [
        f"A scheduled job cannot run by {cron!r}: it takes numbers, names, lists, ranges and steps (*/15), "
        "and 0 for Sunday."
    ]


def cron_of(schedule: CrontabSchedule) -> str:
    """Return a stored schedule as five fields."""
    return " ".join(str(getattr(schedule, part)).replace(" ", "") for part in _CRON_PARTS)


def _plain(value: Any) -> Any:
    if isinstance(value, Campaign | ImportSource | ProviderAccount):
        return value.name
    return float(value) if not isinstance(value, str) else value


class ScheduledJobAdmin(ModelAdmin[PeriodicTask]):
    """Scheduled jobs."""

    form = ScheduledJobForm
    list_display = ("name", "job", "about", "when", "enabled", "last_run")
    list_select_related = ("crontab", "interval")
    search_fields = ("name",)
    search_help_text = "Name"
    called = "scheduled jobs"
    empty_hint = "A job fetches a file or writes one at the times that you say, e.g. every night at 2."
    fieldsets = (
        (None, {"fields": ("name", "task", "source", "campaign", "account", "hours", "form")}),
        ("Schedule", {"fields": ("cron", "time_zone", "enabled", "description")}),
    )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for a new one, by the name that it has on all pages."""
        return super().add_view(request, form_url, {**(extra_context or {}), "title": "Add scheduled job"})

    @property
    def conditional_fields(self) -> dict[str, str]:
        """Show the inputs of the chosen job."""
        tasks: dict[str, list[str]] = {}
        for task, names in ARGUMENTS.items():
            for name in names:
                tasks.setdefault(name, []).append(f"task == '{task}'")
        return {name: " || ".join(chosen) for name, chosen in tasks.items()}

    def get_queryset(self, request: HttpRequest) -> QuerySet[PeriodicTask]:
        """Leave out the bells of the house."""
        rows: QuerySet[PeriodicTask] = super().get_queryset(request).filter(task__in=list(JOBS))
        return rows

    def save_model(self, request: HttpRequest, obj: PeriodicTask, form: Any, change: bool) -> None:
        """Save the whole row: its own save() sets more than the form."""
        obj.save()

    @display(description="Job")
    def job(self, entry: PeriodicTask) -> str:
        """Return what it does."""
        return JOBS[entry.task]

    @display(description="Of")
    def about(self, entry: PeriodicTask) -> str:
        """Return what it does it with."""
        given = json.loads(entry.kwargs or "{}")
        if not ARGUMENTS[entry.task]:
            return "–"
        return str(given.get(ARGUMENTS[entry.task][0]) or ("Every active account" if entry.task == SYNC else "–"))

    @display(description="Last run")
    def last_run(self, entry: PeriodicTask) -> datetime | None:
        """Return when the beat rang for it last."""
        at: datetime | None = entry.last_run_at
        return at

    @display(description="When")
    def when(self, entry: PeriodicTask) -> str:
        """Return its schedule."""
        if entry.crontab is not None:
            return f"{cron_of(entry.crontab)} {entry.crontab.timezone}"
        return str(entry.interval) if entry.interval is not None else "Never"


for known in (PeriodicTask, CrontabSchedule, IntervalSchedule, ClockedSchedule, SolarSchedule):
    if admin.site.is_registered(known):
        admin.site.unregister(known)
admin.site.register(PeriodicTask, ScheduledJobAdmin)
