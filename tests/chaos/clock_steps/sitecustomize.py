"""Lets chaos set the clock of one process while it runs. Python looks for a module of this name in PYTHONPATH.

In the folder CHAOS_CLOCKS a link that is named as a process points to the seconds by which its clock is ahead. What
asks for the time of day hears it; the monotonic clock goes on, as it does when somebody sets a machine's clock.
(libfaketime 0.9.10 breaks ``time.sleep`` of Python 3.11.)
"""

from __future__ import annotations

import ctypes
import datetime
import gc
import os
import time


def _install(folder: str) -> None:
    real_time, real_now = time.time, datetime.datetime.now

    def ahead_seconds() -> float:
        try:
            return float(os.readlink(f"{folder}/{os.getpid()}"))
        except OSError:
            return 0.0

    def now(_: type, tz: datetime.tzinfo | None = None) -> datetime.datetime:
        at = real_now(datetime.UTC) + datetime.timedelta(seconds=ahead_seconds())
        return at.astimezone(tz) if tz is not None else at.astimezone().replace(tzinfo=None)

    def utcnow(cls: type) -> datetime.datetime:
        return now(cls, datetime.UTC).replace(tzinfo=None)

    # The type is C's and takes no attribute; a subclass in its place would not be what other C code returns.
    members = gc.get_referents(datetime.datetime.__dict__)[0]
    members["now"], members["utcnow"] = classmethod(now), classmethod(utcnow)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))
    time.time = lambda: real_time() + ahead_seconds()
    time.time_ns = lambda: int(time.time() * 1e9)


if "CHAOS_CLOCKS" in os.environ:
    _install(os.environ["CHAOS_CLOCKS"])
