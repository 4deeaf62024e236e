"""Rules of campaigns and profiles as Hypothesis draws them."""

from __future__ import annotations

from datetime import time

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from campaigns.rules.retry import LONGEST_DELAY_SECONDS, RETRYABLE, retry_rules_problems
from campaigns.rules.stored import PURPOSES

FEW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
delays = st.one_of(st.sampled_from([0, 30, 60, 900, 3600, 5400, 86400]), st.integers(0, LONGEST_DELAY_SECONDS))
cells = st.fixed_dictionaries(
    {"delays": st.lists(delays, max_size=4)},
    optional={
        "most": st.one_of(st.none(), st.integers(0, 100)),
        "counts": st.booleans(),
        "other_did": st.booleans(),
        "other_time": st.booleans(),
        "other_number": st.lists(st.one_of(st.sampled_from(["phone_2", "phone_3"]), words), max_size=2),
        "absent": st.booleans(),
    },
)
keys = st.one_of(st.sampled_from([one.value for one in RETRYABLE]), words.map(lambda name: f"disposition:{name}"))
matrices = st.dictionaries(keys, st.one_of(st.none(), delays, cells), max_size=6).filter(
    # ``absent`` wants an account whose log lists its calls, which this one has not: see the rows of test_rules_kept.
    lambda matrix: (
        not retry_rules_problems(matrix)
        and not any(isinstance(cell, dict) and cell.get("absent") for cell in matrix.values())
    )
)
times = st.one_of(
    st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59])),
    st.sampled_from([time(0, 0), time(9, 0, 30), time.max]),
)
crons = st.sampled_from(["30 9 * * 1-5", "0 18 * * MON-FRI", "0 0 1 * *", "*/20 9-17 * * *"])
by_day = st.fixed_dictionaries(
    {
        "days": st.text("1234567", min_size=1, max_size=7),
        "opens": times.map(time.isoformat),
        "closes": times.map(time.isoformat),
    }
).filter(lambda window: window["opens"] != window["closes"])
by_cron = st.fixed_dictionaries({"opens_cron": crons, "closes_cron": crons, "days": st.sampled_from(["12345", "7"])})
windows = st.lists(st.one_of(by_day, by_day, by_cron), max_size=4)
caps = st.lists(
    st.fixed_dictionaries(
        {
            "calls": st.integers(1, 10_000),
            "hours": st.one_of(st.integers(1, 2160), st.floats(0.001, 2160, allow_nan=False)),
        }
    ),
    max_size=4,
)
days_off = st.lists(
    st.one_of(
        st.dates().map(lambda day: day.isoformat()),
        st.tuples(st.dates(), st.dates()).map(lambda two: f"{min(two).isoformat()}/{max(two).isoformat()}"),
        st.sampled_from([" 2026-10-20", "20261020", "2026-W43-2"]),
    ),
    max_size=3,
)
purposes = st.sampled_from(sorted(PURPOSES))
profiles = st.fixed_dictionaries(
    {},
    optional={
        "windows": windows,
        "caps": caps,
        "minimum_gap_seconds": st.integers(0, 86400),
        "series": st.dictionaries(purposes, st.lists(st.sampled_from(["+91140", "1600", "a, b"]), max_size=3)),
        "required_fields": st.lists(words, max_size=3),
        "holidays": st.sampled_from([{}, {"country": "IN"}, {"country": "IN", "subdivision": "MH"}]),
    },
)
sources = st.lists(
    st.fixed_dictionaries(
        {"figure": words}, optional={"source": words, "verified": st.booleans(), "note": words, "read": st.integers()}
    ),
    max_size=3,
)
