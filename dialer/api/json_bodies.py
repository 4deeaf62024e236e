"""JSON bodies of requests."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import IO, Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from dialer.json_limits import TOO_DEEP, is_too_deep


class JsonParser(parsers.JSONParser):
    """The framework's, which reads no text before its depth is known."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the value. Raises ParseError."""
        body = stream.read()
        if is_too_deep(body):
            raise ParseError(TOO_DEEP)
        return super().parse(io.BytesIO(body), media_type, parser_context)
