"""`manage.py resume CAMPAIGN …`: what the button does, for cron and for scripts."""

from __future__ import annotations

from campaigns.lifecycle.operations import resume_campaign
from campaigns.management.operating import OperatingCommand


class Command(OperatingCommand):
    """Resume campaigns."""

    help = "Let paused campaigns go on. Ends with 1 where one of them could not."
    verb = "resume"
    has_reason = False
    operation = staticmethod(resume_campaign)
