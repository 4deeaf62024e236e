"""Looks at an account as a whole: is the provider reached, is the key good, is there room, do results come back?

Nothing here can ring anybody. Questions that go to the provider are those that its module names as harmless.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from dialer.accounts.asking import ask
from dialer.accounts.check.reach import not_reached, objection
from dialer.accounts.findings import Finding, Subject, Verdict, fine, problem, unknown, warning
from dialer.accounts.sync.numbers import Enlisted, enlist_numbers
from dialer.accounts.use import findings as findings_of_others
from dialer.acts.telephone import CHECK
from dialer.audit import record
from dialer.http.client import NotSent, Unanswered
from dialer.models import AccountGate, ProviderAccount, field_problems
from dialer.providers.base import ProviderReply, ProviderRequest, Refused, Unclear

#: A Date header has whole seconds and ages on its way; signed requests and call logs bear this much.
CLOCKS_MAY_DIFFER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """What looking at an account found. ``is_fine``: nothing keeps calls or results from getting through."""

    account_id: int
    checked_at: datetime
    findings: tuple[Finding, ...]
    numbers: Enlisted | None = None

    @property
    def is_fine(self) -> bool:
        """Return whether there is no problem; warnings are none."""
        return not any(finding.verdict is Verdict.PROBLEM for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return it for the API and the command."""
        return {
            "account": self.account_id,
            "is_fine": self.is_fine,
            "checked_at": self.checked_at.isoformat(),
            "findings": [finding.as_json() for finding in self.findings],
            "numbers_added": list(self.numbers.added) if self.numbers else [],
        }


@dataclass(slots=True)
class _Questions:
    """The questions to one account: no request is sent twice, as a busy fleet takes seconds to answer."""

    account: ProviderAccount
    now: datetime
    began_seconds: float = field(default_factory=time.monotonic)
    replies: dict[tuple[str, str, bytes], ProviderReply] = field(default_factory=dict)
    answered_at: datetime | None = None

    def ask(self, request: ProviderRequest) -> ProviderReply:
        """Return the reply to ``request``. Raises NotSent or Unanswered."""
        key = (request.method, request.url(""), request.body)
        if key not in self.replies:
            self.replies[key] = ask(account=self.account, request=request)
            self.answered_at = self.now + timedelta(seconds=time.monotonic() - self.began_seconds)
        return self.replies[key]


def check_account(*, account: ProviderAccount, now: datetime) -> Checkup:
    """Look at the account and return what was found. Adds DIDs that the provider lists and we do not have."""
    numbers: Enlisted | None = None
    if account.unreadable:
        # Nobody can be asked without a key.
        findings = [problem(Subject.SETTINGS, f"{account.name}: {account.unreadable}", "See docs/operating.md, Keys.")]
    else:
        findings = _settings(account)
        asked, numbers = _asked(_Questions(account, now))
        findings += asked
    findings += findings_of_others(account, now=now)
    record(act=CHECK.name, what="Checked", subject=account, now=now)
    return Checkup(account_id=account.pk, checked_at=now, findings=tuple(findings), numbers=numbers)


def _asked(questions: _Questions) -> tuple[list[Finding], Enlisted | None]:
    """Return what the provider's answers show."""
    findings: list[Finding] = []
    numbers: Enlisted | None = None
    try:
        reached = _reach(questions)
        findings += reached
        if all(finding.verdict is not Verdict.PROBLEM for finding in reached):
            findings += [*_key(questions), *_capacity(questions)]
            enlisted, numbers = _numbers(questions)
            findings += enlisted
    except (NotSent, Unanswered) as failure:
        findings.append(not_reached(questions.account, failure))
    return findings, numbers


def _settings(account: ProviderAccount) -> list[Finding]:
    found = [
        sentence
        for values, fields in (
            (account.credentials, account.api.credential_fields),
            (account.settings, account.api.setting_fields),
        )
        for sentence in field_problems(values, fields)
    ]
    findings = [problem(Subject.SETTINGS, sentence, "Correct it on the account's page.") for sentence in found]
    if account.problem:
        findings = [problem(Subject.SETTINGS, account.problem, "Install the package that brings its provider.")]
    if not account.is_active:
        findings.append(warning(Subject.SETTINGS, "The account is switched off: it places no calls.", "Switch it on."))
    return findings


def _reach(questions: _Questions) -> list[Finding]:
    account = questions.account
    request = account.api.build_check(account=account.config)
    if request is None:
        return [unknown(Subject.REACH, f"{account.api.name} has no harmless question to ask.")]
    reply = questions.ask(request)
    clock = _clock(account, reply, questions.answered_at or questions.now)
    against = account.api.parse_check(reply=reply)
    if against is not None:
        return [objection(account, reply, against, Subject.REACH), *clock]
    return [fine(Subject.REACH, f"{account.api.name} answers at {account.api_url}."), *clock]


