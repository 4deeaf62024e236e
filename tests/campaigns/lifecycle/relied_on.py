"""A running campaign with all that it relies on, and every way to take that away or change it, by every face."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from campaigns.models import (
    CallTemplate,
    Campaign,
    RulesProfile,
    SuppressedNumber,
    SuppressionList,
)
from dialer.admin.rows import RowsWidget
from dialer.models import DID, Agent, DIDGroup, ProviderAccount
from tests.campaigns.world import NOON, account, agent, campaign

API = "/api/v1"
ADMIN = "/admin"


@dataclass
class Stage:
    """A campaign of an account whose calls ring an agent first, and clients of both faces."""

    owner: ProviderAccount
    other: ProviderAccount
    made: Campaign
    line: DID
    group: DIDGroup | None
    person: Agent
    own_list: SuppressionList
    house_list: SuppressionList
    api: APIClient = field(default_factory=APIClient)
    admin: Client = field(default_factory=Client)

    @property
    def group_id(self) -> int:
        """The group that the campaign takes."""
        assert self.group is not None
        return self.group.pk

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        """Change something over REST."""
        return self.api.patch(f"{API}/{path}", body, format="json")

    def form(self, path: str, **changes: Any) -> Any:
        """Send the form of a page of the admin as it is shown, with changes; None leaves an input out."""
        address = f"{ADMIN}/{path}"
        shown = {**shown_by(self.admin.get(address)), **changes}
        return self.admin.post(address, {name: value for name, value in shown.items() if value is not None})


def stage(*, by_group: bool = False, state: str = "RUNNING") -> Stage:
    """Return a campaign with one DID (by a group or its own), one agent, a list of its own and one of the house."""
    owner, other = account(provider="intellicall", fleet=None), account(provider="intellicall", fleet=None)
    line, person = DID.objects.create(account=owner, number="+918012345678", max_live_calls=9), agent(owner)
    Agent.objects.filter(pk=person.pk).update(max_live_calls=9)
    profile = RulesProfile.objects.create(slug="land", name="Land", rules={"series": {"SERVICE": ["+9180"]}})
    made = campaign(
        owner,
        leads=6,
        dids=[] if by_group else [line],
        agents=[person],
        profile=profile,
        purpose="SERVICE",
        state=state,
    )
    group = None
    if by_group:
        group = DIDGroup.objects.create(name="West", account=owner)
        group.dids.add(line)
        made.did_groups.add(group)
    own_list = SuppressionList.objects.create(name="Own", applies_to_all=False)
    house_list = SuppressionList.objects.create(name="House", applies_to_all=True)
    made.suppression_lists.add(own_list)
    for listed, lead in zip((own_list, house_list), made.leads.order_by("id"), strict=False):
        SuppressedNumber.objects.create(suppression_list=listed, number=lead.number)
    found = Stage(owner, other, made, line, group, person, own_list, house_list)
    user = User.objects.create_superuser("root")
    found.api.force_authenticate(user)
    found.admin.force_login(user)
    return found


def shown_by(page: Any) -> dict[str, Any]:
    """Return what a browser would send of a page of the admin that is saved as it is."""
    assert page.status_code == 200, page.status_code
    forms = [page.context["adminform"].form]
    for inline in page.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.initial_forms]
    sent: dict[str, Any] = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if isinstance(widget := bound.field.widget, RowsWidget):
                sent |= widget.inputs(bound.html_name, value)
                continue
            if value is None or value is False:
                continue
            if isinstance(value, list | tuple):
                sent[bound.html_name] = [getattr(one, "pk", one) for one in value]
            else:
                sent[bound.html_name] = "on" if value is True else getattr(value, "pk", value)
    return sent


def sql(statement: str, *values: Any) -> None:
    """Write past everything of ours."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


Act = Callable[[Stage], Any]

