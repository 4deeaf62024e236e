"""A process that places one call with the standard library: ``python -m tests.benchmarks.limits.bare_start``.

Takes the address, the key and the DID from its command line. What Python itself needs to start is in it.
"""

from __future__ import annotations

import http.client
import json
import sys
from urllib.parse import urlsplit


def main(url: str, api_key: str, did: str) -> None:
    """Place one call."""
    there = urlsplit(url)
    body = json.dumps({"bot_id": "b", "to_number": "+919100000001", "from_number": did})
    connection = http.client.HTTPConnection(there.hostname or "", there.port)
    headers = {"content-type": "application/json", "x-api-key": api_key}
    connection.request("POST", f"{there.path}/api/v1/dialout", body, headers)
    if connection.getresponse().status != 200:
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
