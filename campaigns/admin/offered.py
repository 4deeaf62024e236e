"""What a campaign's form offers: DIDs, agents and templates of its own accounts alone.

What else is sent is still read, so that it can be refused by its name and not as "no valid choice".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Model, QuerySet
from django.forms import CheckboxSelectMultiple, Media, ModelChoiceField, Widget
from django.forms.models import ModelChoiceIterator
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from campaigns.models import CallTemplate, Campaign
from dialer.models import DID, Agent, DIDGroup, ProviderAccount

#: So many lines are boxes to tick.
MOST_BOXES = 60


class OfferedIterator(ModelChoiceIterator):  # type: ignore[type-arg]
    """The choices that a page shows: those that are offered."""

    def __init__(self, field: Any) -> None:
        super().__init__(field)
        self.queryset = field.offered.all()


def offer(field: Any, *, every: QuerySet[Any], offered: QuerySet[Any], label: Callable[[Any], str] | None) -> None:
    """Let a field take any row of ``every``, and show those that are ``offered``."""
    field.offered, field.iterator = offered, OfferedIterator
    if label is not None:
        field.label_from_instance = label
    field.queryset = every


class LineBoxes(CheckboxSelectMultiple):
    """A box for each line of the account, with buttons that tick all or none."""

    template_name = "admin/campaigns/inputs/lines.html"

    def id_for_label(self, id_: str, index: Any = None) -> str:
        """Return nothing: each box has its own label."""
        return ""

    @property
    def media(self) -> Media:
        """The script of the buttons."""
        return Media(css={"all": ["dialer/rows.css"]}, js=["dialer/rows.js"])


def _widget(label: str, count: int) -> Widget:
    """Return boxes, or where they would be too many a choice that searches."""
    if count > MOST_BOXES:
        return UnfoldAdminSelect2MultipleWidget(attrs={"style": "width: 100%"})  # type: ignore[no-any-return]
    lines = label if label.startswith("DID") else label.lower()
    return LineBoxes(attrs={"group_label": label, "none": f"The account has no {lines}."})


def accounts_of(sent: Mapping[str, Any], campaign: Campaign | None) -> list[ProviderAccount]:
    """Return the accounts that are chosen, in what is sent or else as stored; the first one first."""
    wanted = []
    for name in ("account", "fallback_account"):
        given = sent.get(name)
        stored = getattr(campaign, f"{name}_id") if campaign is not None else None
        wanted.append(stored if given is None else int(given) if given.isdecimal() and len(given) < 19 else None)
    found = ProviderAccount.objects.in_bulk([pk for pk in wanted if pk])
    return [found[pk] for pk in wanted if pk in found]


#: The lines of an account by the fields of a campaign, with what to say beside them.
LINES: tuple[tuple[str, type[Model], str], ...] = (
    ("dids", DID, "Numbers that the calls come from, of its own accounts."),
    ("did_groups", DIDGroup, "Or groups of them: a DID of any counts once."),
    ("agents", Agent, "Who takes the calls, where a human does."),
)


def offer_own(fields: dict[str, Any], *, accounts: Iterable[ProviderAccount]) -> None:
    """Narrow the fields of a campaign to lines and templates of these accounts."""
    chosen = list(accounts)
    ids = [account.pk for account in chosen]
    for field in fields.values():
        # The menus beside each choice (add, change, view) would be a fifth of the page.
        if isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
    for name, model, help_text in LINES:
        if (field := fields.get(name)) is not None:
            rows = model._default_manager.select_related("account")
            several = len(chosen) > 1
            field.help_text = help_text
            field.widget = _widget(str(field.label), rows.filter(account__in=ids)[: MOST_BOXES + 1].count())
            field.widget.is_required = False
            offer(field, every=rows, offered=rows.filter(account__in=ids), label=_named if several else None)
    for name, account in zip(("template", "fallback_template"), [*chosen[:2], None, None][:2], strict=True):
        field = fields.get(name)
        if isinstance(field, ModelChoiceField):
            every = CallTemplate.objects.all()
            offer(
                field,
                every=every,
                offered=every.filter(provider=account.provider) if account else every.none(),
                label=None,
            )


def _named(line: Any) -> str:
    return f"{line} · {line.account.name}"
