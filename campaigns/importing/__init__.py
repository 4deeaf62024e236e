"""Uploads to contact lists: bytes in, contacts and a report of every row that became none out."""

from campaigns.importing.problems import ImportProblem, UploadTooLarge
from campaigns.importing.reading import AS_FOUND, Choices
from campaigns.importing.receiving import create_import
from campaigns.importing.reporting import refusal_report
from campaigns.importing.running import import_rows, run_import, run_waiting_imports
from campaigns.importing.sources import file_rows

__all__ = [
    "AS_FOUND",
    "Choices",
    "ImportProblem",
    "UploadTooLarge",
    "create_import",
    "file_rows",
    "import_rows",
    "refusal_report",
    "run_import",
    "run_waiting_imports",
]
