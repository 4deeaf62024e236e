"""The clocks of the arena's processes, each of which can be set while it runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

#: Found by each Python that starts there: see the module in it.
PATCH = Path(__file__).parent / "clock_steps"


class Clocks:
    """Set by the number of the process; who is started anew has the right time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process must see to be reached."""
        paths = [str(PATCH), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {"CHAOS_CLOCKS": str(self._folder), "PYTHONPATH": os.pathsep.join(paths)}

    def set(self, pid: int, *, ahead_seconds: float) -> None:
        """Set a process's clock ahead of the right time by so much, behind if negative; 0 makes it right."""
        link = self._folder / str(pid)
        if not ahead_seconds:
            link.unlink(missing_ok=True)
            return
        draft = link.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.symlink_to(str(ahead_seconds))
        draft.replace(link)

    def reset(self) -> None:
        """Make all clocks right."""
        for link in self._folder.iterdir():
            link.unlink()
