"""What we set inside a library, as its public face has no way: a version that looks elsewhere ignores it in silence."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from types import CodeType
from typing import Any

import httpcore
import httpx
import pytest
from django.http import HttpRequest
from hypothesis.internal.conjecture.providers import HypothesisProvider


def _connecting() -> CodeType:
    pool: Any = httpx.HTTPTransport(trust_env=False)._pool
    assert type(pool) is httpcore.ConnectionPool
    return httpcore.ConnectionPool.create_connection.__code__


def _body() -> CodeType:
    found: Any = HttpRequest.body
    return found.fget.__code__  # type: ignore[no-any-return]


def _constants() -> CodeType:
    found: Any = vars(HypothesisProvider)["_local_constants"]
    assert isinstance(found, cached_property)
    return found.func.__code__


@pytest.mark.parametrize(
    ("reads", "names", "otherwise"),
    [
        (_connecting, {"_network_backend"}, "dialer/fetching.py: imports would reach private networks"),
        (_body, {"_body", "_read_started"}, "dialer/bodies.py: a body that came in chunks would be empty"),
        (_constants, {"_get_local_constants"}, "tests/workers_plugin.py: each worker would read all modules for 2 s"),
    ],
)
def test_a_library_still_looks_where_we_put_something(
    reads: Callable[[], CodeType], names: set[str], otherwise: str
) -> None:
    assert names <= set(reads().co_names), otherwise
