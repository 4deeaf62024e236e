"""What the page of a row showed, so that of two who change the row at once each saves what he changed and no more.

The page carries its inputs as they were when it was read. An input that its user did not touch takes what somebody else
has saved meanwhile; one that both changed is not saved, and said. Rows inside a form are not looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms
from django.core import signing
from django.forms.widgets import ChoiceWidget
from django.http import QueryDict

from dialer.admin.rows import RowsWidget

#: The hidden input of a page.
FIELD = "as_shown"
Inputs = dict[str, list[str]]


if TYPE_CHECKING:
    _Form = forms.ModelForm[Any]
else:
    _Form = forms.BaseModelForm


class TellsConflicts(_Form):
    """A form that is not saved: of these inputs both have changed, this user and another one."""

    changed_meanwhile: Collection[str] = ()

    def _clean_form(self) -> None:
        super()._clean_form()  # type: ignore[misc]  # not in the stubs
        for name in self.changed_meanwhile:
            self.add_error(
                name if name in self.fields else None,
                "This was changed meanwhile, by somebody else or in another tab. What you entered is not saved yet: "
                "save once more to put it in place of theirs, or open the page anew to see it.",
            )


@dataclass
class Merged:
    """What is sent, with what was saved meanwhile in the inputs that its user did not touch; and what both changed."""

    data: QueryDict
    conflicts: list[str] = field(default_factory=list)


def shown_by(form: Any, *, of: str) -> str:
    """Return the inputs of an unbound form, or as a bound one began, signed for the row ``of``."""
    return signing.dumps(inputs_of_form(form), salt=of, compress=True)


def merged(data: QueryDict, *, now: Any, of: str) -> Merged:
    """Compare what is sent with what was shown and with the form as it is now (unbound); ``of``: the row."""
    found = Merged(data=data)
    try:
        shown: Mapping[str, list[str]] = signing.loads(data.get(FIELD, ""), salt=of)
    except signing.BadSignature:
        return found  # sent by no page of ours: all that is in it is meant
    there = inputs_of_form(now)
    for bound in now:
        names = [name for name in _inputs(bound) if name in shown and name in there]
        others = [name for name in names if shown[name] != there[name]]
        sent = {name: _sent(data, bound, name, shown[name]) for name in names}
        mine = [name for name in names if sent[name] != shown[name]]
        if not others or all(sent[name] == there[name] for name in names):
            continue
        if mine:
            found.conflicts.append(bound.name)
            continue
        found.data = found.data.copy()
        for name in others:
            _put(found.data, bound, name, there[name])
    return found


def inputs_of_form(form: Any) -> Inputs:
    """Return the values that a browser sends of a form in which nothing was touched."""
    found: Inputs = {}
    for bound in form:
        found |= _inputs(bound)
    return found


def _inputs(bound: Any) -> Inputs:
    if bound.field.disabled:
        return {}
    return _of_widget(bound.field.widget, bound.html_name, bound.field.prepare_value(bound.initial))


def _of_widget(widget: Any, name: str, value: Any) -> Inputs:
    widget = getattr(widget, "widget", widget)  # what the admin puts around a choice of other rows
    if isinstance(widget, forms.MultiWidget):
        values: Any = value if isinstance(value, list | tuple) else widget.decompress(value)
        ends: Any = widget.widgets_names  # type: ignore[attr-defined]  # missing in the stubs
        found: Inputs = {}
        for part, end, one in zip(widget.widgets, ends, values, strict=False):
            found |= _of_widget(part, name + end, one)
        return found
    if isinstance(widget, RowsWidget):
        return {name: [widget.text(value)]}
    if isinstance(widget, forms.FileInput):
        return {}
    if isinstance(widget, forms.CheckboxInput):
        return {name: ["on"] if widget.check_test(value) else []}
    if isinstance(widget, forms.PasswordInput) and not widget.render_value:
        return {name: [""]}  # shown empty, whatever is stored
    written = widget.format_value(value)
    if isinstance(widget, ChoiceWidget):
        return {name: sorted(str(one) for one in written)}
    return {name: [_text(written)]}


def _sent(data: QueryDict, bound: Any, name: str, shown: list[str]) -> list[str]:
    """Return what is sent; an input that a script has left out counts as not touched, an empty choice does not."""
    if isinstance(widget := bound.field.widget, RowsWidget):
        return [widget.text(widget.value_from_datadict(data, None, name))]
    values = sorted(_text(value) for value in data.getlist(name))
    return shown if not values and len(shown) == 1 and shown != ["on"] else values


def _put(data: QueryDict, bound: Any, name: str, values: list[str]) -> None:
    if isinstance(widget := bound.field.widget, RowsWidget):
        widget.put(data, name, values[0])
    else:
        data.setlist(name, list(values))


def _text(value: Any) -> str:
    return "" if value is None else str(value).replace("\r\n", "\n")
