"""How a person reads the pages of the admin: by whose clock."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from dialer.models.valid import valid_time_zone


class Reader(models.Model):
    """The zone that a user chose; without a row, or with an empty one, the installation's (``DIALER_TIME_ZONE``)."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="reader"
    )
    time_zone = models.CharField(max_length=64, blank=True, default="", validators=[valid_time_zone])

    class Meta:
        # Everybody has his own: there are no rights over it.
        default_permissions = ()

    def __str__(self) -> str:
        return self.time_zone or "The installation's zone"
