"""Starts the keeper as a script of its own: `keep.py KIND DATA_DIR durable|fast`."""

from __future__ import annotations

import sys
import types
from pathlib import Path

if __name__ == "__main__":
    # The package is entered by its folder, without what dialer/__init__.py imports: a small and fast keeper.
    package = types.ModuleType("dialer")
    package.__path__ = [str(Path(__file__).parents[1])]
    sys.modules["dialer"] = package

    from dialer.embedded.keeper import main

    main(sys.argv[1:])
