"""What reserving must know of an account at each turn: the row that it locks."""

from __future__ import annotations

from django.db import models


class AccountGate(models.Model):
    """The narrow row that reserving locks for an account, and the fast-changing facts it decides by.

    Apart from ProviderAccount, so that the hot row is small and a manager who edits an account waits for nobody.
    """

    account = models.OneToOneField(
        "dialer.ProviderAccount", on_delete=models.CASCADE, primary_key=True, related_name="gate"
    )
    # Pacing of calls per second: the instant from which the next request may leave.
    next_send_at = models.DateTimeField(null=True, blank=True)
    # Back-off after refusals for lack of capacity.
    backoff_until = models.DateTimeField(null=True, blank=True)
    backoff_reason = models.CharField(max_length=200, blank=True, default="")
    refusals_in_row = models.PositiveIntegerField(default=0)
    # The provider's free room as last read. measured_at is when the poll was *sent*.
    fleet_available = models.IntegerField(null=True, blank=True)
    fleet_maximum = models.IntegerField(null=True, blank=True)
    fleet_measured_at = models.DateTimeField(null=True, blank=True)
    # How many of our own calls were live when the poll was sent: what has ended since is free again.
    fleet_own_live = models.IntegerField(null=True, blank=True)
    # Readings that follow each other without a sign of a restart, see campaigns.claiming.fleet_bound: since when, what
    # the latest two counted (of all customers), and a digest of the workers that counted.
    fleet_followed_since = models.DateTimeField(null=True, blank=True)
    fleet_calls = models.IntegerField(null=True, blank=True)
    fleet_calls_before = models.IntegerField(null=True, blank=True)
    fleet_workers = models.CharField(max_length=64, blank=True, default="")
    # Why the account's lines are not freed by the fleet's count any more; empty once a person switches it on again.
    fleet_bound_problem = models.CharField(max_length=300, blank=True, default="")
    fleet_problem = models.CharField(max_length=200, blank=True, default="")
    # Reading it has failed from then on without a success or a pause in asking, and failed last at.
    fleet_failing_since = models.DateTimeField(null=True, blank=True)
    fleet_failed_at = models.DateTimeField(null=True, blank=True)
    next_capacity_poll_at = models.DateTimeField(null=True, blank=True)
    # Whose turn it is among those who wait for the account's lines; see campaigns.claiming.seating.
    turns = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"Gate of account #{self.account_id}"
