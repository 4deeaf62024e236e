"""A receiver that verifies as docs/webhooks.md says takes what we signed, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.telling.signing import signature

DOCS = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BODIES = st.binary(min_size=1, max_size=200)
SECRETS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=40)


def documented() -> Callable[..., bool]:
    """Return ``is_from_dialer`` out of the page that tells receivers how to verify."""
    (code,) = re.findall(r"```python\n(.*?def is_from_dialer.*?)```", DOCS.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    found: Callable[..., bool] = names["is_from_dialer"]
    return found


is_from_dialer = documented()


@given(secret=SECRETS, body=BODIES)
def test_what_we_sign_is_taken(secret: str, body: bytes) -> None:
    header = signature(secrets=[secret], body=body, at=NOON)
    assert is_from_dialer(secret=secret, header=header, body=body, now=NOON.timestamp())


@given(secret=SECRETS, body=BODIES, place=st.integers(0), other=SECRETS)
def test_another_body_or_secret_is_refused(secret: str, body: bytes, place: int, other: str) -> None:
    header = signature(secrets=[secret], body=body, at=NOON)
    at = place % len(body)
    changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    assert not is_from_dialer(secret=secret, header=header, body=changed, now=NOON.timestamp())
    if other != secret:
        assert not is_from_dialer(secret=other, header=header, body=body, now=NOON.timestamp())


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_a_recorded_request_is_no_good_later_even_with_its_time_put_forward(seconds: int) -> None:
    header = signature(secrets=["s"], body=b"{}", at=NOON)
    then = NOON.timestamp() + seconds
    assert not is_from_dialer(secret="s", header=header, body=b"{}", now=then)
    moved = header.replace(f"t={int(NOON.timestamp())}", f"t={int(then)}")
    assert not is_from_dialer(secret="s", header=moved, body=b"{}", now=then)
