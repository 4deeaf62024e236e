"""How far a command has come, as a bar on standard error; nothing where nobody sits at a terminal."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class Bar:
    """A bar with its total; `with Bar("rows", total=1000) as bar: bar.at(10)`. ``total`` None: not known."""

    def __init__(self, what: str, *, total: int | None) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._shown = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._bar: TaskID = self._shown.add_task(what, total=total)

    def __enter__(self) -> Bar:
        """Show it."""
        self._shown.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Take it away."""
        self._shown.stop()

    def at(self, done: int) -> None:
        """Move it to ``done``."""
        self._shown.update(self._bar, completed=done)


def at_a_terminal() -> bool:
    """Return whether a bar would be seen: where none is, its total need not be counted."""
    return Console(stderr=True).is_terminal
