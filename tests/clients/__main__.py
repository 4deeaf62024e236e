"""Generate two clients from the OpenAPI document and do three jobs with each: ``python -m tests.clients``.

In Python by openapi-python-client, all of whose modules are imported; it says what it cannot make: files (CSV, audio),
which are fetched without it. In TypeScript by @hey-api/openapi-ts, where Node is there: all of it is compiled strictly.
"""

from __future__ import annotations

import importlib
import pkgutil
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.fuzz.server import Asked, web_process

PACKAGE = "dialer_client"
#: Answers that are no JSON.
NOT_MADE = ("recording", "evidence", "upload", "export", "refusals")


def main() -> int:
    """Return the exit code."""
    with web_process(name="clients") as asked, tempfile.TemporaryDirectory() as folder:
        warned = generate(asked, folder=Path(folder))
        sys.path.insert(0, folder)
        modules = every_module()
        print(f"{len(modules)} modules were generated and imported; {len(warned)} answers are files.")
        unknown = [line for line in warned if not any(word in line for word in NOT_MADE)]
        for line in unknown:
            print(f"Not generated: {line}")
        client = importlib.import_module(PACKAGE).AuthenticatedClient(
            base_url=asked.url, token=asked.key, raise_on_unexpected_status=True
        )
        for job in (fill_a_list, cancel_leads, read_results):
            print(f"{job.__name__}: {job(client)}")
        print(typescript(asked, folder=Path(folder) / "typescript"))
    return int(bool(unknown))


def generate(asked: Asked, *, folder: Path) -> list[str]:
    """Write the client into ``folder``; return the lines that say what could not be made."""
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("openapi-python-client")), "generate",
            "--url", f"{asked.url}/api/v1/openapi.json",
            "--output-path", str(folder / PACKAGE), "--meta", "none",
        ],
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    return [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("WARNING")]


def typescript(asked: Asked, *, folder: Path) -> str:
    """Make the client in TypeScript, compile it and do the three jobs; return what they say. Needs Node 20 or newer."""
    if shutil.which("npm") is None:
        return "TypeScript: not tried, as there is no Node here."
    shutil.copytree(Path(__file__).parent / "typescript", folder)
    for command in (
        ["npm", "ci", "--no-audit", "--no-fund", "--silent"],
        ["npx", "openapi-ts", "--input", f"{asked.url}/api/v1/openapi.json", "--output", "client"],
        ["npx", "tsc", "--project", "."],
    ):
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    jobs = ["node", "out/jobs.js", asked.url, asked.key]
    said = subprocess.run(jobs, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout
    return f"In TypeScript:\n{said.strip()}"


def every_module() -> list[ModuleType]:
    """Import the whole client."""
    package = importlib.import_module(PACKAGE)
    names = [one.name for one in pkgutil.walk_packages(package.__path__, f"{PACKAGE}.")]
    return [importlib.import_module(name) for name in names]


def _call(operation: str, *args: Any, client: Any, **given: Any) -> Any:
    resource, _, _ = operation.partition(".")
    module = importlib.import_module(f"{PACKAGE}.api.{operation}")
    answer = module.sync(*args, client=client, **given)
    assert type(answer).__name__ != "Error", answer
    assert answer is not None, f"{resource}: nothing came back"
    return answer


def fill_a_list(client: Any) -> str:
    """Make a list, and upload contacts to it as rows."""
    models = importlib.import_module(f"{PACKAGE}.models")
    made = _call("lists.lists_create", client=client, body=models.ContactListRequest(name="Renewals, November"))
    rows = [{"phone": "+919812345678", "name": "Asha"}, {"phone": "12"}]
    body = models.UploadRowsRequest.from_dict({"rows": rows})
    read = _call("lists.lists_upload", made.id, client=client, body=body, idempotency_key="november-1")
    assert (read.rows_accepted, read.rows_refused) == (1, 1)
    return f"{read.rows_accepted} accepted, {read.rows_refused} refused"


def cancel_leads(client: Any) -> str:
    """Count the waiting leads of a campaign and take them out."""
    models = importlib.import_module(f"{PACKAGE}.models")
    campaign = _call("campaigns.campaigns_list", client=client).results[0]
    those = {"filter": {"campaign": campaign.id}}
    counted = _call(
        "leads.leads_cancel_many", client=client, body=models.ManyRequest.from_dict({**those, "dry_run": True})
    )
    body = models.ManyRequest.from_dict({**those, "count": counted.count})
    done = _call("leads.leads_cancel_many", client=client, body=body)
    assert (counted.count, done.done) == (1, 1)
    return f"{done.done} of {counted.count}"


def read_results(client: Any) -> str:
    """Read attempts and the feed."""
    attempts = _call("attempts.attempts_list", client=client).results
    page = _call("results.results_list", client=client, after=0)
    assert len(attempts) == 1
    return f"{len(attempts)} attempt, the feed goes on after {page.next_after}"


if __name__ == "__main__":
    sys.exit(main())
