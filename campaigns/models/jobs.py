"""Batch jobs: where imports come from, and which instant of a job's schedule was handled."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError
from django.db import models

from campaigns.models.contacts import ContactImport, ContactList, IfDuplicate
from campaigns.models.file_choices import FileChoices
from dialer.fetching import address_problem


class ImportSource(FileChoices):
    """A file that is fetched again and again into a list: an address, or a path below the folder of imports."""

    name = models.CharField(max_length=150, unique=True)
    contact_list = models.ForeignKey(ContactList, on_delete=models.CASCADE, related_name="sources")
    location = models.CharField(
        max_length=500,
        help_text="https://… or http://…, or file:name.csv below the folder DIALER_IMPORT_FOLDER.",
    )
    phone_column = models.CharField(
        max_length=200, blank=True, default="", help_text="The column with the phone number. Empty: found by its name."
    )
    if_duplicate = models.CharField(
        max_length=7,
        choices=IfDuplicate.choices,
        default=IfDuplicate.UPDATE,
        help_text="What to do with a number that the list has already.",
    )
    is_active = models.BooleanField(default=True, help_text="Off: jobs pass it over.")
    last_import = models.ForeignKey(
        ContactImport, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    last_problem = models.CharField(max_length=300, blank=True, default="", editable=False)
    fetched_at = models.DateTimeField(null=True, blank=True, editable=False)
    # By which the same file is known again.
    etag = models.CharField(max_length=300, blank=True, default="", editable=False)
    last_modified = models.CharField(max_length=100, blank=True, default="", editable=False)
    content_sha256 = models.CharField(max_length=64, blank=True, default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse what is no address and no path below the folder."""
        if self.location.lower().startswith(("http:", "https:")):
            if problem := address_problem(self.location):
                raise ValidationError({"location": problem})
            return
        with suppress(ValueError):
            if self._is_path(urlsplit(self.location)):
                return
        raise ValidationError(
            {"location": "Enter https://host/path or http://host/path without a user name, or file:name.csv."}
        )

    @staticmethod
    def _is_path(parts: SplitResult) -> bool:
        return parts.scheme == "file" and not parts.netloc and bool(parts.path) and ".." not in parts.path.split("/")


class JobRun(models.Model):
    """An instant of a batch job's schedule that was handled: one row an instant, however often the beat rang."""

    job = models.CharField(max_length=200)
    edge_at = models.DateTimeField(help_text="The instant of the schedule.")
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=300, blank=True, default="")
    problem = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["job", "edge_at"], name="job_run_one_per_job_and_edge"),
        ]

    def __str__(self) -> str:
        return f"{self.job} of {self.edge_at:%Y-%m-%d %H:%M} UTC"
