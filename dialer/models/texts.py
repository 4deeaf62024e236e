"""Text templates that were written here for a provider to approve, and what its words on their approval mean."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.db.models import OuterRef, Subquery

from dialer.models.synced import ItemKind, SyncedItem

#: Words for a template that say by themselves whether it is approved; a provider with others says them in these.
APPROVED_WORDS = ("approved",)
PENDING_WORDS = ("pending", "waiting", "submitted", "in review", "under review", "not approved")
REJECTED_WORDS = ("rejected", "declined", "disapproved", "denied", "withdrawn")


class Standing(StrEnum):
    """Whether a provider lets a text be spoken, as last read. UNKNOWN: in a word that is not known; nothing is guessed.

    GONE: it was listed once and no longer is. Only PENDING, REJECTED and GONE are in the way of calls.
    """

    UNKNOWN = "UNKNOWN"
    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    GONE = "GONE"


def standing_of_word(status: str) -> Standing:
    """Return what the provider's word for a template's state means."""
    word = " ".join(status.lower().split())
    words = {Standing.APPROVED: APPROVED_WORDS, Standing.PENDING: PENDING_WORDS, Standing.REJECTED: REJECTED_WORDS}
    return next((standing for standing, known in words.items() if word in known), Standing.UNKNOWN)


def standing_as(status: str | None, *, is_gone: bool | None) -> Standing | None:
    """Return how a template stands that is listed with ``status``; None where it was never listed."""
    if status is None:
        return None
    return Standing.GONE if is_gone else standing_of_word(status)


def text_standing(*, account_id: int, name: str) -> Standing | None:
    """Return how a text template of an account stands, or None where none of this name was ever listed."""
    listed = SyncedItem.objects.filter(account_id=account_id, kind=ItemKind.TEXT_TEMPLATE, name=name)
    found = listed.order_by("is_gone", "-seen_at").values_list("status", "is_gone").first() or (None, None)
    return standing_as(found[0], is_gone=found[1])


def standing_words(status: str | None, *, is_gone: bool | None) -> str:
    """Return the same in words for people; a status that is not known is quoted."""
    standing = standing_as(status, is_gone=is_gone)
    return f"“{status}”" if standing is Standing.UNKNOWN and status else STANDING_LABELS.get(standing, "Listed")


#: In the words of a page.
STANDING_LABELS = {
    Standing.PENDING: "Waiting for approval",
    Standing.APPROVED: "Approved",
    Standing.REJECTED: "Rejected",
    Standing.GONE: "No longer listed",
    None: "Not listed yet",
}


def refused_in_words(standing: Standing | None) -> str:
    """Say how a text stands that may not be spoken; empty where nothing is in the way of calls."""
    in_the_way = standing in (Standing.PENDING, Standing.REJECTED, Standing.GONE)
    return STANDING_LABELS[standing].lower() if in_the_way else ""


class TextState(models.TextChoices):
    """SENDING → SENT | REFUSED | UNCERTAIN. SENDING that never ends is UNCERTAIN: the list of templates tells."""

    SENDING = "SENDING", "Being sent"
    SENT = "SENT", "At the provider"
    REFUSED = "REFUSED", "Refused"
    UNCERTAIN = "UNCERTAIN", "May have arrived (uncertain)"


class TextQuerySet(models.QuerySet["TextTemplate"]):
    """Texts, with what their provider says of them."""

    def with_listing(self) -> TextQuerySet:
        """Return them with ``listed_as`` and ``listed_gone``, as last read: None where it was never listed."""
        listed = SyncedItem.objects.filter(
            account=OuterRef("account"), kind=ItemKind.TEXT_TEMPLATE, name=OuterRef("name")
        ).order_by("is_gone", "-seen_at")
        return self.annotate(
            listed_as=Subquery(listed.values("status")[:1]), listed_gone=Subquery(listed.values("is_gone")[:1])
        )


class TextTemplate(models.Model):
    """A text that was sent to a provider to be approved. One that arrived is never changed: no operation does that."""

    account = models.ForeignKey("dialer.ProviderAccount", on_delete=models.CASCADE, related_name="text_templates")
    name = models.CharField(max_length=120, help_text="What calls name it by. It cannot be changed later.")
    text = models.TextField(max_length=4000, help_text="What is spoken, with the provider's places for variables.")
    state = models.CharField(max_length=9, choices=TextState.choices, default=TextState.SENDING)
    problem = models.CharField(max_length=300, blank=True, default="")
    asked_at = models.DateTimeField(help_text="When it was last sent.")
    asked_by = models.CharField(max_length=150, blank=True, default="")

    objects = TextQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="text_template_one_per_account_and_name"),
        ]

    def __str__(self) -> str:
        return self.name
