"""A raw CSV body, kept on disk while it is read: memory stays flat at any size."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from rest_framework.parsers import BaseParser, DataAndFiles

IN_MEMORY_BYTES = 2 * 1024 * 1024


class CsvBodyParser(BaseParser):
    """Makes a ``text/csv`` body look like a form with one ``file``."""

    media_type = "text/csv"
    file_name = "upload.csv"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> DataAndFiles[Any, Any]:
        """Return the body as a file."""
        spool = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - lives as long as the request
        shutil.copyfileobj(stream, spool, 256 * 1024)
        size = spool.tell()
        spool.seek(0)
        upload = UploadedFile(file=spool, name=self.file_name, content_type=self.media_type, size=size)
        return DataAndFiles(QueryDict(), MultiValueDict({"file": [upload]}))


class WorkbookBodyParser(CsvBodyParser):
    """The same for an Excel workbook."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    file_name = "upload.xlsx"