#: What is kept while the campaign is started: the thing and the way, and the act. Whether the stage has a group follows
#: from the name.
KEPT: dict[str, Act] = {
    "dids: REST PATCH campaign": lambda s: s.patch(f"campaigns/{s.made.pk}/", {"dids": []}),
    "dids: REST DELETE": lambda s: s.api.delete(f"{API}/dids/{s.line.pk}/"),
    "dids: admin form of the campaign": lambda s: s.form(f"campaigns/campaign/{s.made.pk}/change/", dids=None),
    "dids: admin delete": lambda s: s.admin.post(f"{ADMIN}/dialer/did/{s.line.pk}/delete/", {"post": "yes"}),
    "dids: relation": lambda s: s.made.dids.clear(),
    "dids: delete in bulk": lambda s: DID.objects.all().delete(),
    "dids: SQL": lambda s: sql("DELETE FROM campaigns_campaign_dids"),
    "group: REST PATCH campaign": lambda s: s.patch(f"campaigns/{s.made.pk}/", {"did_groups": []}),
    "group: REST PATCH group": lambda s: s.patch(f"did-groups/{s.group_id}/", {"dids": []}),
    "group: REST DELETE group": lambda s: s.api.delete(f"{API}/did-groups/{s.group_id}/"),
    "group: admin form of the group": lambda s: s.form(f"dialer/didgroup/{s.group_id}/change/", dids=None),
    "group: delete in bulk": lambda s: DIDGroup.objects.all().delete(),
    "group: SQL on the campaign": lambda s: sql("DELETE FROM campaigns_campaign_did_groups"),
    "group: SQL on the group": lambda s: sql("DELETE FROM dialer_didgroup_dids"),
    "agents: REST PATCH campaign": lambda s: s.patch(f"campaigns/{s.made.pk}/", {"agents": []}),
    "agents: REST DELETE": lambda s: s.api.delete(f"{API}/agents/{s.person.pk}/"),
    "agents: relation": lambda s: s.made.agents.clear(),
    "agents: delete in bulk": lambda s: Agent.objects.all().delete(),
    "agents: SQL": lambda s: sql("DELETE FROM campaigns_campaign_agents"),
    "list: REST PATCH campaign": lambda s: s.patch(f"campaigns/{s.made.pk}/", {"suppression_lists": []}),
    "list: REST DELETE": lambda s: s.api.delete(f"{API}/suppression-lists/{s.own_list.pk}/"),
    "list: admin form of the campaign": lambda s: s.form(
        f"campaigns/campaign/{s.made.pk}/change/", suppression_lists=None
    ),
    "list: relation": lambda s: s.made.suppression_lists.clear(),
    "list: delete in bulk": lambda s: SuppressionList.objects.filter(applies_to_all=False).delete(),
    "list: SQL": lambda s: sql("DELETE FROM campaigns_campaign_suppression_lists"),
    "house list: REST DELETE": lambda s: s.api.delete(f"{API}/suppression-lists/{s.house_list.pk}/"),
    "house list: REST PATCH": lambda s: s.patch(f"suppression-lists/{s.house_list.pk}/", {"applies_to_all": False}),
    "house list: admin form": lambda s: s.form(
        f"campaigns/suppressionlist/{s.house_list.pk}/change/", applies_to_all=None
    ),
    "house list: update in bulk": lambda s: SuppressionList.objects.update(applies_to_all=False),
    "house list: delete in bulk": lambda s: SuppressionList.objects.filter(applies_to_all=True).delete(),
    "template: REST DELETE": lambda s: s.api.delete(f"{API}/templates/{s.made.template_id}/"),
    "template: delete in bulk": lambda s: CallTemplate.objects.all().delete(),
    "account: REST DELETE": lambda s: s.api.delete(f"{API}/accounts/{s.owner.pk}/"),
    "profile: delete in bulk": lambda s: RulesProfile.objects.filter(slug="land").delete(),
    "dids: REST PATCH to another account": lambda s: s.patch(f"dids/{s.line.pk}/", {"account": s.other.pk}),
    "agents: REST PATCH to another account": lambda s: s.patch(f"agents/{s.person.pk}/", {"account": s.other.pk}),
    "group: REST PATCH to another account": lambda s: s.patch(f"did-groups/{s.group_id}/", {"account": s.other.pk}),
}


def _template(**values: Any) -> Act:
    return lambda s: CallTemplate.objects.filter(pk=s.made.template_id).update(**values)


def _campaign(**values: Any) -> Act:
    return lambda s: Campaign.objects.filter(pk=s.made.pk).update(**values)


def _another_template(s: Stage) -> None:
    bot = CallTemplate.objects.create(name="Bot", provider="voxcore", action="VOICE_BOT", options={"bot_id": "b"})
    Campaign.objects.filter(pk=s.made.pk).update(template=bot)


def _second_account(s: Stage) -> None:
    Campaign.objects.filter(pk=s.made.pk).update(fallback_account=account())


def _profile_over_rest(s: Stage) -> Any:
    latest = RulesProfile.objects.get(slug="land", is_latest=True)
    return s.patch(f"rules-profiles/{latest.pk}/", {"rules": {"series": {"SERVICE": ["+91140"]}}})


#: What may be changed and lets the campaign call no more: past our faces.
STOPPED: dict[str, Act] = {
    "DIDs off": lambda s: DID.objects.update(is_active=False),
    "DIDs moved": lambda s: DID.objects.update(account=s.other),
    "agents disabled": lambda s: Agent.objects.update(is_disabled_there=True),
    "agents expired": lambda s: Agent.objects.update(expires_at=NOON - timedelta(hours=1)),
    "agents moved": lambda s: Agent.objects.update(account=s.other),
    "template waits": _template(approval="WAITING"),
    "template rejected": _template(approval="REJECTED"),
    "template of another provider": _template(provider="voxcore", action="VOICE_BOT", options={"bot_id": "b"}),
    "template of a provider that is gone": _template(provider="gone"),
    "template's action": _template(action="SPEAK_TEXT"),
    "template's options": _template(options={"unknown": 1}),
    "template's variables": _template(variables=["name"]),
    "another template": _another_template,
    "second account": _second_account,
    "no purpose": _campaign(purpose=""),
    "windows broken": _campaign(time_zone="Nowhere/None"),
    "days broken": _campaign(blackout_dates=["some day"]),
    "provider gone": lambda s: ProviderAccount.objects.filter(pk=s.owner.pk).update(provider="gone"),
    "account off": lambda s: ProviderAccount.objects.filter(pk=s.owner.pk).update(is_active=False),
}
#: The same by a face, which says it in its answer.
TOLD: dict[str, Act] = {
    "REST: DID off": lambda s: s.patch(f"dids/{s.line.pk}/", {"is_active": False}),
    "REST: agent expires": lambda s: s.patch(f"agents/{s.person.pk}/", {"expires_at": "2020-01-01T00:00:00Z"}),
    "REST: template waits": lambda s: s.patch(f"templates/{s.made.template_id}/", {"approval": "WAITING"}),
    "REST: profile": _profile_over_rest,
    "REST: purpose": lambda s: s.patch(f"campaigns/{s.made.pk}/", {"purpose": ""}),
    "admin: DID off": lambda s: s.form(f"dialer/did/{s.line.pk}/change/", is_active=None),
    "admin: template waits": lambda s: s.form(
        f"campaigns/calltemplate/{s.made.template_id}/change/", approval="WAITING"
    ),
}
