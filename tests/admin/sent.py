"""What a browser sends of a page in which nothing was touched."""

from __future__ import annotations

from html.parser import HTMLParser

Inputs = dict[str, list[str]]


class _Form(HTMLParser):
    """Collects the inputs of one form; what is inside a template is no input yet."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id, self.inside, self.templates = form_id, False, 0
        self.inputs: Inputs = {}
        self.select: tuple[str, bool] | None = None
        self.area: str | None = None
        self.first: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what has a name."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("id") == self.form_id
        elif tag == "template":
            self.templates += 1
        elif self.inside and not self.templates:
            self._take(tag, given)

    def _take(self, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "input" and name and "disabled" not in given:
            kind = given.get("type", "text")
            if kind in ("submit", "button", "file") or (kind in ("checkbox", "radio") and "checked" not in given):
                return
            self.inputs.setdefault(name, []).append(given.get("value", "on" if kind == "checkbox" else ""))
        elif tag == "select":
            self.select, self.first = (name, "multiple" in given), None
        elif tag == "option" and self.select and self.select[0]:
            if self.first is None:
                self.first = given.get("value", "")
            if "selected" in given:
                self.inputs.setdefault(self.select[0], []).append(given.get("value", ""))
        elif tag == "textarea":
            self.area = name
            self.inputs[name] = [""]

    def handle_data(self, data: str) -> None:
        """Take the text of a text area; the first line break after its tag is none."""
        if self.area is not None:
            before = self.inputs[self.area][0]
            self.inputs[self.area] = [before + (data if before else data.removeprefix("\r").removeprefix("\n"))]

    def handle_endtag(self, tag: str) -> None:
        """A choice of one without a chosen option has its first."""
        if tag == "form":
            self.inside = False
        elif tag == "template":
            self.templates -= 1
        elif tag == "textarea":
            self.area = None
        elif tag == "select" and self.select:
            name, many = self.select
            if name and not many and name not in self.inputs and self.first is not None:
                self.inputs[name] = [self.first]
            self.select = None


def inputs_of(html: str, *, form: str) -> Inputs:
    """Return the inputs of the form with this id, by name."""
    parser = _Form(form)
    parser.feed(html)
    return parser.inputs
