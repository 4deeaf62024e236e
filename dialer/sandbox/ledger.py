"""The ledger: every request and every ring of every account, and the rules that were broken, as sentences."""

from __future__ import annotations

from collections.abc import Mapping

from dialer.sandbox.accounts import Account, number_key
from dialer.sandbox.calls import Call
from dialer.sandbox.plans import Asked, Plan

#: Sentences kept; the count goes on.
VIOLATIONS_KEPT = 1000


class Ledger:
    """Rows in the order in which the requests arrived: row n is ``rows[n - 1]``."""

    def __init__(self) -> None:
        self.rows: list[Call] = []
        self.live: dict[int, Call] = {}
        self.rang = 0
        self.violation_count = 0
        self.violations: list[str] = []
        self._live_numbers: dict[str, int] = {}
        self._calls: dict[str, dict[str, Call]] = {}

    def request(self, *, account: Account, asked: Asked, plan: Plan | None, at: float, hosted: bool = False) -> Call:
        """Write down a request to place a call, judge it, and return its row.

        ``hosted``: nobody requested it now, the platform dials by itself; it counts for no rate of requests.
        """
        call = Call(row=len(self.rows) + 1, account=account, asked=asked, plan=plan, at=at)
        self.rows.append(call)
        if not hosted:
            account.requests += 1
            account.rate.arrive(at)
        reference = asked.reference
        if reference:
            first = account.references.setdefault(reference, call.row)
            if first != call.row:
                self._accuse(f"Reference {reference} was requested twice at {account.key}: rows {first}, {call.row}.")
        if account.forbidden and number_key(asked.to_number) in account.forbidden:
            self._accuse(
                f"A forbidden number ({mask(asked.to_number)}) was requested at {account.key}: row {call.row}."
            )
        return call

    def start(self, call: Call, at: float) -> None:
        """Write down that the carrier took the call: from now on it is live."""
        account, asked = call.account, call.asked
        call.started_at = at
        self.live[call.row] = call
        self._calls.setdefault(account.key, {})[call.external_id] = call
        account.meter.start(at)
        if asked.from_number:
            account.did_meter(asked.from_number).start(at)
        if asked.agent:
            account.agent_meter(asked.agent).start(at)
        number = number_key(asked.to_number)
        other = self._live_numbers.setdefault(number, call.row)
        if other != call.row:
            self._accuse(f"A number ({mask(number)}) had two live calls at once: rows {other}, {call.row}.")
            self._live_numbers[number] = call.row
        hours = account.allowed_hours
        if hours is not None and not hours.contain(at):
            self._accuse(f"A call began outside the allowed hours ({hours}) at {account.key}: row {call.row}.")

    def calls_of(self, account: Account) -> Mapping[str, Call]:
        """Return the calls that were started at an account, by the IDs that its provider gave them."""
        return self._calls.get(account.key, {})

    def ring(self, call: Call, at: float) -> None:
        """Write down that the customer's line was reached."""
        call.rang_at = at
        self.rang += 1
        reference = call.asked.reference
        if reference:
            first = call.account.rung_references.setdefault(reference, call.row)
            if first != call.row:
                self._accuse(f"Reference {reference} rang twice at {call.account.key}: rows {first}, {call.row}.")

    def end(self, call: Call, at: float) -> None:
        """Write down that the call is over and its line free."""
        call.ended_at = at
        self.live.pop(call.row, None)
        account, asked = call.account, call.asked
        account.meter.end(at)
        if asked.from_number:
            account.did_meter(asked.from_number).end(at)
        if asked.agent:
            account.agent_meter(asked.agent).end(at)
        number = number_key(asked.to_number)
        if self._live_numbers.get(number) == call.row:
            del self._live_numbers[number]

    def _accuse(self, sentence: str) -> None:
        self.violation_count += 1
        if len(self.violations) < VIOLATIONS_KEPT:
            self.violations.append(sentence)


def mask(number: str) -> str:
    """Return a number fit for a sentence: its last four digits."""
    return f"…{number[-4:]}"
