"""Retries come due at the first permitted instant after their delay from the dial."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rules.deciding import LeadFacts
from campaigns.settling.outcomes import Ended, after_call
from dialer.providers.base import Outcome
from tests.campaigns.rules.test_retry import rules_with
from tests.rules import strategies
from tests.rules.tally import TRIED, share_of
from tests.rules.test_time import agrees

DELAYS = st.sampled_from([0, 60, 900, 3600, 7200, 86_400]) | st.integers(0, 3 * 86_400)


@settings(max_examples=share_of(4_000))
@given(st.data())
def test_a_retry_is_due_at_the_first_permitted_instant_after_its_delay(data: st.DataObject) -> None:
    TRIED["retries"] += 1
    dialed_at = data.draw(strategies.instants())
    now = dialed_at + timedelta(seconds=data.draw(st.integers(0, 7200)))
    delays = data.draw(st.lists(DELAYS, min_size=1, max_size=3))
    plain, zone = data.draw(strategies.plain_hours(near=now)), data.draw(strategies.zones)
    cell: dict[str, Any] = {"delays": delays, "most": data.draw(st.none() | st.integers(0, 3))}
    rules = rules_with({"BUSY": cell}, hours=strategies.hours(plain), zone=zone, max_attempts=6)
    retries = data.draw(st.integers(0, 4))
    end = Ended(
        outcome=Outcome.BUSY,
        attempts_before=retries,
        before={("BUSY", ""): retries},
        rank=15,
        dialed_at=dialed_at,
        lead=LeadFacts(number="+919876543210"),
    )
    found = after_call(end=end, rules=rules, now=now)
    if cell["most"] is not None and retries >= cell["most"]:
        assert found.state == "EXHAUSTED"
        return
    assert found.state == "PENDING"
    due = max(dialed_at + timedelta(seconds=delays[min(retries, len(delays) - 1)]), now)
    assert found.next_attempt_at is not None
    assert found.next_attempt_at >= due
    agrees(found.next_attempt_at, [(plain, zone)], due, look_minutes=12 * 60)
