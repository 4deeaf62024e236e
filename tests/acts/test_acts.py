"""Every act, at every place of the admin and of REST, for everybody: allowed just as the table says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from campaigns.acts import SUPPRESS, UPLOAD
from dialer.acts import table
from tests.acts.asking import every_right, is_let, user_with
from tests.acts.places import Place, places

pytestmark = pytest.mark.django_db

#: Places that refuse more than the table does.
NARROWER = {
    "admin/campaigns/contact/add/": "contacts come by upload, or by REST",
    "admin/dialer/texttemplate/<path:object_id>/delete/": "only what the provider has refused",
    "admin/campaigns/contactlist/<path:object_id>/delete/": "only an empty one",
}
#: Places that show nothing and do nothing themselves.
LEADING = {"admin/dialer/switchboard/<path:object_id>/change/", "admin/dialer/switchboard/<path:object_id>/history/"}
CHANGES = ("add", "change", "delete")
#: Acts that one face has, and why the other has not; inputs of forms are in test_fields.
ONE_FACE = {
    **{f"auth.{model}.{verb}": ["admin"] for model in ("user", "group") for verb in ("view", *CHANGES)},
    **{f"django_celery_beat.periodictask.{verb}": ["admin"] for verb in ("view", *CHANGES)},
    # A quote is in the reply to a search; a refused text is sent again; a number is taken off and added.
    "dialer.numberquote.view": ["admin"],
    "dialer.texttemplate.delete": ["admin"],
    "campaigns.suppressednumber.change": ["admin"],
    # On a page of another act, which asks this one for what is in the form: see their own tests.
    "dialer.confirm_home": ["REST"],
    "campaigns.overwrite": [],
    "campaigns.export_contacts": [],
    # Of the page that operators meet first; scripts ask `manage.py check`.
    "dialer.findings.view": ["admin"],
    # What every page and reply shows: tests/attacks/test_whole_numbers.py.
    "dialer.numbers": [],
    # Which entries the audit shows.
    "dialer.access.view": [],
    # Parts of the page of a hosted dialer.
    "campaigns.hostedswitch.view": ["REST"],
    "campaigns.hostedbatch.view": ["REST"],
    # For programs.
    "campaigns.drip": ["REST"],
    "campaigns.feed": ["REST"],
}


@pytest.fixture(scope="module")
def everywhere() -> list[Place]:
    return places()


def judged(found: list[Place]) -> Iterator[Place]:
    """Give the places that judge by themselves, without a row being there."""
    for place in found:
        if place.name == "old" or place.path in LEADING or place.path.endswith("/history/"):
            continue
        yield place


def test_every_right_of_the_table_exists() -> None:
    assert {right for act in table().values() for right in act.rights} <= every_right()


def test_nobody_is_let_in_without_each_right_of_the_act(everywhere: list[Place]) -> None:
    """Somebody with all rights but one is refused: so is everybody who has fewer, e.g. any single other right."""
    every = every_right()
    wrong = [
        f"{place} without {missing}"
        for place in judged(everywhere)
        for missing in (place.act.rights if place.act and place.act.role else ("any",))
        if is_let(place, user_with(every - {missing}))
    ]
    assert "\n".join(wrong) == ""


def test_the_rights_of_the_act_let_in(everywhere: list[Place]) -> None:
    wrong = [
        str(place)
        for place in judged(everywhere)
        if place.act
        and place.name != "delete_selected"
        and place.act.role
        and not is_let(place, user_with(place.act.rights))
        and place.path not in NARROWER
    ]
    assert "\n".join(wrong) == ""


def test_an_act_has_both_faces(everywhere: list[Place]) -> None:
    """Where only one face has it, it is written down here; elsewhere both name one act, so both ask for the same."""
    faces: dict[str, set[str]] = {name: set() for name in table()}
    for place in everywhere:
        if place.act is not None and place.name != "delete_selected":
            faces[place.act.name].add("REST" if place.face == "REST" else "admin")
    assert {name: sorted(found) for name, found in faces.items() if found != {"REST", "admin"}} == ONE_FACE


def test_large_bodies_are_taken_of_those_who_may_send_files() -> None:
    assert set(settings.DIALER_UPLOAD_RIGHTS) == {*UPLOAD.rights, *SUPPRESS.rights}
