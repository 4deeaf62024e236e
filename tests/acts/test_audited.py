"""Every act of the table of rights leaves an entry in the audit, from each face where it can be done.

That an entry is left is asserted where each act is done anyway (tests/doubles): here, that none is missing there, and
what is done by PATCH and DELETE.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from rest_framework.test import APIClient

from dialer.acts import table
from dialer.models import AuditEntry
from dialer.sandbox.client import SandboxClient
from tests.acts.left import act_of_action, act_of_page, act_of_post, left_entry
from tests.acts.places import places
from tests.acts.test_acts import judged
from tests.api.conftest import API, api
from tests.doubles.asked import ASKED, House, posts
from tests.doubles.test_form_acts import ACTIONS, ACTS
from tests.doubles.test_forms import NEW
from tests.doubles.test_rest import house
from tests.sandbox.carrier import carrier_process, receiver, sandbox

__all__ = ["api", "carrier_process", "house", "receiver", "sandbox"]
pytestmark = pytest.mark.django_db

#: Acts that leave their entry elsewhere, and where that is tried.
ELSEWHERE = {
    "campaigns.ring_in": "tests/campaigns/calls/test_participants.py, needs a live call",
    "campaigns.listen": "tests/campaigns/calls/test_recordings.py",
    "campaigns.export": "tests/attacks/test_values.py",
    "campaigns.export_contacts": "tests/campaigns/exports/test_faces.py",
    "campaigns.evidence": "tests/attacks/test_values.py",
    "campaigns.overwrite": "tests/dialer/audit/test_more.py: an upload that says update",
    "dialer.numbers": "looks",
    "campaigns.rehearse": "tests/campaigns/rehearsing/test_rehearsal.py, needs the carrier of the installation",
    "campaigns.feed": "looks: programs ask for it every few seconds",
    "axes.accessattempt.delete": "tests/dialer/audit/test_more.py",
    "django_celery_beat.periodictask.add": "tests/dialer/audit/test_more.py",
}
#: A value that each table takes in a PATCH.
PATCHED: dict[str, dict[str, Any]] = {
    "saved-filters/": {"name": "Due soon"},
    "campaigns/": {"weight": 9}, "did-groups/": {"name": "Other"}, "dids/": {"label": "Main"},
    "agents/": {"name": "B"}, "accounts/": {"max_live_calls": 9}, "lists/": {"name": "Other"},
    "contacts/": {"name": "Vikram"}, "templates/": {"name": "Other"}, "import-sources/": {"is_active": False},
    "suppression-lists/": {"name": "Other"}, "subscriptions/": {"name": "Other"}, "rules-profiles/": {"name": "Other"},
}  # fmt: skip


def changing() -> dict[str, set[str]]:
    """Return by address the methods that change or delete a row of the API."""
    found: dict[str, set[str]] = {}
    for place in places():
        if place.face == "REST" and place.method in ("PATCH", "DELETE"):
            found.setdefault(place.path.removeprefix("api/v1/").split("(")[0].removeprefix("^"), set()).add(
                place.method
            )
    return found


def test_every_act_is_done_in_a_test_that_looks_for_its_entry() -> None:
    done = {act_of_post(posts()[path]) for path in ASKED}
    done |= {act_of_action(model, name) for model, name in ACTIONS}
    done |= {f"{label.lower()}.{verb}" for label in NEW for verb in ("add", "delete", "change")}
    done |= {_page_act(name) for name in ACTS}
    done |= {f"{model._meta.label_lower}.{verb}" for model in admin.site._registry for verb in ("change", "delete")}
    acts = {place.act.name for place in judged(places()) if place.act is not None} | set(table())
    assert {act for act in acts if not act.endswith(".view")} - done == set(ELSEWHERE) - done


def _page_act(name: str) -> str:
    from django.urls import NoReverseMatch, reverse

    for args in ([], [1], [1, "pause"]):
        try:
            return act_of_page(reverse(f"admin:{name}", args=args))
        except NoReverseMatch:
            continue
    raise AssertionError(name)


@pytest.mark.parametrize("path", PATCHED)
def test_a_row_that_is_changed_and_deleted_over_rest_leaves_entries(
    api: APIClient, house: House, sandbox: SandboxClient, path: str
) -> None:
    _, body = ASKED[path](house)
    row = api.post(f"{API}/{path}", body).json()
    label = posts()[path].cls.queryset.model._meta.label_lower
    methods = changing()[path]
    if "PATCH" in methods:
        assert api.patch(f"{API}/{path}{row['id']}/", PATCHED[path]).status_code == 200
        assert left_entry(f"{label}.change", by="root", face="REST")
        entry = AuditEntry.objects.filter(act=f"{label}.change").latest("id")
        name, value = next(iter(PATCHED[path].items()))
        assert entry.changes[name][1] == value
    if "DELETE" in methods and path != "rules-profiles/":
        assert api.delete(f"{API}/{path}{row['id']}/").status_code == 204
        assert left_entry(f"{label}.delete", by="root", face="REST")


def test_every_row_that_rest_changes_or_deletes_is_tried() -> None:
    others = {"failed-logins/", "number-exceptions/"}
    assert set(changing()) - others == set(PATCHED)
