"""Shows campaigns live in a terminal while they run; without a terminal, a line every few seconds."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from campaigns.explaining.progress import campaign_progress
from campaigns.models import Campaign
from campaigns.rehearsing.watching import Sample, Watch, watch

#: Without a terminal, a line is printed this often.
LINE_SECONDS = 5.0
#: The bars are counted anew this often.
BAR_SECONDS = 0.5


def display(console: Console, *, campaigns: Sequence[Campaign], within_seconds: float) -> Watch:
    """Watch campaigns to their end, showing how far they are."""
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:>4.0f}/{task.total:.0f} ended"),
        TextColumn("{task.fields[live]:>3} live  {task.fields[note]}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    shower = _Shower(console, bars, campaigns)
    with bars:
        return watch(
            campaign_ids=[campaign.pk for campaign in campaigns], within_seconds=within_seconds, on_sample=shower.show
        )


class _Shower:
    def __init__(self, console: Console, bars: Progress, campaigns: Sequence[Campaign]) -> None:
        self._console, self._bars, self._campaigns = console, bars, campaigns
        self._tasks: dict[int, TaskID] = {
            campaign.pk: bars.add_task(campaign.name, total=1, live=0, note="") for campaign in campaigns
        }
        self._shown_at_seconds = float("-inf")

    def show(self, sample: Sample) -> None:
        """Count anew when it is time to, and show it."""
        pause = BAR_SECONDS if self._console.is_terminal else LINE_SECONDS
        if time.monotonic() - self._shown_at_seconds < pause and sample.open_leads:
            return
        self._shown_at_seconds = time.monotonic()
        for campaign_id, progress in campaign_progress(list(self._tasks)).items():
            waiting = progress.leads_by_state.get("PENDING", 0) + progress.leads_by_state.get("DIALING", 0)
            self._bars.update(
                self._tasks[campaign_id],
                completed=progress.leads_total - waiting,
                total=max(progress.leads_total, 1),
                live=progress.live_calls,
                note=progress.waiting_for,
            )
        if not self._console.is_terminal:
            self._console.print(f"{sample.open_leads} leads not ended, {sample.live} calls live")
