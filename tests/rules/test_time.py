"""The time function against a slow reference that looks at every minute: clocks that change and midnights included."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rules.caps import Cap, Caps
from campaigns.rules.deciding import CapFacts, DIDFacts, LeadFacts, Profile, Rule, Schedule, decide
from campaigns.rules.findings import findings
from tests.rules import reference, strategies
from tests.rules.tally import TRIED, share_of

#: How far the reference looks. What opens later is only shown not to open before, and to be open then.
LOOK_MINUTES = 30 * 60
NOBODY = LeadFacts(number="")
Required = list[tuple[reference.PlainHours, str]]


def agrees(found: datetime | None, required: Required, at: datetime, *, look_minutes: int = LOOK_MINUTES) -> None:
    """Assert that ``found`` is the first open instant from ``at`` on, as far as the reference looks."""
    expected = reference.next_open(required, at, minutes=look_minutes)
    if expected is not None:
        assert found == expected, (found, expected)
    elif found is not None:
        assert found > at + timedelta(minutes=look_minutes - 1), found
        assert reference.is_open(required, found), found


@st.composite
def one_zone(draw: st.DrawFn, *, crons: bool) -> tuple[datetime, reference.PlainHours, str]:
    """Return an instant with hours in one zone."""
    at = draw(strategies.instants())
    return at, draw(strategies.plain_hours(near=at, crons=crons)), draw(strategies.zones)


def judge(case: tuple[datetime, reference.PlainHours, str], *, look_minutes: int) -> None:
    """Assert that the time function and the reference agree on one case."""
    at, plain, zone = case
    schedule = Schedule(hours=strategies.hours(plain), time_zone=zone)
    found = decide(lead=NOBODY, did=None, schedule=schedule, profile=None, caps=CapFacts(), at=at)
    assert found.allowed == reference.is_open([(plain, zone)], at)
    agrees(found.next_allowed_at, [(plain, zone)], at, look_minutes=look_minutes)


@settings(max_examples=share_of(12_000))
@given(one_zone(crons=False))
def test_windows_open_when_the_clock_says_so(case: tuple[datetime, reference.PlainHours, str]) -> None:
    TRIED["windows"] += 1
    judge(case, look_minutes=LOOK_MINUTES)


@settings(max_examples=share_of(2_500))
@given(one_zone(crons=True))
def test_windows_of_cron_expressions_open_when_the_clock_says_so(
    case: tuple[datetime, reference.PlainHours, str],
) -> None:
    TRIED["cron windows"] += 1
    judge(case, look_minutes=6 * 60)


@settings(max_examples=share_of(3_000))
@given(st.data())
def test_the_campaigns_and_the_countrys_hours_hold_in_every_zone_of_the_contact(data: st.DataObject) -> None:
    TRIED["campaign, country and contact together"] += 1
    at = data.draw(strategies.instants())
    own, legal = (data.draw(strategies.plain_hours(near=at)) for _ in range(2))
    zone, contact = data.draw(strategies.zones), data.draw(strategies.zones)
    schedule = Schedule(hours=strategies.hours(own), time_zone=zone)
    profile = Profile(slug="land", version=3, hours=strategies.hours(legal))
    lead = LeadFacts(number="", time_zone=contact)
    found = decide(lead=lead, did=None, schedule=schedule, profile=profile, caps=CapFacts(), at=at)
    required = [(own, zone), (legal, contact)]
    assert found.allowed == reference.is_open(required, at)
    agrees(found.next_allowed_at, required, at, look_minutes=12 * 60)


@settings(max_examples=share_of(2_500))
@given(st.data())
def test_every_rule_that_is_shown_agrees_with_the_one_answer(data: st.DataObject) -> None:
    TRIED["rules shown one by one"] += 1
    at = data.draw(strategies.instants())
    near = st.integers(-50 * 3600, 50 * 3600).map(lambda seconds: at + timedelta(seconds=seconds))
    schedule = Schedule(
        hours=strategies.hours(data.draw(strategies.plain_hours(near=at))),
        time_zone=data.draw(st.none() | strategies.zones),
        starts_at=data.draw(st.none() | near),
        ends_at=data.draw(st.none() | near),
    )
    hours = data.draw(st.none() | strategies.plain_hours(near=at).map(strategies.hours))
    fields = data.draw(st.sampled_from([(), ("policy",)]))
    profile = data.draw(st.none() | st.just(Profile(slug="land", version=3, hours=hours, required_fields=fields)))
    zone = data.draw(st.sampled_from(["", "Nowhere/Land", "Asia/Kolkata", "America/New_York"]))
    lead = LeadFacts(
        number=data.draw(st.sampled_from(["+919876543210", "+12025550123", ""])),
        time_zone=zone,
        variables=data.draw(st.sampled_from([{}, {"policy": "1"}])),
    )
    caps = CapFacts(
        caps=Caps(caps=(Cap(calls=2, hours=24),), minimum_gap_seconds=data.draw(st.sampled_from([0, 3600]))),
        calls=data.draw(st.lists(near.filter(lambda instant: instant <= at), max_size=4)),
    )
    did = DIDFacts(number="+918000000000", free_at=data.draw(st.none() | near), reason="rests")
    one = decide(lead=lead, did=did, schedule=schedule, profile=profile, caps=caps, at=at)
    shown = findings(lead=lead, did=did, schedule=schedule, profile=profile, caps=caps, at=at)
    assert all(finding.allowed for finding in shown) == one.allowed or one.rule == Rule.CAMPAIGN_END
    if one.allowed:
        assert one.next_allowed_at == at
    elif one.next_allowed_at is not None:
        assert not one.allowed
        later = decide(lead=lead, did=did, schedule=schedule, profile=profile, caps=caps, at=one.next_allowed_at)
        assert later.allowed, later
        assert one.rule in {finding.rule for finding in shown if not finding.allowed}
