"""A file that is streamed, with a seal over what leaves us: after all that masks or changes it on its way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

from dialer.accesses import sealed
from dialer.models import AuditEntry

#: Names the export in a reply, so that its manifest can be asked for.
EXPORT_HEADER = "Dialer-Export"


class SealedResponse(StreamingHttpResponse):
    """A reply whose bytes are counted and hashed as the server takes them."""

    def __init__(
        self, pieces: Iterable[bytes], *, access: AuditEntry, file_name: str, content_type: str, **kwargs: Any
    ) -> None:
        headers = {
            "Content-Disposition": f'attachment; filename="{file_name}"',
            EXPORT_HEADER: str(access.pk),
        }
        super().__init__(pieces, content_type=content_type, headers=headers, **kwargs)
        self._access = access

    def __iter__(self) -> Iterator[bytes]:
        """Give what leaves us."""
        found = sealed(super().__iter__(), access=self._access)
        # Closed with the reply: who breaks it off gets no seal that says whole.
        self._resource_closers.append(found.close)  # type: ignore[attr-defined]
        return found
