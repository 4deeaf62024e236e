"""`manage.py pause CAMPAIGN …`: what the button does, for cron and for scripts."""

from __future__ import annotations

from campaigns.lifecycle.operations import pause_campaign
from campaigns.management.operating import OperatingCommand


class Command(OperatingCommand):
    """Pause campaigns."""

    help = "Pause campaigns: when it returns, no new call starts. Ends with 1 where one of them could not."
    verb = "pause"
    has_reason = True
    operation = staticmethod(pause_campaign)
