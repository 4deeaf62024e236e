"""What is watched of accounts and DIDs: who is turned away, whose results do not arrive, which number rests."""

from __future__ import annotations

from datetime import datetime

from dialer.accounts.result_troubles import told_of
from dialer.acts.telephone import SEE_ACCOUNTS, SEE_DIDS
from dialer.admin.attention import Row, Trouble, page, watch
from dialer.models import ProviderAccount, ResultCount
from dialer.models.result_counts import ResultKind
from dialer.numbers import mask
from dialer.reader import at_clocks

_TURNED_AWAY = """
SELECT a.id, a.name, g.backoff_until, g.backoff_reason, g.refusals_in_row
  FROM dialer_accountgate g JOIN dialer_provideraccount a ON a.id = g.account_id
 WHERE a.is_active AND (g.backoff_until > %(now)s OR g.refusals_in_row >= 5)
"""


@watch("account-turned-away", act=SEE_ACCOUNTS, sql=_TURNED_AWAY)
def _turned_away(row: Row, now: datetime) -> Trouble:
    next_at = row["backoff_until"]
    until = f" Next try {at_clocks(next_at, zone='', now=now, seconds=True)}." if next_at else ""
    return Trouble(
        said=f"{row['name']} turns calls away: {row['backoff_reason'] or 'no reason given'}.{until}",
        button="Check the account",
        url=page("dialer_provideraccount_change", row["id"]),
        is_grave=True,
    )


# Said by the provider within the last minute: an older reading says nothing of now.
_FLEET = """
SELECT a.id, a.name, g.fleet_problem, g.fleet_failing_since, g.fleet_available, g.fleet_maximum
  FROM dialer_accountgate g JOIN dialer_provideraccount a ON a.id = g.account_id
 WHERE a.is_active
   AND (g.fleet_problem <> '' AND g.fleet_failed_at > %(now)s::timestamptz - interval '1 minute'
        OR g.fleet_available <= 0 AND g.fleet_measured_at > %(now)s::timestamptz - interval '1 minute')
"""


@watch("fleet", act=SEE_ACCOUNTS, sql=_FLEET)
def _fleet(row: Row, now: datetime) -> Trouble:
    full = f"{row['name']} is full: none of its {row['fleet_maximum'] or 'known'} lines is free."
    said = f"{row['name']} does not tell its capacity, so nothing is called: {row['fleet_problem']}"
    return Trouble(
        said=said if row["fleet_problem"] else full,
        button="Check the account",
        url=page("dialer_provideraccount_change", row["id"]),
        is_grave=True,
    )


_RESULTS = """
SELECT r.account_id, a.name, a.provider, r.kind, r.count, r.since_at, r.last_at, r.detail, t.last_at AS taken_at
  FROM dialer_resultcount r JOIN dialer_provideraccount a ON a.id = r.account_id
  LEFT JOIN dialer_resultcount t ON t.account_id = r.account_id AND t.kind = 'TAKEN'
 WHERE r.kind <> 'TAKEN' AND r.last_at > %(now)s::timestamptz - interval '1 day' AND a.is_active
"""


@watch("results", act=SEE_ACCOUNTS, sql=_RESULTS)
def _results(row: Row, now: datetime) -> Trouble | None:
    account = ProviderAccount(id=row["account_id"], name=row["name"], provider=row["provider"])
    names = ("kind", "count", "since_at", "last_at", "detail")
    counts = [ResultCount(account=account, **{name: row[name] for name in names})]
    if row["taken_at"]:
        counts.append(ResultCount(account=account, kind=ResultKind.TAKEN, last_at=row["taken_at"]))
    (told,) = told_of(account=account, counts=counts, now=now)
    if not told.is_current:
        return None
    return Trouble(
        kind=f"results-{str(told.kind).lower()}",
        said=f"{row['name']}: {told.text} {told.remedy}",
        button="Look at the account",
        url=page("dialer_provideraccount_change", row["account_id"]),
        is_grave=told.kind == ResultKind.SILENT,
    )


_RESTING = """
SELECT d.id, d.number, d.resting_until, a.name FROM dialer_did d JOIN dialer_provideraccount a ON a.id = d.account_id
 WHERE d.is_active AND d.resting_until > %(now)s ORDER BY d.resting_until DESC
"""


@watch("did-resting", act=SEE_DIDS, sql=_RESTING)
def _resting(row: Row, now: datetime) -> Trouble:
    return Trouble(
        said=f"{mask(row['number'])} of {row['name']} rests until {at_clocks(row['resting_until'], zone='', now=now)}: "
        "too few answered.",
        button="Look at the number",
        url=page("dialer_did_change", row["id"]),
    )
