"""Each feature that the README and the docs promise has a test that goes through it as its users do.

A page, or a heading of one, that is not in the table fails: who writes of a feature names the walk that tries it.
"""

from __future__ import annotations

import re

import pytest

from tests.sources import PROJECT

#: Pages that promise nothing to try, and why.
NOT_WALKED = {
    "adding-a-provider": "for developers: the conformance suite asks each provider (tests/providers)",
    "compare": "what others do; of ours it names the tests and commands",
    "decisions": "why it is as it is",
    "figures": "measured by make bench",
    "how-it-works": "the inside; its promises are tried by make chaos",
    "reliability": "written by make chaos",
    "performance": "written by make bench; its arithmetic by tests/benchmarks/test_performance.py",
    "releasing": "for maintainers; tests/test_releasing.py holds what can be held",
    "security": "tried line by line by make attacks",
}
#: By page its headings, each with the tests that walk it, under tests/.
WALKS: dict[str, dict[str, str]] = {
    "accounts": {
        "Check an account": "dialer/accounts/check/test_faces.py",
        "Results that do not arrive": "webhooks/test_result_counts.py",
        "Longest call": "campaigns/settling/test_call_lengths.py",
        "Lines that are free before their results come (VoxCore)": "campaigns/claiming/test_fleet_bound.py",
        "What is at the provider (IVR Solutions)": "dialer/accounts/sync/test_runs.py",
        "Text templates (IVR Solutions)": "dialer/accounts/test_texts.py",
        "Agents and extensions (IVR Solutions)": "dialer/accounts/test_staffing.py",
        "Buying numbers (IVR Solutions)": "dialer/accounts/test_buying.py",
        "Pre-fetch: a bot asks for the contact's variables": "webhooks/test_prefetching.py",
        "Calls: recordings and participants": "campaigns/calls/test_recordings.py",
    },
    "api": {
        "Before the walk": "dialer/test_keys.py",
        "1. An account, its DIDs, and where it must push": "api/test_walk.py",
        "2. A list, filled": "api/test_uploads.py",
        "3. Numbers never to call": "api/test_suppression.py",
        "4. What the call does, and the campaign": "api/test_walk.py",
        "5. Start, add, watch, stop": "api/test_walk.py",
        "6. Results": "api/test_feed.py",
        "A client in Python": "walks/test_blocks.py",
        "Errors": "api/test_errors.py",
        "Is an account working?": "api/test_accounts.py",
        "Who may do what": "acts/test_acts.py",
        "API keys": "attacks/test_api_keys.py",
    },
    "backup": {
        "What counts as elsewhere": "dialer/home/test_comparing.py",
        "A doubt, and its end": "api/test_home.py",
        "Another one dials": "campaigns/lifecycle/test_home.py",
        "Planned pauses": "campaigns/lifecycle/test_home.py",
        "Fail-over": "chaos/test_fail_over.py",
        "Clocks": "campaigns/placing/test_clock.py",
        "Making backups": "chaos/test_copies.py",
    },
    "deploy": {
        "One Debian machine": "walks/test_deploy.py",
        "Docker": "test_deployment.py",
        "Kubernetes": "test_kubernetes.py",
        "Afterwards": "campaigns/rehearsing/test_first_steps.py",
    },
    "explaining": {
        "A lead": "campaigns/explaining/test_why_not_now.py",
        "A person": "admin/test_person.py",
        "A call": "admin/test_call_page.py",
        "A campaign": "campaigns/explaining/test_campaigns.py",
        "Lines": "campaigns/explaining/test_line_owners.py",
        "Evidence": "campaigns/explaining/test_evidence.py",
        "Before the start": "campaigns/explaining/test_preflight.py",
        "Home": "admin/test_overview.py",
        "A campaign's page": "admin/test_live.py",
        "Words": "admin/test_words.py",
        "A report for the client": "admin/test_client_report.py",
        "DID health": "admin/test_did_health.py",
        "Times": "admin/test_zones.py",
    },
    "failover": {
        "What it does": "walks/test_failover.py",
        "Set it up in the admin": "walks/test_failover.py",
        "By curl": "walks/test_failover.py",
        "While it runs": "api/test_failover.py",
    },
    "files": {
        "What can be said of a file": "campaigns/importing/test_odd_files.py",
        "Forms of files": "api/test_upload_files.py",
        "Columns": "campaigns/importing/test_cases.py",
        "What is refused, and how it is named": "campaigns/importing/test_files.py",
        "Workbooks": "campaigns/importing/test_odd_files.py",
        "Files that we write": "campaigns/rows/test_spreadsheet.py",
        "Large files": "campaigns/importing/test_large.py",
        "Bodies that break off": "attacks/test_bodies.py",
    },
    "hosted": {
        "What is refused, with the reason": "campaigns/rules/test_hosted.py",
        "What happens": "campaigns/hosting/test_hosted_campaigns.py",
        "What you see": "campaigns/hosting/test_seeing_hosted.py",
    },
    "jobs": {
        "Recurring campaigns": "campaigns/lifecycle/test_schedule.py",
        "Single calls": "api/test_calls.py",
        "Imports from a file or an address": "attacks/test_addresses.py",
        "Exports": "campaigns/exports/test_files.py",
        "By command": "campaigns/lifecycle/test_commands.py",
        "On a schedule": "campaigns/jobs/test_runs.py",
        "Logs of providers": "webhooks/test_log_rereading.py",
    },
    "operating": {
        "Installing": "walks/test_deploy.py",
        "How large": "history/test_statements.py",
        "Upgrades": "campaigns/lifecycle/test_drain.py",
        "The audit": "campaigns/promises/test_audit.py",
        "Metrics": "chaos/test_metrics.py",
        "Traces and errors": "traces/test_one_trace.py",
        "When something goes wrong": "walks/test_troubles.py",
        "Checks": "dialer/checks/test_settings.py",
        "Connections to PostgreSQL": "dialer/checks/test_pooler.py",
        "Many machines": "chaos/test_machines.py",
        "Pushes": "attacks/test_pushes.py",
        "How long things are kept": "campaigns/retention/test_calls.py",
        "Erasing a person": "campaigns/erasure/test_erasing.py",
        "Reads that take long": "attacks/test_large_reads.py",
        "Keys": "attacks/test_rotated_keys.py",
        "Log-ins": "attacks/test_logins.py",
        "What we ask": "attacks/test_addresses.py",
        "Logs": "logs",
        "Headers": "attacks/test_headers.py",
    },
    "providers": {
        "What each can do": "providers/test_table.py",
        "Notes written back": "campaigns/calls/test_note_writing.py",
        "VoxCore": "providers/test_voxcore.py",
        "Intellicall": "providers/test_intellicall.py",
        "Altur": "providers/test_altur.py",
        "Astradial": "providers/test_astradial.py",
        "IVR Solutions": "sandbox/test_ivrsolutions_calls.py",
        "Adding a provider": "providers/test_registry.py",
    },
    "rights": {
        "Roles": "acts/test_roles.py",
        "Numbers": "attacks/test_whole_numbers.py",
        "Recordings": "campaigns/calls/test_recordings.py",
        "Audit": "acts/test_audited.py",
        "The table": "acts/test_roles.py",
    },
    "rules": {
        "Suppression": "campaigns/test_suppression.py",
        "Refusals": "campaigns/settling/test_refusals.py",
        "Hours": "campaigns/claiming/test_rules.py",
        "Numbers": "api/test_numbers.py",
        "Caps": "campaigns/rules/test_caps.py",
        "Retries": "campaigns/rules/test_retry.py",
        "Pausing by itself": "campaigns/lifecycle/test_brakes.py",
        "What a started campaign relies on": "campaigns/lifecycle/test_relied_on.py",
        "DIDs": "campaigns/claiming/test_did_rotation.py",
        "Profiles": "api/test_rules.py",
        "Example": "api/test_rules.py",
        "How they are tried": "rules",
    },
    "sandbox": {
        "Rehearse: nobody is called": "campaigns/rehearsing/test_rehearsal.py",
        "First steps": "campaigns/rehearsing/test_first_steps.py",
        "Starting it": "sandbox/test_starting.py",
        "Time": "sandbox/test_hours.py",
        "Accounts": "providers/test_sandbox.py",
        "Numbers that choose": "sandbox/test_suffixes.py",
        "Faults by ratio": "sandbox/test_faults.py",
        "The ledger": "sandbox/test_ledger.py",
        "Astradial's traps": "sandbox/test_astradial.py",
        "IVR Solutions": "sandbox/test_ivrsolutions_document.py",
        "Adding a dialect": "providers/test_registry.py",
        "What it costs": "sandbox/test_fill.py",
    },
    "webhooks": {
        "What arrives": "webhooks/test_telling.py",
        "As you want it": "webhooks/test_ways.py",
        "Told again": "webhooks/test_ways.py",
        "Verifying": "webhooks/test_standard_webhooks.py",
        "Pulling instead": "api/test_feed.py",
        "Where it may go": "webhooks/test_telling.py",
    },
}
PAGES = {path.stem: path.read_text() for path in sorted((PROJECT / "docs").glob("*.md"))}
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def headings(page: str) -> list[str]:
    """Return the headings of a page, without what looks like one in its examples."""
    return re.findall(r"^## (.+)$", _FENCED.sub("", page), re.MULTILINE)


def test_every_page_is_walked_or_says_why_not() -> None:
    assert sorted([*WALKS, *NOT_WALKED]) == sorted(PAGES)
    readme = (PROJECT / "README.md").read_text()
    assert [name for name in PAGES if f"(docs/{name}.md)" not in readme] == [], "nobody finds these pages"


@pytest.mark.parametrize("page", WALKS)
def test_every_heading_has_a_walk_that_is_there(page: str) -> None:
    assert list(WALKS[page]) == headings(PAGES[page])
    missing = [walk for walk in WALKS[page].values() if not (PROJECT / "tests" / walk).exists()]
    assert missing == []
