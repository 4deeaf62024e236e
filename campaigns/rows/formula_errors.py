"""Texts that programs show where a formula has failed: a bot would say them, or nothing. Pure.

Excel writes them into CSV files in the language of its user; of workbooks only that there is an error is read.
"""

from __future__ import annotations

import re

from campaigns.sheets.cells import FAILED

#: English (with those of Google Sheets and of LibreOffice), German, French, Spanish, Portuguese, Italian, Dutch.
_TEXTS = (
    FAILED, "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#FIELD!",
    "#BLOCKED!", "#UNKNOWN!", "#CONNECT!", "#BUSY!", "#GETTING_DATA",
    "#NV", "#BEZUG!", "#WERT!", "#ZAHL!", "#ÜBERLAUF!",
    "#VALEUR!", "#NOM?", "#NUL!", "#NOMBRE!",
    "#N/D", "#¡REF!", "#¡VALOR!", "#¡DIV/0!", "#¿NOMBRE?", "#¡NULO!", "#¡NUM!",
    "#VALOR!", "#NOME?", "#NULO!", "#NÚM!",
    "#RIF!", "#VALORE!", "#NULLO!",
    "#VERW!", "#WAARDE!", "#NAAM?", "#LEEG!", "#GETAL!",
)  # fmt: skip
#: One of them anywhere in a text: a first look, as most texts hold none.
MAY_HOLD = re.compile("|".join(re.escape(text) for text in _TEXTS) + r"|Err:5\d\d")
_KNOWN = frozenset(_TEXTS)
_OF_LIBREOFFICE = re.compile(r"Err:5\d\d")


def has_failed(cell: object) -> bool:
    """Return whether a cell holds what a formula that failed shows, and nothing else."""
    if not isinstance(cell, str):
        return False
    text = cell.strip()
    return text in _KNOWN or _OF_LIBREOFFICE.fullmatch(text) is not None


def said_of(cell: str) -> str:
    """Return why a row with such a cell is refused, as a sentence."""
    shown = "an error" if cell.strip() == FAILED else cell.strip()
    return f"A formula gives {shown} here: write its value."
