"""Loads the profiles that come with the project (``campaigns/profiles/*.toml``) after every migration.

A file that is new becomes version 1; one whose text has changed becomes the next version, unless somebody has edited
the profile here: an edit is never overwritten.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from campaigns.models import RulesProfile

FOLDER = Path(__file__).parent


def load_profiles(*, folder: Path = FOLDER) -> list[str]:
    """Make versions of what is new in the files; return the slugs concerned. Safe to repeat. Raises ValidationError."""
    return [path.stem for path in sorted(folder.glob("*.toml")) if _load(path)]


@transaction.atomic
def _load(path: Path) -> bool:
    text = path.read_bytes()
    digest = hashlib.sha256(text).hexdigest()
    latest = RulesProfile.objects.select_for_update().filter(slug=path.stem, is_latest=True).first()
    if latest is not None and latest.file_digest in ("", digest):
        return False
    data: dict[str, Any] = tomllib.loads(text.decode())
    made = RulesProfile(
        slug=path.stem,
        name=data["name"],
        rules=data["rules"],
        sources=data.get("sources", []),
        file_digest=digest,
        created_by=path.name,
    )
    made.clean()
    made.save()
    return True
