"""The forms of a page as a browser would send them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


class Form:
    """One form: where it goes, and its inputs as they are on the page, in order."""

    def __init__(self, attributes: dict[str, str | None]) -> None:
        self.action = attributes.get("action") or ""
        self.method = (attributes.get("method") or "get").lower()
        self.id = attributes.get("id") or ""
        self.inputs: list[tuple[str, str]] = []

    def filled(self, **values: Any) -> dict[str, list[Any]]:
        """Return what is sent, with ``values`` in place of those of the page."""
        found: dict[str, list[Any]] = {}
        for name, value in self.inputs:
            found.setdefault(name, []).append(value)
        return {**found, **{name: value if isinstance(value, list) else [value] for name, value in values.items()}}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._is_inside = False
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, kind = given.get("name") or "", given.get("type") or "text"
        if tag == "form":
            self.forms.append(Form(given))
            self._is_inside = True
        elif not self._is_inside or (not name and tag != "option"):
            return
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self._add(self._select, given.get("value") or "")
        elif tag == "textarea":
            self._area = name
            self._add(name, "")
        elif tag == "input" and kind in ("checkbox", "radio"):
            if "checked" in given:
                self._add(name, given.get("value") or "on")
        elif tag == "input" and kind not in ("submit", "button", "file"):
            self._add(name, given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._is_inside:
            name, before = self.forms[-1].inputs.pop()
            self.forms[-1].inputs.append((name, before + data))

    def _add(self, name: str, value: str) -> None:
        self.forms[-1].inputs.append((name, value))


def forms_of(reply: Any) -> list[Form]:
    """Return the forms of a page that post."""
    reader = _Reader()
    reader.feed(reply.content.decode())
    return [form for form in reader.forms if form.method == "post"]
