"""How long events of providers and deliveries are kept, and what of others they hold back.

An event that still waits (NEW, UNMATCHED) is never removed, however old it is: it is given up after three days, and
counts by what it is then. Nor is what a subscriber has still to be told.
"""

from __future__ import annotations

from dialer.retention.kinds import Kind, Part, hold, register

#: By the name of the kind: state and words.
_EVENTS = {
    "applied-events": ("APPLIED", "events that were applied"),
    "failed-events": ("FAILED", "events that were not understood, or of no call"),
    "ignored-events": ("IGNORED", "events of none of our calls"),
}


def register_kinds() -> None:
    """Add them."""
    register(
        *(
            Kind(
                name=name,
                words=words,
                table="webhooks_providerevent",
                at="r.received_at",
                # The state stands in the statement, so that PostgreSQL sees that the index holds it.
                indexed=f"r.state = '{state}'",
            )
            for name, (state, words) in _EVENTS.items()
        ),
        Kind(
            name="deliveries",
            words="deliveries",
            table="webhooks_delivery",
            at="r.created_at",
            may_go="r.state <> 'WAITING'",
            rank=1,
        ),
    )
    hold(
        "feed",
        # What is told again is read once more; LEAST passes over NULL.
        unless="""NOT EXISTS (SELECT 1 FROM webhooks_subscription s
                               WHERE s.is_active AND LEAST(s.position, s.replay_after) < r.position OFFSET 0)
                  AND NOT EXISTS (SELECT 1 FROM webhooks_delivery d WHERE d.entry_id = r.id OFFSET 0)""",
    )
    hold("calls", freed_by=[Part(table="webhooks_providerevent", column="attempt_id")])
