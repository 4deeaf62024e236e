"""What is chosen in a list is what an action does: all of it, over all pages, also behind a page that asks first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object

#: The field of a page that asks first, which holds all ids: Django reads at most 1,000 fields of a form.
CHOSEN = "chosen"
#: More than these are not done in one request.
MOST = 5_000


class ActsOnAllChosen(_Admin):
    """Mixin of the lists. ``most_at_once``: how many an action may take that asks a provider for each.

    More are refused before anything is done: an action that did the first ones only would say that it did all.
    """

    most_at_once: ClassVar[Mapping[str, int]] = {}

    def response_action(  # type: ignore[override]  # the stubs know of a later Django
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponseBase | None:
        """Do the action with exactly the rows that were chosen, by their ids."""
        if CHOSEN in request.POST:
            # What the page named, also what has left the list's filter since.
            queryset = self.get_queryset(request)
        ids = self._chosen(request, queryset)
        most = min(MOST, self.most_at_once.get(chosen_action(request), MOST))
        if len(ids) > most:
            count = f"more than {MOST:,}" if len(ids) > MOST else f"{len(ids):,}"
            problem = f"You chose {count}, and this takes {most:,} at once. Nothing was done: choose fewer."
            messages.error(request, problem)
            return None
        given = request.POST.copy()
        given.setlist(ACTION_CHECKBOX_NAME, ids)
        given["select_across"] = "0"
        request.POST = given  # type: ignore[assignment]  # a copy that stays changeable
        response: HttpResponseBase | None = super().response_action(request, queryset)
        return response

    @staticmethod
    def _chosen(request: HttpRequest, queryset: QuerySet[Any]) -> list[str]:
        if CHOSEN in request.POST:
            return [pk for pk in request.POST[CHOSEN].split(",") if pk]
        if request.POST.get("select_across") == "1":
            return [str(pk) for pk in queryset.values_list("pk", flat=True)[: MOST + 1]]
        return list(dict.fromkeys(request.POST.getlist(ACTION_CHECKBOX_NAME)))


def chosen_action(request: HttpRequest) -> str:
    """Return the name of the action that was asked for, of the two menus above and below a list."""
    names = request.POST.getlist("action")
    place = request.POST.get("index", "0")
    return names[int(place)] if place.isdecimal() and int(place) < len(names) else ""


def chosen_ids(request: HttpRequest) -> list[int]:
    """Return what was chosen, also what has left the list since, as at a second click."""
    return [int(pk) for pk in request.POST.getlist(ACTION_CHECKBOX_NAME) if pk.isdecimal()]


def carried_on(ids: Iterable[int]) -> dict[str, str]:
    """Return what a page that asks first needs to name the rows again (admin/dialer/chosen.html)."""
    named = [str(pk) for pk in ids]
    return {"chosen": ",".join(named), "first_chosen": named[0] if named else ""}


def summed_up(request: HttpRequest, said: Iterable[tuple[int, str]], *, most: int = 10) -> None:
    """Show what came of many rows: each sentence, or beyond ``most`` of a level the first ones and how many more."""
    by_level: dict[int, list[str]] = {}
    for level, sentence in said:
        by_level.setdefault(level, []).append(sentence)
    for level, sentences in by_level.items():
        for sentence in sentences[:most]:
            messages.add_message(request, level, sentence)
        if len(sentences) > most:
            messages.add_message(request, level, f"And {len(sentences) - most:,} more, alike.")
