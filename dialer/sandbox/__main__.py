"""``python -m dialer.sandbox``: run the sandbox carrier."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import uvloop

from dialer.logs.configuration import configure_without_django
from dialer.sandbox.carrier import UnknownDialect
from dialer.sandbox.server import serve
from dialer.sandbox.settings import BadSetting


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the carrier to a parser."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8765, help="port, 0 for a free one (default: %(default)s)")
    parser.add_argument("--port-file", type=Path, help="file that gets the port once the carrier listens")
    parser.add_argument("--time-factor", type=_factor, default=1.0, help="divides simulated seconds (default: 1)")
    parser.add_argument("--seed", type=int, default=1, help="of the random draws (default: %(default)s)")
    parser.add_argument("--accounts", type=Path, help='JSON file {"<slug>/<account>": {settings}, ...}')
    parser.add_argument("--stop-with-parent", action="store_true", help="stop when the starting process is gone")


def run(options: dict[str, Any]) -> str | None:
    """Run the carrier until it is told to stop; return what was wrong with the options, None for nothing.

    ``accounts``: the file, or what stands in it.
    """
    given: Path | Mapping[str, Any] | None = options["accounts"]
    try:
        accounts = _accounts(given) if isinstance(given, Path) else given or {}
        uvloop.run(
            serve(
                host=options["host"],
                port=options["port"],
                listener=options.get("listener"),
                port_file=options["port_file"],
                time_factor=options["time_factor"],
                seed=options["seed"],
                accounts=accounts,
                stop_with_parent=options["stop_with_parent"],
            )
        )
    except (BadSetting, UnknownDialect, OSError, orjson.JSONDecodeError) as error:
        return f"sandbox: {error}"
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the carrier with command line arguments; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m dialer.sandbox", description=__doc__)
    add_arguments(parser)
    configure_without_django()
    problem = run(vars(parser.parse_args(arguments)))
    if problem is None:
        return 0
    sys.stderr.write(f"{problem}\n")
    return 1


def _accounts(path: Path) -> Mapping[str, Any]:
    accounts = orjson.loads(path.read_bytes())
    if not isinstance(accounts, dict) or not all(isinstance(settings, dict) for settings in accounts.values()):
        raise BadSetting('The accounts file must be {"<slug>/<account>": {settings}, ...}.')
    return accounts


def _factor(value: str) -> float:
    factor = float(value)
    if factor <= 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return factor


if __name__ == "__main__":
    sys.exit(main())