def _key(questions: _Questions) -> list[Finding]:
    account = questions.account
    request = account.api.build_key_check(account=account.config)
    if request is None:
        return [fine(Subject.KEY, "The key is good.")]
    reply = questions.ask(request)
    against = account.api.parse_key_check(reply=reply)
    if against is None:
        return [fine(Subject.KEY, "The key was not refused.")]
    if isinstance(against, Unclear):
        return [unknown(Subject.KEY, f"Whether the key is good could not be told: {against.detail}.")]
    return [objection(account, reply, against, Subject.KEY)]


def _clock(account: ProviderAccount, reply: ProviderReply, at: datetime) -> list[Finding]:
    """Compare the reply's Date with our clock: logs are matched by time, and hours are judged by ours."""
    try:
        theirs = parsedate_to_datetime(reply.headers.get("date", ""))
        off = at - theirs
    except (ValueError, TypeError, IndexError, OverflowError):
        return []  # no date, or one without a zone
    if abs(off) <= CLOCKS_MAY_DIFFER:
        return [fine(Subject.CLOCK, "Our clock and the provider's agree.")]
    direction = "ahead of" if off > timedelta(0) else "behind"
    text = (
        f"Our clock is {_length(abs(off))} {direction} that of {account.api.name} ({theirs:%d %b %H:%M:%S} UTC there)."
    )
    return [problem(Subject.CLOCK, text, "Set this server's clock by NTP: calling hours are judged by it.")]


def _capacity(questions: _Questions) -> list[Finding]:
    account = questions.account
    findings = []
    gate = AccountGate.objects.filter(account=account).first()
    if gate is not None and gate.backoff_until is not None and gate.backoff_until > questions.now:
        findings.append(
            warning(Subject.CAPACITY, f"Calls rest until {gate.backoff_until:%H:%M:%S} UTC: {gate.backoff_reason}.")
        )
    if not account.api.capabilities.reports_capacity:
        return [*findings, *_usual_limit(account)]
    reply = questions.ask(account.api.build_capacity(account=account.config))
    room = account.api.parse_capacity(reply=reply)
    if room is None:
        text = f"What {account.api.name} says of its room proves no healthy fleet (HTTP {reply.status})."
        return [*findings, problem(Subject.CAPACITY, text, "No call is placed until it does. Ask the provider.")]
    text = f"{room.available} of {room.maximum} lines are free."
    if room.maximum == 0:
        return [*findings, problem(Subject.CAPACITY, "The fleet has no lines at all.", "Ask the provider for lines.")]
    if room.available == 0:
        return [*findings, warning(Subject.CAPACITY, text, "Calls wait until others end.")]
    if account.max_live_calls is not None and account.max_live_calls > room.maximum:
        text += f" The account's limit of {account.max_live_calls} calls is more than there are."
        return [*findings, warning(Subject.CAPACITY, text, "Nothing breaks; the fleet is the limit.")]
    return [*findings, fine(Subject.CAPACITY, text)]


def _usual_limit(account: ProviderAccount) -> list[Finding]:
    """Compare the account's limit with what its provider takes of an account; raised ones are known to nobody here."""
    usual = account.api.capabilities.usual_live_calls
    if usual is None or (account.max_live_calls is not None and account.max_live_calls <= usual):
        return []
    ours = "is not set" if account.max_live_calls is None else f"is {account.max_live_calls}"
    text = f"{account.api.name} takes {usual} calls at a time unless it has raised that; most live calls here {ours}."
    return [
        warning(
            Subject.CAPACITY,
            f"{text} {account.api.limit_hint}".strip(),
            f"Enter as most live calls what {account.api.name} allows the account.",
        )
    ]


def _numbers(questions: _Questions) -> tuple[list[Finding], Enlisted | None]:
    account = questions.account
    if not account.api.capabilities.lists_numbers:
        return [], None
    reply = questions.ask(account.api.build_numbers(account=account.config))
    numbers = account.api.parse_numbers(reply=reply)
    if isinstance(numbers, Refused | Unclear):
        return [objection(account, reply, numbers, Subject.NUMBERS)], None
    done = enlist_numbers(account=account, numbers=numbers)
    text = f"{done.listed} numbers are listed; {len(done.added)} of them are new here."
    if numbers.unread:
        text += f" {numbers.unread} rows of the list are no whole numbers and are left out."
        return [warning(Subject.NUMBERS, text, "Ask the provider, or look at them on its own page.")], done
    if done.unlisted:
        text += f" Not listed there, but active here: {', '.join(done.unlisted[:10])}."
        return [warning(Subject.NUMBERS, text, "Calls from them may be refused: switch them off, or buy them.")], done
    if done.listed == 0:
        return [warning(Subject.NUMBERS, "The account has no number to call from.", "Buy one.")], done
    return [fine(Subject.NUMBERS, text)], done


def _length(span: timedelta) -> str:
    seconds = span.total_seconds()
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"
