"""Form fields made from what a provider declares: credentials, settings and options, one labelled input each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from dialer.accounts.pick_lists import Picks
from dialer.admin.typed_secrets import TypedSecretInput
from dialer.providers.base import Field

KEEP = "Set. Leave empty to keep it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One declared value in a form: ``input`` is the form field's name, ``owner`` the model's JSON field."""

    input: str
    owner: str
    field: Field

    def form_field(self, stored: Mapping[str, Any], *, picks: Picks | None = None, hint: str = "") -> forms.Field:
        """Return the form field. A stored secret is never echoed: only that there is one is said.

        With ``picks`` it is chosen by name, and what is not among them can be typed. ``hint`` is added to the help.
        """
        value = stored.get(self.field.name)
        star = " *" if self.field.required else ""
        said = " ".join(part for part in (self._help(value), hint, picks.hint if picks else "") if part)
        common: dict[str, Any] = {"label": self.field.label + star, "required": False, "help_text": said}
        if self.field.secret:
            widget = TypedSecretInput(attrs={"autocomplete": "new-password"}, render_value=False)
            return forms.CharField(widget=widget, strip=True, **common)
        initial = value if value not in (None, "") else self.field.default
        if isinstance(self.field.default, bool):
            return forms.BooleanField(initial=bool(initial), **common)
        if picks is not None:
            return forms.CharField(widget=PickWidget(choices=[("", "—"), *picks.choices]), initial=initial, **common)
        if self.field.choices:
            choices = [("", "—"), *((choice, choice) for choice in self.field.choices)]
            return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget(), initial=initial, **common)
        return forms.CharField(widget=UnfoldAdminTextInputWidget(), initial=initial, **common)

    def _help(self, value: Any) -> str:
        kept = KEEP if self.field.secret and value not in (None, "") else ""
        return " ".join(part for part in (kept, self.field.help) if part)

    def chosen(self, *, entered: Any, stored: Mapping[str, Any]) -> Any:
        """Return the value to store; an empty secret keeps the stored one. None: nothing to store."""
        if self.field.secret and entered in (None, ""):
            return stored.get(self.field.name)
        if entered in (None, ""):
            return None
        if isinstance(self.field.default, int) and not isinstance(self.field.default, bool):
            return int(entered) if str(entered).lstrip("-").isdigit() else entered
        return entered

    def problem(self, value: Any) -> str:
        """Return what is wrong with ``value`` in a sentence, or an empty text."""
        if self.field.required and value in (None, ""):
            return f"{self.field.label} is required."
        if isinstance(self.field.default, int) and isinstance(value, str):
            return "Enter a whole number."
        return ""


class PickWidget(UnfoldAdminSelect2Widget):  # type: ignore[misc]
    """Choices by name, in which another value can be typed as well; one that is no choice is shown as it is."""

    def __init__(self, choices: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(attrs={"data-tags": "true", "style": "width: 100%"}, choices=list(choices))

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        """Return the options, the present value among them."""
        known = {str(choice) for choice, _ in self.choices}
        others = [(one, f"{one} (not among what was read)") for one in value if one not in known]
        self.choices: list[tuple[str, str]] = [*self.choices, *others]
        options: list[Any] = super().optgroups(name, value, attrs)
        return options


def declare(*, prefix: str, owner: str, fields: Iterable[Field]) -> list[Declared]:
    """Return the inputs of ``fields``, named ``<prefix>__<name>``: those of several providers can share a form."""
    return [Declared(input=f"{prefix}__{field.name}", owner=owner, field=field) for field in fields]


def take(*, form: Any, inputs: Iterable[Declared]) -> dict[str, Any]:
    """Return the values of ``inputs`` for one JSON field of the form's instance, and put each problem at its input."""
    values: dict[str, Any] = {}
    for declared in inputs:
        stored = getattr(form.instance, declared.owner) or {}
        value = declared.chosen(entered=form.cleaned_data.get(declared.input), stored=stored)
        if problem := declared.problem(value):
            form.add_error(declared.input, problem)
        if value is not None:
            values[declared.field.name] = value
    return values
