"""`manage.py start CAMPAIGN …`: what the button does, for cron and for scripts."""

from __future__ import annotations

from campaigns.lifecycle.operations import start_campaign
from campaigns.management.operating import OperatingCommand


class Command(OperatingCommand):
    """Start campaigns."""

    help = (
        "Start campaigns: their contacts become leads, and calls begin inside their windows. "
        "Ends with 1 where one of them could not."
    )
    verb = "start"
    has_reason = False
    operation = staticmethod(start_campaign)
