"""The version of the program: it stands here and nowhere else. What changes with it: docs/releasing.md."""

from __future__ import annotations

VERSION = "1.0.0"
