"""Whether a provider's results can reach us: the address that it pushes to, and what has come there."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.db.models import Max, QuerySet

from campaigns.models import Attempt
from dialer.accounts.findings import Finding, Subject, Verdict, fine, problem, unknown, warning
from dialer.accounts.result_troubles import OF_PUSHES, Trouble, troubles
from dialer.models import ProviderAccount, ResultKind
from dialer.providers.base import PushDoubt
from webhooks.models import ProviderEvent, PushRefusals

#: So many of the latest rows are looked through: there is no index for it, and there may be millions.
LOOKED_THROUGH = 100_000
#: Refusals are told of for so long.
TOLD_FOR = timedelta(days=7)
#: What another system on the same account, or one failing call in many, may have caused.
MAY_BE_OTHERS = frozenset(
    {
        ResultKind.UNMATCHED,
        ResultKind.EMPTY,
        ResultKind.LOST,
        ResultKind.LOOKUP_REFUSED,
        ResultKind.NOTE_UNWRITTEN,
    }
)
#: How long our own address may take to answer.
ADDRESS_SECONDS = 5.0
#: A call that ended so long ago has been pushed, if its provider pushes.
PUSHED_WITHIN = timedelta(minutes=15)


def push_findings(account: ProviderAccount, *, now: datetime) -> list[Finding]:
    """Return what there is to say of pushes; nothing where the provider sends none."""
    if not account.api.capabilities.pushes:
        return []
    troubles = [one for one in current(account, now=now) if one.kind in OF_PUSHES]
    received = _received(account, now)
    # Pushes that come and fail are no pushes that are well.
    told = [] if troubles and received.verdict is Verdict.OK else [received]
    return [
        *_address(account),
        *_redirect(account),
        *_secret(account),
        *_refused(account, now),
        *map(_finding, troubles),
        *told,
    ]


def result_findings(account: ProviderAccount, *, now: datetime) -> list[Finding]:
    """Return what there is to say of look-ups that fail, calls whose result never came, and notes not written."""
    return [_finding(one) for one in current(account, now=now) if one.kind not in OF_PUSHES]


def current(account: ProviderAccount, *, now: datetime) -> list[Trouble]:
    """Return which results of the account do not arrive at present."""
    return [one for one in troubles(account=account, now=now) if one.is_current]


def _finding(trouble: Trouble) -> Finding:
    """Return a trouble as a finding: a problem where nothing of the kind arrives, else a warning."""
    subject = Subject.PUSHES if trouble.kind in OF_PUSHES else Subject.RESULTS
    judge = warning if trouble.kind in MAY_BE_OTHERS else problem
    return judge(subject, trouble.text, trouble.remedy)


def last_push_at(account: ProviderAccount) -> datetime | None:
    """Return when the provider last pushed, among the latest events."""
    pushed = _latest_events().filter(account=account, source="PUSH")
    return pushed.order_by("-id").values_list("received_at", flat=True).first()


def _address(account: ProviderAccount) -> list[Finding]:
    """Judge PUBLIC_BASE_URL. Loopback and private addresses are right for a provider that is as near."""
    public = urlsplit(settings.PUBLIC_BASE_URL)
    if not public.scheme or not public.hostname:
        return [_unheard(account, "PUBLIC_BASE_URL is not set, so there is no address to push to.")]
    ours, theirs = _distance(public.hostname), _distance(urlsplit(account.api_url).hostname or "")
    if ours < theirs:
        what = "this machine itself" if ours == 0 else "a private network"
        return [
            _unheard(
                account, f"PUBLIC_BASE_URL is {settings.PUBLIC_BASE_URL}: a provider outside reaches {what} never."
            )
        ]
    if public.scheme != "https" and theirs == FAR:
        return [
            warning(
                Subject.PUSHES,
                f"PUBLIC_BASE_URL is {settings.PUBLIC_BASE_URL}: results with numbers come unencrypted.",
                "Put TLS in front and set PUBLIC_BASE_URL to the https:// address.",
            )
        ]
    return []


def _redirect(account: ProviderAccount) -> list[Finding]:
    """Ask for the head of our own address: a redirect in front would lose the results that are pushed there.

    By HEAD, as an empty POST would be counted as a push that lost its body. Where it is not reached from here, a
    provider may reach it still: nothing is said.
    """
    if not settings.PUBLIC_BASE_URL:
        return []
    try:
        reply = httpx.head(account.push_url, follow_redirects=False, timeout=ADDRESS_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL):
        return []
    if not reply.has_redirect_location:
        return []
    to = urlsplit(reply.headers.get("location", ""))
    where = f"{to.scheme or 'the same scheme'}://{to.netloc}" if to.netloc else "another path"
    text = (
        f"PUBLIC_BASE_URL is {settings.PUBLIC_BASE_URL}, which redirects to {where}: the body of a push is lost there."
    )
    return [
        problem(
            Subject.PUSHES,
            text,
            "Set PUBLIC_BASE_URL to the address that the redirect leads to, start again, and enter the push address "
            f"of the account's page at {account.api.name} anew.",
        )
    ]


def _unheard(account: ProviderAccount, text: str) -> Finding:
    remedy = "Set PUBLIC_BASE_URL to the address of this installation as the provider reaches it, and start again."
    other = account.api.capabilities.polls_call or account.api.capabilities.pulls_logs
    if other:
        return warning(Subject.PUSHES, f"{text} Results come late, as they must be asked for.", remedy)
    return problem(Subject.PUSHES, f"{text} {account.api.name} tells results in no other way.", remedy)


def _secret(account: ProviderAccount) -> list[Finding]:
    """Say that pushes cannot be believed without the secret that they are signed with."""
    if account.unreadable_credentials:
        return []  # said already
    doubt = account.api.push_doubt(account=account.config)
    if doubt is None:
        return []
    remedy = "Enter the webhook secret that the push address is registered with at the provider."
    if doubt is PushDoubt.UNCHECKED:
        return [
            warning(Subject.PUSHES, "Pushes are not checked for a signature: no webhook secret is entered.", remedy)
        ]
    return [warning(Subject.PUSHES, "Every push is refused: no webhook secret is entered.", remedy)]


def _refused(account: ProviderAccount, now: datetime) -> list[Finding]:
    """Tell of pushes that were turned away as there were too many; what is repeated in time is not lost."""
    found = PushRefusals.objects.filter(account=account, last_at__gt=now - TOLD_FOR).first()
    if found is None:
        return []
    last = _ago(found.last_at, now)
    text = f"{found.refused} pushes were refused, the last {last}: more came in a minute than is taken."
    remedy = (
        "If these are results of your calls, raise DIALER_PUSHES_PER_MINUTE or DIALER_PUSH_BYTES_PER_MINUTE. "
        "If not, somebody else knows the push address: give the account a new one."
    )
    return [warning(Subject.PUSHES, text, remedy)]


def _received(account: ProviderAccount, now: datetime) -> Finding:
    at = last_push_at(account)
    since = at or now - timedelta(days=7)
    ended = _latest_attempts().filter(
        account=account, placed_at__gt=since, ended_at__lt=now - PUSHED_WITHIN, outcome__in=("ANSWERED", "NO_ANSWER")
    )
    unpushed = ended.count()
    remedy = f"Register the account's push address at {account.api.name} (it stands on the account's page)."
    remedy = f"{remedy} {account.api.silence_hint}".strip()
    if at is None and unpushed:
        text = f"No push was ever received, although {unpushed} calls have ended: the webhook is not registered."
        return problem(Subject.PUSHES, text, remedy)
    if at is None:
        return unknown(Subject.PUSHES, "No push was received yet, and no call has ended that should have one.", remedy)
    if unpushed:
        text = f"The last push was received {_ago(at, now)}; {unpushed} calls have ended since without one."
        return warning(Subject.PUSHES, text, remedy)
    return fine(Subject.PUSHES, f"The last push was received {_ago(at, now)}.")


def _latest_events() -> QuerySet[ProviderEvent]:
    newest = ProviderEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0
    return ProviderEvent.objects.filter(pk__gt=newest - LOOKED_THROUGH)


def _latest_attempts() -> QuerySet[Attempt]:
    newest = Attempt.objects.aggregate(newest=Max("pk"))["newest"] or 0
    return Attempt.objects.filter(pk__gt=newest - LOOKED_THROUGH)


NEAR, PRIVATE, FAR = 0, 1, 2


def _distance(host: str) -> int:
    """Return who can reach ``host``: this machine, a private network, everybody (a name with a dot is that)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return NEAR if host == "localhost" else FAR if "." in host and not host.endswith(".local") else PRIVATE
    if address.is_loopback or address.is_unspecified:
        return NEAR
    return PRIVATE if address.is_private or address.is_link_local else FAR


def _ago(at: datetime, now: datetime) -> str:
    seconds = max((now - at).total_seconds(), 0)
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "within the last minute"
