"""Packages that bring a provider, as somebody else would build and install them: a wheel, and pip without an index."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

HERE = Path(__file__).parent
#: Import package and distribution of the invented provider.
MODULE, NAME, VERSION = "ringwell_for_dialer", "ringwell-for-dialer", "1.0"


def files() -> dict[str, bytes]:
    """Return the files of the package: the provider's one module, and its payloads beside it."""
    payloads = {f"{MODULE}/payloads/{path.name}": path.read_bytes() for path in (HERE / "payloads").iterdir()}
    return {f"{MODULE}/__init__.py": (HERE / "ringwell.py").read_bytes(), **payloads}


def install(*, into: Path, contents: Mapping[str, bytes], entry_points: str) -> None:
    """Make a wheel of ``contents`` with the lines of its entry points, and install it into a folder."""
    wheel = into.parent / f"{MODULE}-{VERSION}-py3-none-any.whl"
    info = f"{MODULE}-{VERSION}.dist-info"
    about = {
        "METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "entry_points.txt": f"[dialer.providers]\n{entry_points}\n",
    }
    everything = {**contents, **{f"{info}/{name}": text.encode() for name, text in about.items()}}
    with ZipFile(wheel, "w") as archive:
        for name, content in everything.items():
            archive.writestr(name, content)
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in (*everything, f"{info}/RECORD")))
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    command += ["--no-deps", "--no-index", "--no-compile", "--target", str(into), str(wheel)]
    subprocess.run(command, check=True, capture_output=True, text=True)
