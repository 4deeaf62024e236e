"""The walk of somebody who has just installed it: what it has made, how far it has come, and whether it is put away."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from campaigns.models.campaigns import Campaign
from campaigns.models.contacts import ContactList
from campaigns.models.leads import Lead
from campaigns.models.templates import CallTemplate
from dialer.models import ProviderAccount


def _made(model: type[models.Model]) -> Any:
    return models.ForeignKey(model, on_delete=models.SET_NULL, null=True, related_name="+")


class FirstSteps(models.Model):
    """One row, which the first step makes. ``done``: names of steps that have their tick."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    account = _made(ProviderAccount)
    contact_list = _made(ContactList)
    template = _made(CallTemplate)
    campaign = _made(Campaign)
    phone = _made(Lead)
    done = ArrayField(models.CharField(max_length=20), default=list)
    dismissed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="first_steps_are_one_row")]
        verbose_name_plural = "first steps"

    def __str__(self) -> str:
        return f"{len(self.done)} first steps"
