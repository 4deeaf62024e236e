"""Lists and pairs of texts, entered one per line instead of with brackets and quotes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget


class LinesField(forms.CharField):
    """A list of texts, one per line; empty lines are nothing."""

    def __init__(self, *, label: str, help_text: str, rows: int = 3, initial: Any = None) -> None:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": rows})
        super().__init__(label=label, help_text=help_text, required=False, widget=widget, initial=initial)

    def prepare_value(self, value: Any) -> Any:
        """Return the text of what is stored; what was just entered stays as it is."""
        return "\n".join(self.line_of(one) for one in value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """Return the list. Raises ValidationError naming the line."""
        lines = [line.strip() for line in str(value or "").splitlines()]
        return [self.entry_of(line) for line in lines if line]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as text."""
        return bool(super().has_changed(self.prepare_value(initial), data))

    @staticmethod
    def line_of(entry: Any) -> str:
        """Return the line of a stored entry."""
        return str(entry)

    def entry_of(self, line: str) -> Any:
        """Return the entry of a line. Raises ValidationError."""
        return line


class PairsField(LinesField):
    """Names with values, such as customer_name = name, stored as an object of texts."""

    def prepare_value(self, value: Any) -> Any:
        """Return the text of what is stored."""
        pairs = [f"{name} = {one}" for name, one in value.items()] if isinstance(value, Mapping) else value
        return super().prepare_value(pairs)

    def clean(self, value: Any) -> Any:
        """Return the object. Raises ValidationError naming the line."""
        pairs = super().clean(value)
        names = [name for name, _ in pairs]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise forms.ValidationError(f"“{twice}” is there twice.")
        return dict(pairs)

    def entry_of(self, line: str) -> Any:
        """Read a name and its value. Raises ValidationError."""
        name, equals, value = (part.strip() for part in line.partition("="))
        if not (name and equals and value):
            raise forms.ValidationError(f"“{line}” is no pair: write customer_name = name.")
        return name, value
