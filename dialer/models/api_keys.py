"""Keys of the API: many a user, each with a name, scopes and an end. Of the key itself only a hash is kept."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models


class ApiKey(models.Model):
    """A key by which a program acts as a user, within its scopes. It cannot be used by those who have the database."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100, help_text="What it is for, and where it is used.")
    # Its readable beginning, by which it is found and told apart, and the SHA-256 of the whole.
    prefix = models.CharField(max_length=16, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list, help_text="What it lets through of its user's rights.")
    limits = models.JSONField(
        default=dict, blank=True, help_text="Ids, by what it is limited to. Empty: it is not limited."
    )
    expires_at = models.DateTimeField(null=True, blank=True, help_text="From then on it is refused. Empty: never. UTC.")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=150, blank=True, default="")
    replaces = models.OneToOneField("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="successor")
    expiry_told_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"
        ordering = ["-id"]
        # Everybody makes keys of his own, and what a key may do comes from its user: there are no rights over keys.
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def why_refused(self, *, now: datetime) -> str:
        """Say why the key is no longer accepted; empty while it is."""
        if self.revoked_at is not None and self.revoked_at <= now:
            return f"This key was revoked on {self.revoked_at:%Y-%m-%d %H:%M} UTC: make another one."
        if self.expires_at is not None and self.expires_at <= now:
            return f"This key expired on {self.expires_at:%Y-%m-%d %H:%M} UTC: make another one."
        return ""

    def clean(self) -> None:
        """Refuse a key without a scope; which scopes and limits there are, dialer.keys knows."""
        if not isinstance(self.scopes, list) or not self.scopes:
            raise ValidationError({"scopes": "Choose at least one scope."})
