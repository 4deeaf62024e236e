"""A page as people see it: light and dark, wide and on a phone. axe finds nothing grave, all of it fits the screen."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SCREENSHOTS = os.environ.get("BROWSER_SCREENSHOTS", "")
WIDTHS = {"wide": (1280, 900), "phone": (390, 844)}
GRAVE = {"serious", "critical"}
_THEME = "document.documentElement.classList.toggle('dark', '%s' === 'dark')"
_WIDER = "document.documentElement.scrollWidth > window.innerWidth"


#: Every theme with every width.
ALL = tuple((theme, width) for theme in ("light", "dark") for width in WIDTHS)


def looked_at(page: Page, name: str, *, part: str = "html") -> None:
    """Hold a page, of which axe sees ``part``, against axe and the screen; keep pictures in BROWSER_SCREENSHOTS."""
    found = problems(page, name, part=part)
    assert found == [], "\n".join(found)


def problems(page: Page, name: str, *, part: str = "html", looks: Sequence[tuple[str, str]] = ALL) -> list[str]:
    """Return what is wrong with a page: what axe sees in these ``looks``, and what is wider than a screen in any."""
    found: list[str] = []
    page.emulate_media(reduced_motion="reduce")
    for theme, width in ALL:
        page.evaluate(_THEME % theme)
        across, down = WIDTHS[width]
        page.set_viewport_size({"width": across, "height": down})
        if page.evaluate(_WIDER):
            found.append(f"{name}, {theme}, {width}: wider than the screen")
        if SCREENSHOTS:
            page.screenshot(path=Path(SCREENSHOTS) / f"{name}-{theme}-{width}.png", full_page=True)
        if (theme, width) in looks:
            found += [f"{name}, {theme}, {width}: {one}" for one in grave(page, part)]
    return found


def grave(page: Page, part: str) -> list[str]:
    """Return what axe calls serious or critical in a part of a page, each with where it is."""
    violations: list[dict[str, Any]] = Axe().run(page, context=part).response["violations"]
    return [
        f"{one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in violations
        if one["impact"] in GRAVE
    ]
