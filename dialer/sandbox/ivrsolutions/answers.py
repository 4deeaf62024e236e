"""Replies of IVR Solutions: success is in the body's ``status``, and an error can come with HTTP 200."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from dialer.sandbox.accounts import Account
from dialer.sandbox.contract import Refusal
from dialer.sandbox.ivrsolutions.settings import settings_of
from dialer.sandbox.replies import json_reply

DONE = "Operation completed successfully"


def success(data: Any = None) -> web.Response:
    """Return the document's ``SuccessResponse``."""
    return json_reply({"status": True, "message": DONE, **({} if data is None else {"data": data})})


def undescribed(account: Account, rows: Sequence[Mapping[str, Any]], *, key: str = "id") -> web.Response:
    """Return a list whose ``data`` the document types as an object, in the account's ``list_form``.

    An array; an object that holds the array; an object of the rows by their ``key``; or no list at all.
    """
    form = settings_of(account).list_form
    if form == "object":
        return success({"list": list(rows)})
    if form == "by_id":
        return success({str(row[key]): row for row in rows})
    return success() if form == "none" else success(list(rows))


def done(message: str, **fields: Any) -> web.Response:
    """Return a success with ``status`` true and its own message."""
    return json_reply({"status": True, "message": message, **fields})


def listing(data: Any) -> web.Response:
    """Return a list under ``data``, with ``status`` 200."""
    return json_reply({"status": 200, "data": data})


def error(account: Account, code: int, message: str, *, numeric: bool = False) -> web.Response:
    """Return an error. Some operations put the ``numeric`` code into the body's status, the others false.

    With the account's ``errors_with_200`` the HTTP status is 200 and only the body's status tells.
    """
    with_200 = settings_of(account).errors_with_200
    said = code if numeric or (with_200 and code >= 429) else False
    return json_reply({"status": said, "message": message}, 200 if with_200 else code)


def refused(account: Account, refusal: Refusal) -> web.Response:
    """Return the reply to a correct request that is turned down."""
    if refusal is Refusal.NUMBER:
        return error(account, 400, "Invalid phone number")
    if refusal is Refusal.WITH_200:
        return json_reply({"status": False, "message": "Invalid phone number"})
    if refusal is Refusal.BROKEN:
        return error(account, 500, "Server error")
    if refusal is Refusal.NOT_QUEUED:
        return web.Response(text="Bad Gateway", status=502)
    if refusal is Refusal.UNAVAILABLE:
        return web.Response(text="Service Unavailable", status=503)
    return error(account, 429, "Too many requests")
