"""The token that recordings are fetched with: the server takes an organization's log-in there, and no API key.

Source: github.com/astradial/astradial, commit a68d6aa, api/AUTHENTICATION_GUIDE.md: ``POST /api/v1/auth/login`` with
``api_key`` and ``api_secret`` answers ``{"token": …}``, good for 24 hours.
"""

from __future__ import annotations

from dialer.providers import building, parsing, replies
from dialer.providers.base import AccountConfig, Answer, Field, ProviderReply, Question, load_object

LOGIN = "/api/v1/auth/login"
ORG_KEY = Field(
    name="org_api_key",
    label="Organization's API key",
    secret=True,
    help="Begins with org_. Only for recordings, which the server gives to the organization's log-in only.",
)
ORG_SECRET = Field(
    name="org_api_secret",
    label="Organization's API secret",
    secret=True,
    help="Belongs to the organization's API key.",
)


def token(*, account: AccountConfig) -> Question[str] | None:
    """Return the log-in, None where the account has no key and secret for it."""
    key, secret = (account.credentials.get(field.name) for field in (ORG_KEY, ORG_SECRET))
    if not key or not secret:
        return None
    return Question(request=building.post(LOGIN, {"api_key": key, "api_secret": secret}, {}), read=_read)


def _read(reply: ProviderReply) -> Answer[str]:
    found = parsing.text((load_object(reply.body) or {}).get("token")) if 200 <= reply.status < 300 else None
    # What goes into a header is one word: nothing else is a token.
    if found and found.isascii() and found.isprintable() and " " not in found:
        return Answer(value=found)
    return Answer(problem=replies.refused_by_status(reply=reply) or replies.unclear(reply=reply, why="no token"))
