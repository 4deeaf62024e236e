"""Errors as RFC 9457 has them, for who accepts ``application/problem+json``: our code and fields stand beside."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

PROBLEM_JSON = "application/problem+json"


def problem_of(error: Mapping[str, Any], *, status: int, path: str) -> dict[str, Any]:
    """Return what stands in ``error`` of our own shape as a problem of the RFC; ``path``: of the request."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error["message"],
        "instance": path,
        "code": error["code"],
        "fields": error["fields"],
    }
