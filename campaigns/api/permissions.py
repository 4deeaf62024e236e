"""Who may operate campaigns."""

from __future__ import annotations

from dialer.api.permissions import needs

#: Starting, pausing, stopping and adding leads: for users who may change a campaign.
Operator = needs(reads=("campaigns.view_campaign",), writes=("campaigns.change_campaign",))

#: Seeing the parties of a call; ringing one more is operating.
PartyCaller = needs(reads=("campaigns.view_attempt",), writes=("campaigns.change_campaign",))

#: Listening to calls is a right of its own.
Listener = needs(reads=("campaigns.view_attempt", "campaigns.download_recording"))

#: Deciding whether words of a call refuse others.
Decider = needs(reads=("campaigns.view_possibleoptout",), writes=("campaigns.change_possibleoptout",))

#: Notes on calls.
NoteWriter = needs(reads=("campaigns.view_callnote",), writes=("campaigns.add_callnote",))
