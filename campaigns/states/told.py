"""What the feed is told with a write of a state: an entry is there if and only if the state is."""

from __future__ import annotations

#: A part of a statement that follows one named ``ended`` with the ids and new states of leads: those that end tell so.
TELL_ENDED = """told AS (
    INSERT INTO campaigns_feedentry (kind, lead_id)
    SELECT 'LEAD_ENDED', id FROM ended WHERE state <> 'PENDING' ORDER BY id
)"""
