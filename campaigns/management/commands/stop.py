"""`manage.py stop CAMPAIGN …`: what the button does, for cron and for scripts."""

from __future__ import annotations

from campaigns.lifecycle.operations import stop_campaign
from campaigns.management.operating import OperatingCommand


class Command(OperatingCommand):
    """Stop campaigns."""

    help = (
        "Stop campaigns for good: leads that were not called become CANCELED. Ends with 1 where one of them could not."
    )
    verb = "stop"
    has_reason = True
    operation = staticmethod(stop_campaign)
