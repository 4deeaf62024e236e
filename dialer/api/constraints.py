"""What a broken constraint of the database means to a user, found by the constraint's name."""

from __future__ import annotations

from functools import cache

from django.apps import apps
from django.db import IntegrityError
from django.db.models import CheckConstraint, Model, UniqueConstraint

from dialer.api.flattening import FieldError
from dialer.kept_rows import refusal_of

_UNIQUE, _FOREIGN_KEY, _NOT_NULL = "23505", "23503", "23502"


def explain_violation(error: IntegrityError) -> tuple[str, FieldError]:
    """Return a code (``invalid`` or ``in_use``) and a sentence; the database's own could show values of others."""
    diag = getattr(error.__cause__, "diag", None)
    name = str(getattr(diag, "constraint_name", None) or "")
    state = str(getattr(diag, "sqlstate", None) or "")
    if kept := refusal_of(error):
        return "in_use", FieldError(field="", message=kept)
    if state == _FOREIGN_KEY:
        return "in_use", FieldError(
            field="", message="Something that this needs is gone, or something still needs this."
        )
    if state == _NOT_NULL:
        return "invalid", FieldError(
            field=str(getattr(diag, "column_name", None) or ""), message="A value is required."
        )
    return "invalid", _by_name().get(name) or _unnamed(state)


def _unnamed(state: str) -> FieldError:
    if state == _UNIQUE:
        return FieldError(field="", message="There is one like this already.")
    return FieldError(field="", message="This breaks a rule of the database.")


@cache
def _by_name() -> dict[str, FieldError]:
    """Return the sentence of every constraint that our models name."""
    sentences: dict[str, FieldError] = {}
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if isinstance(constraint, UniqueConstraint):
                sentences[constraint.name] = _unique(model, constraint)
            elif isinstance(constraint, CheckConstraint):
                sentences[constraint.name] = _check(constraint)
    return sentences


def _unique(model: type[Model], constraint: UniqueConstraint) -> FieldError:
    # What nobody can edit, nobody has sent: it is no field to name. The model's order is the readers'; that of the
    # constraint is its index's.
    fields = [field.name for field in model._meta.fields if field.name in constraint.fields and field.editable]
    message = f"There is a {model._meta.verbose_name} with this {', '.join(fields)} already."
    return FieldError(field=fields[-1] if fields else "", message=message)


def _check(constraint: CheckConstraint) -> FieldError:
    # The names of constraints are sentences: account_limit_is_at_least_one.
    sentence = constraint.name.replace("_", " ").capitalize()
    return FieldError(field="", message=f"A rule is broken: {sentence}.")
