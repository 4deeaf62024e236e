"""Pages that ask before a campaign is cloned or put away; each is reached from its row in the list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.acts import ARRANGE, CLONE
from campaigns.admin.steps import address_of
from campaigns.lifecycle.arranging import archive_campaign, unarchive_campaign
from campaigns.lifecycle.copying import NAME_LENGTH, clone_campaign
from campaigns.models import Campaign
from campaigns.states.campaigns import UnableToOperate
from dialer.admin.pages import ask_page
from dialer.admin.ruled import own_view


class CloneForm(forms.Form):
    """What the copy is called."""

    name = forms.CharField(
        label="Name of the new campaign",
        required=False,
        max_length=NAME_LENGTH,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Empty: the name of this one and “(copy)”.",
    )

    def clean_name(self) -> str:
        """Return the name. Raises ValidationError for one that is taken."""
        name: str = self.cleaned_data["name"]
        if name and Campaign.objects.filter(name=name).exists():
            raise forms.ValidationError(f"There is a campaign {name} already: choose another name.")
        return name


class ArchiveForm(forms.Form):
    """Nothing is asked."""


def arranging_urls() -> list[URLPattern]:
    """Return the addresses of the pages."""
    return [
        path("<int:pk>/clone/", own_view(clone_page, act=CLONE), name="campaigns_campaign_clone"),
        path("<int:pk>/archive/", own_view(archive_page, act=ARRANGE), name="campaigns_campaign_archive"),
    ]


def clone_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a name; lead to the copy."""
    campaign, form = get_object_or_404(Campaign, pk=pk), CloneForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        by, name = request.user.get_username(), form.cleaned_data["name"]
        made = clone_campaign(campaign_id=pk, by=by, now=timezone.now(), name=name)
        messages.success(request, f"{made.name} is a draft with all that {campaign.name} has. Nobody is called yet.")
        return redirect(address_of(made, "what"))
    return _ask(request, form, title=f"Clone {campaign.name}?", label="Clone it")


def archive_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a campaign away, or take it out of the archive, after asking."""
    campaign, form = get_object_or_404(Campaign, pk=pk), ArchiveForm(request.POST or None)
    is_back = campaign.archived_at is not None
    if request.method == "POST":
        try:
            if is_back:
                unarchive_campaign(campaign_id=pk)
            else:
                archive_campaign(campaign_id=pk, now=timezone.now())
            messages.success(request, f"{campaign.name} is {'back in the lists' if is_back else 'archived'}.")
        except UnableToOperate as error:
            messages.error(request, f"{campaign.name}: {error}")
        return redirect("admin:campaigns_campaign_changelist")
    title = f"Take {campaign.name} out of the archive?" if is_back else f"Archive {campaign.name}?"
    note = "Lists leave it out; its calls and results stay, and it can be taken back at any time."
    return _ask(
        request, form, title=title, label="Take it back" if is_back else "Archive it", notes=() if is_back else (note,)
    )


def _ask(request: HttpRequest, form: Any, *, title: str, label: str, notes: tuple[str, ...] = ()) -> HttpResponse:
    back = reverse("admin:campaigns_campaign_changelist")
    return ask_page(request, form=form, title=title, label=label, back=back, model=Campaign, notes=notes)
