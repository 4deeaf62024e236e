"""A page as people see it: light and dark, wide and on a phone. axe finds nothing grave, all of it fits the screen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SCREENSHOTS = os.environ.get("BROWSER_SCREENSHOTS", "")
WIDTHS = {"wide": (1280, 900), "phone": (390, 844)}
GRAVE = {"serious", "critical"}
_THEME = "document.documentElement.classList.toggle('dark', '%s' === 'dark')"
_WIDER = "document.documentElement.scrollWidth > window.innerWidth"


def looked_at(page: Page, name: str, *, part: str = "html") -> None:
    """Hold a page, of which axe sees ``part``, against axe and the screen; keep pictures in BROWSER_SCREENSHOTS."""
    found: list[str] = []
    for theme in ("light", "dark"):
        page.emulate_media(reduced_motion="reduce")
        page.evaluate(_THEME % theme)
        for width, size in WIDTHS.items():
            page.set_viewport_size({"width": size[0], "height": size[1]})
            if page.evaluate(_WIDER):
                found.append(f"{name}, {theme}, {width}: wider than the screen")
            if SCREENSHOTS:
                page.screenshot(path=Path(SCREENSHOTS) / f"{name}-{theme}-{width}.png", full_page=True)
            found += [f"{name}, {theme}, {width}: {one}" for one in grave(page, part)]
    assert found == [], "\n".join(found)


def grave(page: Page, part: str) -> list[str]:
    """Return what axe calls serious or critical in a part of a page, each with where it is."""
    violations: list[dict[str, Any]] = Axe().run(page, context=part).response["violations"]
    return [
        f"{one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in violations
        if one["impact"] in GRAVE
    ]
