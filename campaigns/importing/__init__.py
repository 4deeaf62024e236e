"""Uploads to contact lists: bytes in, contacts and a report of every row that became none out."""

from campaigns.importing.canceling import cancel_import
from campaigns.importing.previewing import first_objects, first_rows, row_results
from campaigns.importing.problems import ImportProblem, UploadTooLarge
from campaigns.importing.reading import AS_FOUND, Choices
from campaigns.importing.receiving import create_import, give_key_back
from campaigns.importing.reporting import refusal_report
from campaigns.importing.running import import_rows, run_import, run_waiting_imports
from campaigns.importing.sources import file_rows

__all__ = [
    "AS_FOUND",
    "Choices",
    "ImportProblem",
    "UploadTooLarge",
    "cancel_import",
    "create_import",
    "file_rows",
    "first_objects",
    "first_rows",
    "give_key_back",
    "import_rows",
    "refusal_report",
    "row_results",
    "run_import",
    "run_waiting_imports",
]
