"""The figures of the whole house. The apps that have some tell it when they start: this one knows none.

They are read at each scrape, from what is live and what waits, so that they cost the same whatever was called before,
and one process answers for all machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

#: Gives an app's figures at an instant.
Source = Callable[[datetime], Iterable[Metric]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Add the figures of an app."""
    if source not in _sources:
        _sources.append(source)


def gauge(name: str, help_text: str, rows: Iterable[Sequence[Any]], labels: Sequence[str] = ()) -> Metric:
    """Return a figure with a value for each row: its labels, and the number last. None is left out."""
    found = GaugeMetricFamily(f"dialer_{name}", help_text, labels=labels)
    for *names, value in rows:
        if value is not None:
            found.add_metric([str(one) for one in names], float(value))
    return found


class _House(Collector):
    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        for source in _sources:
            yield from source(self._now)


def exposition(*, now: datetime) -> bytes:
    """Return all figures of the house at ``now`` in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_House(now))
    return generate_latest(registry)
