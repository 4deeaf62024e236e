"""Raw bodies of uploads, kept on disk while they are read: memory stays flat at any size."""

from __future__ import annotations

import io
import shutil
import tempfile
import zlib
from collections.abc import Mapping
from typing import IO, Any, ClassVar

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser, DataAndFiles, MultiPartParser

from dialer.api.errors import TooLarge
from dialer.api.json_bodies import JsonParser

IN_MEMORY_BYTES = 2 * 1024 * 1024


class FileBodyParser(BaseParser):
    """Makes a body look like a form with one ``file``. Packed by gzip (Content-Encoding) it is kept as it is."""

    file_name: ClassVar[str] = "upload"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> DataAndFiles[Any, Any]:
        """Return the body as a file. Raises UnsupportedMediaType for a Content-Encoding that is not known."""
        is_packed(parser_context)
        spool = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - lives as long as the request
        shutil.copyfileobj(stream, spool, 256 * 1024)
        size = spool.tell()
        spool.seek(0)
        upload = UploadedFile(file=spool, name=self.file_name, content_type=self.media_type, size=size)
        return DataAndFiles(QueryDict(), MultiValueDict({"file": [upload]}))


def _taken(media_type: str, file_name: str) -> type[FileBodyParser]:
    name = "".join(part.title() for part in media_type.replace("-", "/").replace(".", "/").split("/")) + "Parser"
    return type(name, (FileBodyParser,), {"media_type": media_type, "file_name": file_name})


#: Files that may be a body; what is in them is seen in their bytes.
FILE_BODIES = (
    _taken("text/csv", "upload.csv"),
    _taken("text/tab-separated-values", "upload.tsv"),
    _taken("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "upload.xlsx"),
    _taken("application/x-ndjson", "upload.jsonl"),
    _taken("application/jsonl", "upload.jsonl"),
    _taken("application/gzip", "upload.gz"),
    _taken("application/zip", "upload.zip"),
    _taken("application/octet-stream", "upload"),
)


class FormOfFileParser(MultiPartParser):
    """A form with a file, which may be packed itself; the form as a whole may not."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> DataAndFiles[Any, Any]:
        """Return the form. Raises UnsupportedMediaType for one that is packed."""
        if is_packed(parser_context):
            raise UnsupportedMediaType("gzip", "Pack the file within the form, or send the file alone as the body.")
        return super().parse(stream, media_type, parser_context)


class PackedJsonParser(JsonParser):
    """JSON, packed by gzip or not; unpacked it is limited as any body is."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the value. Raises ParseError, TooLarge, UnsupportedMediaType."""
        if is_packed(parser_context):
            stream = io.BytesIO(_unpacked(stream.read()))
        return super().parse(stream, media_type, parser_context)


def is_packed(parser_context: Mapping[str, Any] | None) -> bool:
    """Return whether a body is packed by gzip. Raises UnsupportedMediaType for any other Content-Encoding."""
    request = (parser_context or {}).get("request")
    encoding = request.headers.get("Content-Encoding", "").strip().lower() if request is not None else ""
    if encoding in ("", "identity"):
        return False
    if encoding in ("gzip", "x-gzip"):
        return True
    raise UnsupportedMediaType(encoding, "Bodies are taken as they are or packed by gzip (Content-Encoding: gzip).")


def _unpacked(body: bytes) -> bytes:
    most = int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    found = zlib.decompressobj(wbits=31)
    try:
        plain = found.decompress(body, most + 1)
    except zlib.error as error:
        raise ParseError("The body is no gzip.") from error
    if len(plain) > most:
        raise TooLarge(limit_bytes=most)
    if not found.eof:
        raise ParseError("The gzip body is cut: its end is missing.")
    return plain
