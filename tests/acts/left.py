"""Whether an act has left its entry in the audit, and which act an address is."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.urls import resolve

from dialer.acts import Act, asked
from dialer.api.permissions import act_of
from dialer.models import AuditEntry

#: One address does two acts, by what is in its form.
BESIDES = {"campaigns.upload": "campaigns.overwrite"}
#: Acts that are done for the sake of another one, whose entry says more.
FOR = {"campaigns.campaign.add": "campaigns.operate"}


def left_entry(act: str, *, by: str, face: str) -> bool:
    """Return whether there is an entry of this act, by this user, in this face, that says what it was on."""
    found = AuditEntry.objects.filter(act__in=[act, BESIDES.get(act, act)])
    told = [(one.act, one.by, one.face) for one in AuditEntry.objects.all()]
    assert found.filter(by=by, face=face).exclude(subject="").exclude(what="").exists(), (act, told)
    return True


def act_of_post(callback: Any) -> str:
    """Return the act of a POST of the API."""
    made = callback.cls(**getattr(callback, "initkwargs", {}))
    made.action_map = getattr(callback, "actions", None)
    return _name(act_of(made, method="POST"))


def act_of_page(url: str) -> str:
    """Return the act of a form that is sent to a page of the admin."""
    match = resolve(url)
    if hasattr(match.func, "act"):
        return _name(asked(match.func.act, method="POST"))
    app, model, page = str(match.url_name).split("_")
    return "dialer.switchboard.change" if model == "switchboard" else f"{app}.{model}.{page}"


def act_of_action(model: type[Model], name: str) -> str:
    """Return the act of an action of a list."""
    actions = admin.site._registry[model]._get_base_actions()  # type: ignore[attr-defined]
    return next(_name(function.act) for function, one, _ in actions if one == name)


def _name(act: Act | None) -> str:
    assert act is not None
    return act.name
