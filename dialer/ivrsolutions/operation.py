"""One operation of the document: what builds its request and what reads its reply, under the document's own name.

``@operation`` turns a function that returns the fields of a request into an ``Operation``. Calling it builds the
request, ``parse`` reads the reply. The token goes into the Authorization header, never into a URL, where it would
end in access logs; two operations demand it in the body as well. Three are documented with a required query
``token``: the caller decides by the account's setting, with ``with_query_token``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Generic, Literal, ParamSpec, TypeVar

from dialer.ivrsolutions.answers import found_nothing, judge
from dialer.ivrsolutions.records import Unreadable
from dialer.providers import replies
from dialer.providers.base import (
    AccountConfig,
    Answer,
    ProviderReply,
    ProviderRequest,
    Question,
    json_body,
    load_object,
)

P = ParamSpec("P")
T = TypeVar("T")
Sending = Literal["nothing", "query", "json", "form"]

#: Every operation by its operationId in the document.
OPERATIONS: dict[str, Operation[..., Any]] = {}


class Operation(Generic[P, T]):
    """A documented operation; call it with the account and its fields to get the request."""

    def __init__(
        self,
        *,
        operation_id: str,
        route: str,
        fields: Callable[P, Mapping[str, Any]],
        reads: Callable[[Mapping[str, Any]], T],
        sends: Sending,
        token_in_body: bool,
        may_be_empty: bool,
    ) -> None:
        self.operation_id = operation_id
        self.method, self.path = route.split(" ")
        self.sends = sends
        self.__doc__ = fields.__doc__
        self._fields = fields
        self._reads = reads
        self._token_in_body = token_in_body
        self._may_be_empty = may_be_empty

    def __call__(self, account: AccountConfig, *args: P.args, **kwargs: P.kwargs) -> ProviderRequest:
        """Return the request. Raises ValueError for a value that the document does not allow."""
        token = account.credentials.get("api_key", "")
        fields = {name: value for name, value in self._fields(*args, **kwargs).items() if value is not None}
        if self._token_in_body:
            fields["token"] = token
        content_type, body = _body(self.sends, fields)
        headers = {"authorization": f"Bearer {token}"} | ({"content-type": content_type} if content_type else {})
        query = {name: str(value) for name, value in fields.items()} if self.sends == "query" else {}
        return ProviderRequest(method=self.method, path=self.path, headers=headers, body=body, query=query)

    def ask(self, account: AccountConfig, *args: P.args, **kwargs: P.kwargs) -> Question[T]:
        """Return the request together with what reads its reply. Raises ValueError as calling the operation does."""
        return Question(request=self(account, *args, **kwargs), read=lambda reply: self.parse(reply=reply))

    def parse(self, *, reply: ProviderReply) -> Answer[T]:
        """Return what the reply says: the value, or why there is none. Never raises."""
        payload = load_object(reply.body) or {}
        if self._may_be_empty and found_nothing(reply=reply):
            return Answer(value=self._reads({"data": []}), message=replies.describe(reply=reply))
        problem = judge(reply=reply)
        said = replies.masked(replies.message(payload))
        if problem is not None:
            return Answer(problem=problem, message=said)
        try:
            return Answer(value=self._reads(payload), message=said)
        except Unreadable as error:
            return Answer(problem=replies.unclear(reply=reply, why=str(error)), message=said)


def operation(
    operation_id: str,
    route: str,
    reads: Callable[[Mapping[str, Any]], T],
    *,
    sends: Sending = "json",
    token_in_body: bool = False,
    may_be_empty: bool = False,
) -> Callable[[Callable[P, Mapping[str, Any]]], Operation[P, T]]:
    """Return a decorator that names and registers an operation; ``route`` is ``METHOD /path``.

    ``may_be_empty``: the operation answers 404 or 405 when it has nothing to list. Raises ValueError for a second
    operation of the same name.
    """

    def named(fields: Callable[P, Mapping[str, Any]]) -> Operation[P, T]:
        if operation_id in OPERATIONS:
            raise ValueError(f"{operation_id} is there already")
        OPERATIONS[operation_id] = made = Operation(
            operation_id=operation_id,
            route=route,
            fields=fields,
            reads=reads,
            sends=sends,
            token_in_body=token_in_body,
            may_be_empty=may_be_empty,
        )
        return made

    return named


def with_query_token(request: ProviderRequest, *, account: AccountConfig) -> ProviderRequest:
    """Return a request with the token in its query too, as the document demands of the look-ups by number.

    It reaches access logs there and on the way; ours mask all of a URL's query.
    """
    return replace(request, query={**request.query, "token": account.credentials.get("api_key", "")})


def _body(sends: Sending, fields: Mapping[str, Any]) -> tuple[str, bytes]:
    if sends == "json":
        return "application/json", json_body(dict(fields))
    return _multipart(fields) if sends == "form" else ("", b"")


def _multipart(fields: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return the fields as multipart/form-data. The boundary is a digest of the values, so no value contains it."""
    values = {name: str(value) for name, value in fields.items()}
    boundary = hashlib.sha256(repr(values).encode()).hexdigest()
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in values.items()
    ]
    return f"multipart/form-data; boundary={boundary}", ("".join(parts) + f"--{boundary}--\r\n").encode()
