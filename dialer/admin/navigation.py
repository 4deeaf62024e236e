"""The sidebar, by what a campaign manager does: ten entries, each with its pages, shown to those who may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils.module_loading import import_string

from dialer.acts import table

#: Title and model of a page, or the name of its address.
Page = tuple[str, str]
#: Title and icon of an entry, and its pages, the first of which it leads to. Home is before them.
ENTRIES: tuple[tuple[str, str, tuple[Page, ...]], ...] = (
    (
        "Campaigns",
        "campaign",
        (
            ("All campaigns", "campaigns.campaign"),
            ("Call templates", "campaigns.calltemplate"),
            ("Runs", "campaigns.campaignrun"),
            ("Notices", "campaigns.campaignnotice"),
            ("Hosted dialers", "campaigns.hosteddialer"),
        ),
    ),
    (
        "People",
        "person_search",
        (
            ("Contacts", "campaigns.contact"),
            ("Leads", "campaigns.lead"),
            ("Saved filters", "campaigns.savedfilter"),
            ("To decide", "campaigns.possibleoptout"),
            ("Callbacks", "campaigns.callback"),
            ("Not called, and why", "campaigns.skip"),
            ("Erasures", "campaigns.erasure"),
        ),
    ),
    ("Calls", "call_log", (("Attempts", "campaigns.attempt"), ("Notes on calls", "campaigns.callnote"))),
    (
        "Lists",
        "lists",
        (
            ("Contact lists", "campaigns.contactlist"),
            ("Imports", "campaigns.contactimport"),
            ("Import sources", "campaigns.importsource"),
        ),
    ),
    (
        "Suppression",
        "block",
        (
            ("Suppression lists", "campaigns.suppressionlist"),
            ("Suppressed numbers", "campaigns.suppressednumber"),
            ("Opt-outs", "campaigns.optout"),
        ),
    ),
    (
        "Numbers and agents",
        "dialpad",
        (
            ("DIDs", "dialer.did"),
            ("DID health", "admin:campaigns_did_health"),
            ("DID groups", "dialer.didgroup"),
            ("Agents", "dialer.agent"),
        ),
    ),
    (
        "Accounts",
        "cell_tower",
        (
            ("Provider accounts", "dialer.provideraccount"),
            ("Text templates", "dialer.texttemplate"),
            ("At the provider", "dialer.synceditem"),
            ("Switchboard", "dialer.switchboard"),
        ),
    ),
    (
        "Reports",
        "monitoring",
        (
            ("Exports", "admin:campaigns_campaign_exports"),
            ("Audit", "dialer.auditentry"),
            ("Job runs", "campaigns.jobrun"),
            ("Provider events", "webhooks.providerevent"),
            ("Subscriptions", "webhooks.subscription"),
            ("Deliveries", "webhooks.delivery"),
            ("Archives", "dialer.archive"),
        ),
    ),
    (
        "Settings",
        "settings",
        (
            ("Rules profiles", "campaigns.rulesprofile"),
            ("Number exceptions", "campaigns.numberexception"),
            ("Scheduled jobs", "django_celery_beat.periodictask"),
            ("API keys", "dialer.apikey"),
            ("Users", "auth.user"),
            ("Groups", "auth.group"),
            ("Failed log-ins", "axes.accessattempt"),
        ),
    ),
)

#: The acts that pages of their own ask for; all others ask for seeing their table.
ACTS = {"admin:campaigns_campaign_exports": "campaigns.export", "admin:campaigns_did_health": "campaigns.attempt.view"}
#: What counts beside a page, and beside its entry, the things that wait for somebody, by its model.
BADGES = {"campaigns.possibleoptout": "campaigns.admin.possible_opt_outs.waiting_badge"}


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the entries of the sidebar for the user of ``request``, each with the pages that he may see."""
    home = {"title": "Home", "icon": "home", "link": reverse("admin:index"), "items": []}
    entries = [home | {"active": request.path == home["link"]}]
    for title, icon, pages in ENTRIES:
        items = [_page(request, page) for page in pages if _may_view(request, page[1])]
        if items:
            entries.append(_entry(title, icon, items))
    return [{"title": "", "items": entries}]


def _entry(title: str, icon: str, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    badge = next((one["badge"] for one in items if one.get("badge")), "")
    entry = {"title": title, "icon": icon, "link": items[0]["link"], "items": list(items)}
    return entry | {"active": any(one["active"] for one in items)} | ({"badge": badge} if badge else {})


def _page(request: HttpRequest, page: Page) -> dict[str, Any]:
    title, label = page
    addresses = _addresses(get_script_prefix())
    link = addresses[label]
    # A page of its own lies below the address of a table, and is not of that table.
    is_own = label not in ACTS and any(request.path.startswith(addresses[own]) for own in ACTS)
    badge = import_string(BADGES[label])(request) if label in BADGES else ""
    active = request.path.startswith(link) and not is_own
    item = {"title": title, "link": link, "active": active, "here": request.path == link}
    return item | ({"badge": badge} if badge else {})


@cache
def _addresses(prefix: str) -> Mapping[str, str]:
    """Return the addresses of all pages, which are the same as long as the project stands below the same ``prefix``."""
    return {label: address_of(label) for _, _, pages in ENTRIES for _, label in pages}


def address_of(label: str) -> str:
    """Return the address of a page by its model, or by the name of its address."""
    return reverse(label if label in ACTS else f"admin:{label.replace('.', '_')}_changelist")


def _may_view(request: HttpRequest, label: str) -> bool:
    return table()[ACTS.get(label) or f"{label}.view"].may(request.user)
