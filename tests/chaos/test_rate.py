"""What the judges of the rate go by: times to send keep a limit however late requests are, and the wire hears them."""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.claiming.budget import after_sends, send_times
from campaigns.placing.departures import RATE_LATENESS_SECONDS
from tests.chaos.rate import most_arriving, most_in_a_second
from tests.chaos.wire import heard

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def times(limit: int, count: int) -> list[float]:
    """Return so many times to send, as turns give them out, in seconds."""
    given_out: list[datetime] = []
    next_send_at = None
    while len(given_out) < count:
        now = (next_send_at or AT) - timedelta(seconds=0.1)
        found = send_times(next_send_at=next_send_at, calls_per_second=limit, wanted=count, now=now)
        next_send_at = after_sends(times=found, calls_per_second=limit)
        given_out += found
    return [(at - AT).total_seconds() for at in given_out[:count]]


@given(limit=st.integers(1, 60), seed=st.randoms(use_true_random=False), way=st.floats(0, 3))
def test_whatever_is_late_no_second_sees_more_than_the_limit_leave(limit: int, seed: object, way: float) -> None:
    drawn = seed.uniform  # type: ignore[attr-defined]
    left = [at + drawn(0, RATE_LATENESS_SECONDS) for at in times(limit, 4 * limit)]
    assert most_in_a_second(left) <= limit
    arrived = [at + drawn(0, way) for at in left]
    assert most_in_a_second(arrived) <= most_arriving(calls_per_second=limit, on_the_way_seconds=way)


def test_of_two_that_are_a_second_apart_each_has_its_own() -> None:
    assert most_in_a_second([3.0, 1.0, 2.0, 2.5]) == 2
    assert most_in_a_second([]) == 0


def test_the_wire_hears_each_request_once_as_it_leaves_and_nothing_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, heard(f"http://127.0.0.1:{server.getsockname()[1]}") as wire:
        if wire is None:
            pytest.skip("nobody may listen at the interface here")
        reader = threading.Thread(target=_read_all, args=(server,))
        reader.start()
        began = time.time()
        with socket.create_connection(server.getsockname()) as client:
            for path in (b"/intellicall/a-1/calls", b"/_sandbox/reset", b"/intellicall/a-1/calls"):
                client.sendall(b"POST " + path + b" HTTP/1.1\r\ncontent-length: 0\r\n\r\n")
                time.sleep(0.02)
            client.sendall(b"GET /intellicall/a-1/calls/1 HTTP/1.1\r\n\r\n")
        reader.join()
        ended = time.time()
    heard_at = wire.departures.pop("intellicall/a-1")
    assert wire.departures == {}
    assert len(heard_at) == 2
    assert began < heard_at[0] < heard_at[1] - 0.02 < ended


def _read_all(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        while connection.recv(4096):
            pass
