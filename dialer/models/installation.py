"""Where this database lives: what tells it from a copy of itself, and what workers say of their clocks."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Installation(models.Model):
    """One row, made with the tables. Claiming reads it: away from its home, a database dials nobody.

    ``dialer.home`` says what a home is. The heartbeat of the workers writes ``seen_at``; a gap in it is a doubt.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    # The home as last confirmed. What claiming compares stands apart; a fresh database has none.
    home = models.JSONField(default=dict)
    database_oid = models.BigIntegerField(null=True, help_text="Of the database: it differs in a copy by its side.")
    table_oid = models.BigIntegerField(null=True, help_text="Of this table: it differs in what a dump brought back.")
    server_started_at = models.DateTimeField(null=True, help_text="The home was compared since this start.")
    seen_at = models.DateTimeField(null=True, help_text="When a worker was last at work here. PostgreSQL's clock.")
    good_until = models.DateTimeField(null=True, help_text="Without a worker until then, there is a gap.")
    healthy_at = models.DateTimeField(null=True, help_text="When a worker whose clock is right was last at work.")
    clocks = models.JSONField(default=dict, help_text="Workers whose clock is wrong: seconds ahead, and when seen.")

    doubt_since = models.DateTimeField(null=True, help_text="Since when this may be a copy. Empty: it is at home.")
    doubt = models.JSONField(default=dict, help_text="What differs, and what was under way.")
    has_switched_off = models.BooleanField(default=False, help_text="Whether the doubt turned the switchboard off.")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=150, blank=True, default="")

    # Evidence that another installation dials, or has dialed: see dialer.home.evidence.
    unknown_references = models.PositiveIntegerField(default=0, help_text="Reports of calls that are unknown here.")
    unknown_since = models.DateTimeField(null=True)
    unknown_at = models.DateTimeField(null=True, help_text="When the latest came.")

    class Meta:
        verbose_name_plural = "installation"
        permissions = [("view_whole_number", "Can see whole phone numbers")]
        constraints = [models.CheckConstraint(condition=Q(id=1), name="installation_is_one_row")]

    def __str__(self) -> str:
        return "May be a copy" if self.doubt_since else "At home"
