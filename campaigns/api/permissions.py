"""Who may operate campaigns."""

from __future__ import annotations

from dialer.api.permissions import needs

#: Starting, pausing, stopping and adding leads: whoever may change a campaign.
Operator = needs(reads=("campaigns.view_campaign",), writes=("campaigns.change_campaign",))
