"""Telling subscribers: one request after the other."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence

import httpx


def told_per_second(*, ports: Sequence[int], entries: int) -> float:
    """Tell each subscriber so many entries; return how many a second."""
    began = time.monotonic()
    with httpx.Client(timeout=10) as client:
        for entry in range(entries):
            for port in ports:
                body = {"id": entry, "event_id": str(uuid.uuid4()), "lead": {"id": entry // 4}, "outcome": "ANSWERED"}
                client.post(f"http://127.0.0.1:{port}/", json=body).raise_for_status()
    return entries * len(ports) / (time.monotonic() - began)
