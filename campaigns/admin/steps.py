"""A new campaign in five steps: what, whom, when, how, check and start. After the first one it is a draft."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db import connection, transaction
from django.forms import Media, modelform_factory
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from unfold.forms import AdminForm

from campaigns.acts import PREFLIGHT, UPLOAD
from campaigns.admin.offered import accounts_of, offer_own
from campaigns.admin.shown import ShownRules
from campaigns.admin.step_forms import FORMS, NewTemplateForm, StepForm, WhatForm
from campaigns.admin.tabs import LIVE, address_of_tab
from campaigns.admin.uploading import start
from campaigns.admin.verbs import NOT_STARTED
from campaigns.explaining.rendering import render as render_calls
from campaigns.importing import ImportProblem, create_import
from campaigns.lifecycle.choice import save_warnings
from campaigns.models import Campaign, ContactImport, ContactList, ImportState, set_windows
from campaigns.rules.campaign import read_rules
from dialer.admin.ruled import refuse_unless
from dialer.audit.rows import row_added
from dialer.models import ProviderAccount

CHECK = "check"
STEPS = (*((step, form.title) for step, form in FORMS.items()), (CHECK, "Check and start"))
PAGE = "admin/campaigns/steps.html"
SCRIPTS = Media(css={"all": ["dialer/rows.css"]}, js=["dialer/rows.js", "dialer/places.js"])


def address_of(campaign: Campaign, step: str) -> str:
    """Return the address of a step."""
    return reverse("admin:campaigns_campaign_steps", args=[campaign.pk, step])


def first_step(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """Show or take the first step of a campaign that is not there yet."""
    return _step(request, model_admin, None, "what")


def step_page(request: HttpRequest, pk: int, step: str, *, model_admin: Any) -> HttpResponse:
    """Show or take a step of a draft; one that was started has its page."""
    campaign = model_admin.get_object(request, str(pk))
    if campaign is None or step not in dict(STEPS):
        raise Http404
    if campaign.state not in NOT_STARTED:
        return HttpResponseRedirect(address_of_tab(pk, LIVE))
    if step == CHECK:
        return _check(request, campaign)
    return _step(request, model_admin, campaign, step)


def _step(request: HttpRequest, model_admin: Any, campaign: Campaign | None, step: str) -> HttpResponse:
    form = _form(request, model_admin, campaign, step)
    if request.method == "POST" and form.is_valid():
        saved = _saved(request, model_admin, form)
        if saved is not None:
            later = "_later" in request.POST
            to = reverse("admin:campaigns_campaign_changelist") if later else address_of(saved, _after(step))
            return HttpResponseRedirect(to)
    return _shown(request, model_admin, campaign, form)


def _after(step: str) -> str:
    names = [name for name, _ in STEPS]
    return names[names.index(step) + 1]


def _form(request: HttpRequest, model_admin: Any, campaign: Campaign | None, step: str) -> StepForm:
    """Return the form of a step; a part that is loaded anew shows what is typed, and judges nothing."""
    kind = FORMS[step]
    mine = [name for name in (*flatten_fieldsets(kind.fieldsets), *kind.apart) if name in _columns()]
    made: Any = modelform_factory(
        Campaign,
        form=kind,
        fields=mine,
        formfield_callback=partial(model_admin.formfield_for_dbfield, request=request),
    )
    typed = _typed(request)
    offer_own(vars(made)["base_fields"], accounts=_accounts(request, campaign, typed))
    sent = request.method == "POST"
    initial = {name: typed[name] for name in ("name", "account", "template") if name in typed} if not sent else {}
    data, files = (request.POST, request.FILES) if sent else (None, None)
    form: StepForm = made(data, files, instance=campaign, initial=initial)
    if isinstance(form, WhatForm):
        _offer_template(request, form, campaign, typed)
    return form


def _typed(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else request.GET


def _columns() -> set[str]:
    return {field.name for field in (*Campaign._meta.concrete_fields, *Campaign._meta.many_to_many)}


def _accounts(request: HttpRequest, campaign: Campaign | None, typed: Any) -> list[ProviderAccount]:
    found = accounts_of(typed, campaign)
    if found or campaign is not None:
        return found
    only = list(ProviderAccount.objects.filter(is_active=True)[:2])
    return only if len(only) == 1 else []


def _offer_template(request: HttpRequest, form: WhatForm, campaign: Campaign | None, typed: Any) -> None:
    """Add the form of a new template, for the account that is chosen."""
    account = next(iter(_accounts(request, campaign, typed)), None)
    if account is None or account.problem:
        return
    form.initial.setdefault("account", account.pk)
    given = typed if any(name.startswith("new-") for name in typed) else None
    form.new_template = NewTemplateForm(account=account, campaign=campaign, data=given)
    if request.method != "POST" and given is not None:
        form.new_template.is_bound = False  # typed, and not judged yet
        for name, field in form.new_template.fields.items():
            html_name = form.new_template.add_prefix(name)
            if html_name in given or name == "variables":
                form.new_template.initial[name] = field.widget.value_from_datadict(given, {}, html_name)


@transaction.atomic
def _saved(request: HttpRequest, model_admin: Any, form: StepForm) -> Campaign | None:
    """Save what the step holds, and no other column; None where its file could not be taken."""
    is_new = form.instance.pk is None
    if isinstance(form, WhatForm):
        form.keep_template()
    uploaded = _uploaded(request, form)
    if form.errors:
        return None
    campaign: Campaign = model_admin.save_form(request, form, change=not is_new)
    model_admin.save_model(request, campaign, form, change=not is_new)
    with model_admin.hanging(request, campaign, "windows"):
        form.save_m2m()
        if uploaded is not None:
            campaign.contact_lists.add(uploaded)
        if is_new and (given := _list_given(request)) is not None:
            campaign.contact_lists.add(given)
        if "windows" in form.changed_data:
            set_windows(campaign=campaign, windows=form.cleaned_data["windows"])
    said = model_admin.construct_change_message(request, form, [], is_new)
    (model_admin.log_addition if is_new else model_admin.log_change)(request, campaign, said)
    return campaign


def _list_given(request: HttpRequest) -> ContactList | None:
    """Return the list for which the campaign was begun: ?list=7 of the first step."""
    given = request.GET.get("list", "")
    return ContactList.objects.filter(pk=int(given)).first() if given.isdecimal() and len(given) < 10 else None


def _uploaded(request: HttpRequest, form: StepForm) -> ContactList | None:
    """Make a list of the file that was sent with a step, and say what came of it; the form says what did not."""
    file = form.cleaned_data.get("file")
    if file is None:
        return None
    refuse_unless(UPLOAD, request)
    contact_list = ContactList.objects.create(
        name=form.cleaned_data["list_name"], default_region=form.cleaned_data["region"]
    )
    row_added(contact_list)
    try:
        made, _ = create_import(contact_list=contact_list, stream=file, file_name=file.name, idempotency_key=None)
        start(made, size_bytes=file.size)
    except ImportProblem as problem:
        _give_back(form, contact_list, str(problem))
        return None
    made.refresh_from_db()
    if made.state == ImportState.FAILED or (made.state == ImportState.DONE and not made.rows_accepted):
        _give_back(form, contact_list, made.problem or _counts(made))
        return None
    messages.success(request, f"{contact_list.name}: {_counts(made)}")
    return contact_list


def _give_back(form: StepForm, contact_list: ContactList, problem: str) -> None:
    contact_list.delete()
    form.add_error("file", f"{problem} No list was made: choose a mended file.")


def _counts(made: ContactImport) -> str:
    if made.state != ImportState.DONE:
        return "The file is being read; its contacts come while you go on."
    parts = [(made.rows_accepted, "contact"), (made.rows_duplicate, "duplicate")]
    said = [f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in parts]
    return f"{', '.join(said)}, {made.rows_refused:,} refused."


def _shown(request: HttpRequest, model_admin: Any, campaign: Campaign | None, form: StepForm) -> HttpResponse:
    # The theme's own: Django's is put in its place by the first form that a process shows, and not before.
    adminform = AdminForm(form, list(form.fieldsets), {}, (), model_admin=model_admin)
    new = form.new_template if isinstance(form, WhatForm) else None
    context = {
        **_context(request, campaign, form.step),
        "adminform": adminform,
        "form": form,
        "new_template": new,
        "template_chosen": bool(new and (form["template"].value() or "")),
        # A part that is loaded later brings no scripts of its own.
        "media": model_admin.media + adminform.media + form.media + SCRIPTS,
        "previews": _previews(request, campaign)[:1] if form.step in ("what", "whom") else [],
        "has_file_field": True,
    }
    return render(request, PAGE, context)


def _context(request: HttpRequest, campaign: Campaign | None, step: str) -> dict[str, Any]:
    names = [name for name, _ in STEPS]
    place = names.index(step)
    return {
        **admin.site.each_context(request),
        "title": f"New campaign: {campaign.name}" if campaign else "New campaign",
        "opts": Campaign._meta,
        "object": campaign,
        "campaign": campaign,
        "step": step,
        "place": place + 1,
        "steps": [
            {
                "title": title,
                "url": address_of(campaign, name) if campaign else "",
                "is_now": name == step,
                "number": number,
            }
            for number, (name, title) in enumerate(STEPS, 1)
        ],
        "back": address_of(campaign, names[place - 1]) if campaign and place else "",
    }


def _previews(request: HttpRequest, campaign: Campaign | None) -> list[dict[str, Any]]:
    """Return what the first contacts' calls would be given, for those who may see contacts."""
    if campaign is None or not PREFLIGHT.may(request.user) or not campaign.contact_lists.exists():
        return []
    with connection.cursor() as cursor:
        rules = read_rules(cursor, campaign_ids=[campaign.pk])[campaign.pk]
    return render_calls(campaign=campaign, rules=rules, contact_ids=[], now=timezone.now())


