"""Fuzz the REST API by its own OpenAPI document: ``python -m tests.fuzz --minutes 10``.

schemathesis asks a web process of its own every operation with what the document allows and with what it forbids, and
in sequences by ids that earlier answers gave. Exits with 1 at an answer that is not in the document (status, kind,
shape) or is a 5xx.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.fuzz.server import Asked, web_process

#: What schemathesis looks at. Left out are those that hold the document to be all there is to know: it cannot say that
#: a DID must be of the campaign's account, nor that "7" is read as 7.
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "use_after_free", "ignored_auth",
    "unsupported_method", "allow_header_conformance",
)  # fmt: skip
#: They would end the key that asks.
NOT_ASKED = ("keys_revoke", "keys_rotate")


def main(arguments: list[str]) -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(prog="fuzz", description="Fuzz the REST API by its OpenAPI document.")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long, 1 where not given")
    parser.add_argument("--seed", type=int, default=None, help="of an earlier run, to have its requests again")
    parser.add_argument("--operation", default=None, help="only operation ids that match this regular expression")
    given = parser.parse_args(arguments)
    with web_process(name="fuzz") as asked:
        code = subprocess.call(_command(given, asked))
        print(f"The log of the web process: {asked.logs}" if code else "No fault, and no answer but those documented.")
    return int(bool(code))


def _command(given: argparse.Namespace, asked: Asked) -> list[str]:
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{asked.url}/api/v1/openapi.json",
        "--header", f"Authorization: Bearer {asked.key}",
        "--checks", ",".join(CHECKS),
        "--max-time", str(int(given.minutes * 60)),
        "--request-timeout", "60",
        "--continue-on-failure",
        "--generation-database", "none",
        "--warnings", "off",
        "--no-color",
    ]  # fmt: skip
    for name in NOT_ASKED:
        command += ["--exclude-operation-id", name]
    if given.seed is not None:
        command += ["--seed", str(given.seed)]
    if given.operation:
        command += ["--include-operation-id-regex", given.operation]
    return command


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
