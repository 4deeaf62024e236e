"""A signal to stop may come at any instant: while the one before is handled, and while a wait begins or ends."""

from __future__ import annotations

import subprocess
import sys

import pytest

#: Sends the signal at every line that is run of the module, also at those of the handler itself.
AT_EVERY_LINE = """
import signal, sys
from dialer.embedded import stopping

stop, sent = stopping.Stopping(signal.SIGTERM), []

def trace(frame, event, _):
    if frame.f_code.co_filename != stopping.__file__:
        return None
    if len(sent) < 200:
        sent.append(frame.f_lineno)
        signal.raise_signal(signal.SIGTERM)
    return trace

sys.settrace(trace)
while not stop.wait(0.01):
    pass
stop.set()
sys.settrace(None)
assert stop.is_set() and stop.wait(60)
print(len(set(sent)))
"""


def test_a_signal_at_any_line_of_it_ends_in_a_stop() -> None:
    done = subprocess.run([sys.executable, "-c", AT_EVERY_LINE], capture_output=True, text=True, timeout=20, check=True)
    assert int(done.stdout) >= 5, "it was interrupted at several lines"


@pytest.mark.parametrize("asks", ["signal", "thread"])
def test_who_waits_is_woken(asks: str) -> None:
    said = "signal.raise_signal(signal.SIGTERM)" if asks == "signal" else "stop.set()"
    script = (
        "import signal, threading, time\nfrom dialer.embedded.stopping import Stopping\n"
        "stop, begun = Stopping(signal.SIGTERM), time.monotonic()\n"
        f"threading.Timer(0.2, lambda: {said}).start()\n"
        "assert stop.wait(600)\nassert time.monotonic() - begun < 300\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=20)