def _check(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """Show all that was entered, what is missing, and the way to the start."""
    get_object_or_404(Campaign, pk=campaign.pk)
    context = {
        **_context(request, campaign, CHECK),
        "media": SCRIPTS,
        "sums": _sums(campaign),
        "warnings": [*_lacking(campaign), *save_warnings(campaign=campaign, now=timezone.now())],
        "previews": _previews(request, campaign)[:1],
        "start_url": reverse("admin:campaigns_campaign_operate", args=[campaign.pk, "start"]),
    }
    return render(request, PAGE, context)


def _lacking(campaign: Campaign) -> list[str]:
    lists, lines = campaign.contact_lists, campaign.dids.exists() or campaign.did_groups.exists()
    capabilities = campaign.account.api.capabilities
    found = [] if lists.exists() else ["No list is chosen: whom shall it call?"]
    if capabilities.wants_caller_id(campaign.template.action) and not lines:
        found.append("No DID is chosen: from which number shall it call?")
    if capabilities.rings_agent(campaign.template.action) and not campaign.agents.exists():
        found.append("No agent is chosen: who shall take the calls?")
    return found


def _sums(campaign: Campaign) -> list[tuple[str, list[tuple[str, str]]]]:
    words = ShownRules()
    clock = "the contact's clock" if campaign.hours_follow == "CONTACT" else campaign.time_zone
    limit = f"at most {campaign.max_live_calls} at once" if campaign.max_live_calls else "as many as lines allow"
    return [
        ("what", [("Account", str(campaign.account)), ("What the call does", str(campaign.template))]),
        ("whom", [("Lists", ", ".join(map(str, campaign.contact_lists.all())) or "none")]),
        (
            "when",
            [
                ("Hours", f"{words.shown_windows(campaign)}, by {clock}"),
                ("Profile", str(campaign.profile) if campaign.profile else "none"),
            ],
        ),
        (
            "how",
            [
                ("From", ", ".join(map(str, [*campaign.dids.all(), *campaign.did_groups.all()])) or "none"),
                ("Live calls", limit),
                (
                    "Attempts",
                    f"at most {campaign.max_attempts}; {words.shown_retry_rules(campaign) or 'no further one'}",
                ),
                ("Caps", words.shown_caps(campaign) or "none"),
            ],
        ),
    ]
