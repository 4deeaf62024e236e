"""Inputs for what is stored as JSON: one entry per line instead of brackets and quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from dialer.admin.nesting import ShallowJSONField

_CAP = re.compile(
    r"(?P<calls>[1-9]\d{0,3})\s*(?:calls?\s*)?(?:in|per|/)\s*(?P<size>[1-9]\d{0,3}(?:\.\d+)?)\s*(?P<unit>h|hours?|d|days?)",
    re.IGNORECASE,
)
_DAY_HOURS = 24


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


class ObjectField(ShallowJSONField):
    """An object for which one line each is not enough: indented, and an empty text for an empty one."""

    def prepare_value(self, value: Any) -> Any:
        """Return the text of what is stored; what was just entered stays as it is."""
        if value in (None, {}, []):
            return ""
        indented = isinstance(value, dict | list)
        return json.dumps(value, indent=2, ensure_ascii=False) if indented else super().prepare_value(value)


class CapsField(LinesField):
    """Caps, such as 3 in 24 h or 6 in 14 d, stored as {"calls": 6, "hours": 336}."""

    @staticmethod
    def line_of(entry: Any) -> str:
        """Return the cap as it is written; one that no form let in as it is stored."""
        if not isinstance(entry, dict) or not {"calls", "hours"} <= entry.keys():
            return str(entry)
        hours = entry["hours"]
        size = f"{hours / _DAY_HOURS:g} d" if hours > _DAY_HOURS and hours % _DAY_HOURS == 0 else f"{hours:g} h"
        return f"{entry['calls']} in {size}"

    def entry_of(self, line: str) -> Any:
        """Read a cap. Raises ValidationError."""
        found = _CAP.fullmatch(line)
        if found is None:
            raise forms.ValidationError(f"“{line}” is no cap: write 3 in 24 h, or 6 in 14 d.")
        size = float(found["size"]) * (_DAY_HOURS if found["unit"].lower().startswith("d") else 1)
        return {"calls": int(found["calls"]), "hours": int(size) if size.is_integer() else size}


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
