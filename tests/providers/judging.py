"""Judges shared by the conformance suite: what holds for every value that a provider module returns."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings

from dialer.providers.base import CallReport, LogPage, Outcome, Phase
from tests.fuzz.scale import times

#: How many mutations of each payload are tried: a few in every run of the tests, many in ``make conformance`` and
#: ``make fuzz``.
MUTATIONS = int(os.environ.get("CONFORMANCE_MUTATIONS", times(20)))
fuzzed = settings(max_examples=MUTATIONS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
#: Outcomes that only we decide; no provider can say them.
OURS = frozenset({Outcome.REFUSED, Outcome.UNCERTAIN, Outcome.LOST})


def check_report(report: CallReport) -> None:
    """Fail unless ``report`` keeps the contract: an outcome exactly when ended, aware UTC times, sane durations."""
    assert isinstance(report.phase, Phase)
    assert (report.phase is Phase.ENDED) == (report.outcome is not None), "outcome is set exactly when the call ended"
    assert report.outcome not in OURS
    for field in dataclasses.fields(report):
        value = getattr(report, field.name)
        if isinstance(value, datetime):
            assert value.utcoffset() == timedelta(0), f"{field.name} is not aware UTC"
        if field.name.endswith("_seconds") and value is not None:
            assert math.isfinite(value)
            assert value >= 0
        if field.name not in {"raw", "transcript", "analysis"} and isinstance(value, str):
            assert value, f"{field.name} is blank: unsaid is None"
            assert "\x00" not in value
    assert report.raw is not None, "the payload as it came is kept"


def check_means(found: Any, means: Mapping[str, Any]) -> None:
    """Fail unless ``found`` is what the payload's index says."""
    expected = dict(means)
    result = expected.pop("result", None)
    if result is not None:
        assert type(found).__name__.removesuffix("Type") == result
    if isinstance(found, tuple):
        assert list(found) == expected.pop("numbers")
    if isinstance(found, LogPage):
        rows = expected.pop("reports", [])
        assert len(found.reports) == len(rows)
        for report, row in zip(found.reports, rows, strict=True):
            check_report(report)
            check_means(report, row)
    if isinstance(found, CallReport):
        check_report(found)
        assert (found.outcome or "") == expected.get("outcome", ""), "an outcome that the index does not name"
    for key, value in expected.items():
        actual = getattr(found, key)
        actual = actual.isoformat() if isinstance(actual, datetime) else actual
        assert actual == value, f"{key}: {actual!r} instead of {value!r}"
