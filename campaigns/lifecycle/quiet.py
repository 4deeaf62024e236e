"""Stop means stop: what was only reserved is given back, and what may be leaving at this moment is waited for."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet

from campaigns.claiming.gate import lock_gate
from campaigns.hosting.switching import not_surely_off, switch_off
from campaigns.models import Attempt, HostedDialer
from campaigns.placing.fence import SEND_WITHIN_SECONDS
from campaigns.settling.endings import give_back
from dialer.accounts.use import AccountUse
from dialer.models import ProviderAccount


@contextmanager
def gates(account_ids: Collection[int]) -> Iterator[None]:
    """Hold the gates of accounts, in id order, for one transaction."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            for account_id in sorted(account_ids):
                lock_gate(cursor, account_id=account_id)
        yield


def wait_out(*, live: QuerySet[Attempt], now: datetime) -> None:
    """Give back those of the live attempts that are only reserved, and return when no request of them can leave.

    Once what may not call any more is committed, and no claim goes on that has not seen it. A second at most.
    """
    give_back(where=live.filter(state="RESERVED"), now=now, detail="Stopped before it left")
    deadline_seconds = time.monotonic() + SEND_WITHIN_SECONDS
    while time.monotonic() < deadline_seconds and live.filter(state="PLACING").exists():
        time.sleep(0.01)


class StopsWithAccount(AccountUse):
    """An account that is switched off stops like a campaign that is paused."""

    def switched_off(self, account: ProviderAccount, *, now: datetime) -> list[str]:
        """Return when no request leaves any more, with a sentence for each dialer at the provider that may be on."""
        with gates([account.pk]):
            pass  # Who has read it as switched on under this lock has committed; who comes later sees that it is off.
        wait_out(live=Attempt.objects.filter(account=account, ended_at=None), now=now)
        return switch_off(dialer_ids=not_surely_off(of=HostedDialer.objects.filter(account=account)))
