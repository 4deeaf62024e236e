"""The tables of the plain project."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from django.db import connection, models


class Contact(models.Model):
    """A number of a list."""

    objects: ClassVar[models.Manager[Contact]] = models.Manager()

    list_id = models.BigIntegerField()
    number = models.CharField(max_length=20)
    name = models.CharField(max_length=200, blank=True)
    variables = models.JSONField(default=dict)

    class Meta:
        """One row a number in a list."""

        app_label = "plain"
        constraints = [models.UniqueConstraint(fields=["list_id", "number"], name="plain_contact_once")]

    def __str__(self) -> str:
        """Return the number."""
        return self.number


class Lead(models.Model):
    """A contact to be called: PENDING, QUEUED, DIALING, DONE."""

    objects: ClassVar[models.Manager[Lead]] = models.Manager()

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True)
    number = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default="PENDING")
    attempts = models.IntegerField(default=0)
    next_attempt_at = models.DateTimeField()

    class Meta:
        """Found by state and time."""

        app_label = "plain"
        indexes = [models.Index(fields=["state", "next_attempt_at"], name="plain_lead_due")]

    def __str__(self) -> str:
        """Return the number."""
        return self.number


class Attempt(models.Model):
    """A call of a lead."""

    objects: ClassVar[models.Manager[Attempt]] = models.Manager()

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE)
    reference = models.UUIDField(unique=True, default=uuid.uuid4)
    call_id = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, default="PLACING")
    result = models.JSONField(null=True)
    placed_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Found by its reference."""

        app_label = "plain"

    def __str__(self) -> str:
        """Return the reference."""
        return str(self.reference)


TABLES: tuple[type[models.Model], ...] = (Contact, Lead, Attempt)


@contextmanager
def tables() -> Iterator[None]:
    """Have the tables in the present database for the time of a block."""
    with connection.schema_editor() as editor:
        for model in TABLES:
            editor.create_model(model)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            for model in reversed(TABLES):
                editor.delete_model(model)
