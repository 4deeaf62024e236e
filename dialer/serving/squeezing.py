"""Pages without what is sent each time and seen never: the indentation of templates, and the theme's lists of classes.

Of the form of a campaign both together are half. The classes that stand in every input, label and line of a form
get short names, which ``dialer/static/dialer/admin.css`` defines alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from unfold.widgets import BASE_INPUT_CLASSES

#: By the classes as the theme writes them.
SHORT_NAMES: dict[bytes, bytes] = {
    " ".join(BASE_INPUT_CLASSES).encode(): b"d-ui",
    b"lg:min-w-56 lg:w-56 lg:h-[38px] lg:flex lg:items-center lg:self-start lg:leading-[38px] lg:*:m-0": b"d-uh",
    b"block font-semibold mb-2 text-font-important-light text-sm dark:text-font-important-dark": b"d-ul",
}
#: The classes of a line of a form, which the theme writes in any order; those beside them stay.
LINE, LINE_SHORT = (
    frozenset(
        b"flex flex-col grow px-3 py-2.5 min-h-[59px] border-b border-base-200 border-dashed dark:border-base-800"
        b" group-[.last]/row:border-b-0 lg:flex-row lg:items-center lg:border-l lg:first:border-l-0".split()
    ),
    b"d-uf",
)
_LINES = re.compile(rb'class="([^"]*\bfield-line\b[^"]*)"')
#: What is shown or run as it stands.
_APART = re.compile(rb"(<(?:textarea|pre|script)\b.*?</(?:textarea|pre|script)\s*>)", re.DOTALL | re.IGNORECASE)
#: Line breaks beside tags, with the space around them: one blank is left, which keeps words apart.
_AFTER, _BEFORE = re.compile(rb">[ \t\r]*\n\s*"), re.compile(rb"\n\s*<")


class SqueezesPages:
    """Middleware: makes pages shorter, and shows the same."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        """Answer; what is no page, or streams, goes through as it is."""
        response = self._get_response(request)
        if not response.streaming and response.get("Content-Type", "").startswith("text/html"):
            response.content = squeezed(response.content)
        return response


def squeezed(page: bytes) -> bytes:
    """Return a page without the space that is not seen, its longest lists of classes by their short names. Pure."""
    for long, short in SHORT_NAMES.items():
        page = page.replace(long, short)
    pieces = _APART.split(_LINES.sub(_line, page))
    pieces[::2] = [_BEFORE.sub(b" <", _AFTER.sub(b"> ", piece)) for piece in pieces[::2]]
    return b"".join(pieces)


def _line(found: re.Match[bytes]) -> bytes:
    classes = found[1].split()
    if not LINE.issubset(classes):
        return found[0]
    return b'class="%b"' % b" ".join([LINE_SHORT, *(one for one in classes if one not in LINE)])
