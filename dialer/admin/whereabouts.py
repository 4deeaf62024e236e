"""Where one is, above each page: entry and page as the sidebar names them, then the row or what the page does."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import Model

from dialer.admin.navigation import ENTRIES, address_of

register = template.Library()
#: Entry, page and its address.
Place = tuple[str, str, str]


@register.inclusion_tag("admin/dialer/whereabouts.html", takes_context=True)
def whereabouts(context: template.Context) -> dict[str, Any]:
    """Return the parts, the last of which is the page itself."""
    row = next((one for name in ("original", "object") if isinstance(one := context.get(name), Model)), None)
    place = _of_row(row) if row is not None else None
    place = place or _of_path(context["request"].path)
    title = str(context.get("content_title") or context.get("title") or "").strip()
    parts = [{"title": title, "link": ""}]
    if place is not None:
        entry, page, link = place
        parts = [{"title": entry, "link": ""}, {"title": page, "link": link}]
        # Django says of a list what is to be done with it.
        if row is not None or (title and title != page and "cl" not in context):
            parts.append({"title": str(row) if row is not None else title, "link": ""})
    return {"parts": parts}


def _of_row(row: Model) -> Place | None:
    found = [one for one in _places() if one[0] == row._meta.label_lower]
    return found[0][1] if found else None


def _of_path(path: str) -> Place | None:
    """Return the place with the longest address that a path begins with: pages of their own lie below a table's."""
    found = [place for _, place in _places() if path.startswith(place[2])]
    return max(found, key=lambda place: len(place[2]), default=None)


def _places() -> list[tuple[str, Place]]:
    return [(label, (entry, page, address_of(label))) for entry, _, pages in ENTRIES for page, label in pages]
