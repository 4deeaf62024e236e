"""The rows whose states only one package may write: leads, attempts, campaigns."""

from __future__ import annotations

from campaigns.models import Attempt, AttemptState, Campaign, CampaignState, Lead, LeadState

MODELS = (Lead, Attempt, Campaign)
NAMES = frozenset(model.__name__ for model in MODELS)
TABLES = frozenset(model._meta.db_table for model in MODELS)
ENUMS = frozenset(enum.__name__ for enum in (LeadState, AttemptState, CampaignState))
VALUES = frozenset(str(value) for enum in (LeadState, AttemptState, CampaignState) for value in enum)
#: How other models name their rows of these: ``campaign.leads``, ``account.campaigns``.
ACCESSORS = frozenset(
    name
    for model in MODELS
    for field in [*model._meta.concrete_fields, *model._meta.many_to_many]
    if field.remote_field is not None and (name := field.remote_field.get_accessor_name()) and not name.endswith("+")
)
