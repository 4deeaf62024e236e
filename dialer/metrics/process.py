"""What a worker process counts itself, and the port on which it tells Prometheus."""

from __future__ import annotations

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    start_http_server,
)

log = structlog.get_logger(__name__)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
#: So many ports from the given one on are tried: a machine may have several workers.
PORTS_TRIED = 20

TURN_SECONDS = Histogram(
    "dialer_turn_seconds",
    "How long a turn of an account took: claiming, committing, and letting the requests begin.",
    buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
    registry=REGISTRY,
)
PLACEMENTS = Counter(
    "dialer_placements",
    "Requests to place a call, by what came of them: ACCEPTED, UNCERTAIN, UNSENT, or the reason of a refusal.",
    ["account", "result"],
    registry=REGISTRY,
)


def serve(address: str) -> int | None:
    """Answer Prometheus on ``address`` (host:port), or the first free port after it. Return the port, None: on none.

    A worker that cannot tell its figures places calls all the same.
    """
    host, _, first = address.rpartition(":")
    for port in range(int(first), int(first) + PORTS_TRIED):
        try:
            start_http_server(port, addr=host or "127.0.0.1", registry=REGISTRY)
        except OSError:
            continue
        log.info("metrics are told", address=f"{host or '127.0.0.1'}:{port}")
        return port
    log.error("metrics are not told: no port is free", address=address, tried=PORTS_TRIED)
    return None
