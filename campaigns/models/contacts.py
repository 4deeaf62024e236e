"""Whom to call, and whom never to call."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, Reverse

from campaigns.models.file_choices import FileChoices
from campaigns.rows.checking import MOST_FURTHER_NUMBERS
from campaigns.rules.plain_text import odd_character, said_of
from dialer.models import e164, valid_time_zone


def plain_text(value: Any) -> None:
    """Raise ValidationError for a control character in a text, or in the texts of a JSON value."""
    found = odd_character(value)
    if found is not None:
        raise ValidationError(said_of(found), code="control_character")


def further_numbers(value: Any) -> None:
    """Raise ValidationError for what is no list of numbers in E.164 form."""
    if not isinstance(value, list) or len(value) > MOST_FURTHER_NUMBERS:
        raise ValidationError(f"Give a list of at most {MOST_FURTHER_NUMBERS} numbers.")
    for number in value:
        e164(number if isinstance(number, str) else "")


def to_find() -> models.Func:
    """Return SQL of that by which a contact is found: the words of its name, in any language, and after a ``#``, with
    which no word begins, its number from the end.

    What joins words in names parts them here. See campaigns.people.search.
    """
    parted = models.Func(models.F("name"), models.Value("./@_-"), models.Value("     "), function="TRANSLATE")
    words = models.Func(models.Value("simple"), parted, function="TO_TSVECTOR")
    end = models.Func(models.Value("#"), Reverse("number"), arg_joiner=" || ", template="ARRAY[%(expressions)s]")
    ends = models.Func(end, function="ARRAY_TO_TSVECTOR")
    # In the order of a migration's writer: Django compares the options of an index's expression in their order.
    return models.Func(words, ends, arg_joiner=" || ", output_field=SearchVectorField(), template="(%(expressions)s)")


region = RegexValidator(r"^[A-Z]{2}$", "Enter a two-letter country code such as IN.")


class ContactList(models.Model):
    """A list of contacts. Without ``default_region`` a number must carry its country code: nothing is guessed."""

    name = models.CharField(max_length=150, unique=True)
    default_region = models.CharField(
        max_length=2,
        blank=True,
        default="",
        validators=[region],
        help_text="Country of numbers written without a country code, e.g. IN. Empty: such numbers are refused.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class ImportState(models.TextChoices):
    """How far an upload has come."""

    CHOOSING = "CHOOSING", "Its columns are looked at"  # nobody has said yet that it is to be imported
    QUEUED = "QUEUED", "Queued"
    RUNNING = "RUNNING", "Running"
    DONE = "DONE", "Done"
    FAILED = "FAILED", "Failed"
    CANCELED = "CANCELED", "Canceled"


class IfDuplicate(models.TextChoices):
    """What an upload does with a number that the list has already."""

    SKIP = "SKIP", "Skip the row"
    UPDATE = "UPDATE", "Update the contact"
    REPLACE = "REPLACE", "Replace the contact"
    ERROR = "ERROR", "Refuse the file"


class ContactImport(FileChoices):
    """One upload to a list. When DONE: rows_total = rows_accepted + rows_duplicate + rows_refused.

    With ``if_duplicate`` UPDATE or REPLACE a row whose number the list had already is accepted, and counted in
    rows_updated too. UPDATE keeps what the row has no value for, REPLACE erases it.
    """

    contact_list = models.ForeignKey(ContactList, on_delete=models.CASCADE, related_name="imports")
    file_name = models.CharField(max_length=255, blank=True, default="")
    phone_column = models.CharField(
        max_length=200, blank=True, default="", help_text="The column with the phone number. Empty: found by its name."
    )
    if_duplicate = models.CharField(
        max_length=7,
        choices=IfDuplicate.choices,
        default=IfDuplicate.SKIP,
        help_text="What to do with a number that the list has already.",
    )
    content_sha256 = models.CharField(max_length=64, blank=True, default="")
    idempotency_key = models.CharField(max_length=100, null=True, blank=True)
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.QUEUED)
    is_dry_run = models.BooleanField(default=False, help_text="Only tried: no contact was made.")
    # Of the file as it is stored, which may be packed.
    bytes_total = models.BigIntegerField(default=0)
    bytes_read = models.BigIntegerField(default=0, help_text="Progress while it is running.")
    rows_read = models.PositiveIntegerField(default=0, help_text="Progress while it is running.")
    rows_total = models.PositiveIntegerField(default=0)
    rows_accepted = models.PositiveIntegerField(default=0)
    rows_updated = models.PositiveIntegerField(default=0, help_text="Among the accepted: those that the list had.")
    rows_duplicate = models.PositiveIntegerField(default=0)
    rows_refused = models.PositiveIntegerField(default=0)
    columns = models.JSONField(default=list, blank=True, help_text="The columns of the file, in its order.")
    read_as = models.JSONField(default=dict, blank=True, help_text="How the file was read: encoding, lines, sheet.")
    problem = models.TextField(blank=True, default="")
    # How often a worker has begun: a file that kills its worker each time must not be tried for ever.
    times_started = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "import"
        constraints = [
            models.UniqueConstraint(fields=["contact_list", "idempotency_key"], name="import_one_per_idempotency_key"),
            models.CheckConstraint(
                condition=~Q(state="DONE") | Q(rows_total=F("rows_accepted") + F("rows_duplicate") + F("rows_refused")),
                name="import_sums_agree",
            ),
        ]
        indexes = [
            # Beat asks for imports that wait, or whose worker has died.
            models.Index(fields=["id"], condition=Q(state__in=["QUEUED", "RUNNING"]), name="import_waiting"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.file_name or 'upload'}"


class ImportChunk(models.Model):
    """A piece of the uploaded file, kept until the import is done, so that any worker can run it or run it again."""

    contact_import = models.ForeignKey(ContactImport, on_delete=models.CASCADE, related_name="chunks")
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contact_import", "position"], name="chunk_one_per_position"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} piece {self.position}"


class ImportRefusal(models.Model):
    """A row that became no contact: refused, or a duplicate. ``row_number`` counts the header as row 1."""

    contact_import = models.ForeignKey(ContactImport, on_delete=models.CASCADE, related_name="refusals")
    row_number = models.PositiveIntegerField()
    field = models.CharField(max_length=100, blank=True, default="")
    code = models.CharField(max_length=40)
    message = models.CharField(max_length=300)
    row = models.JSONField(default=dict, help_text="The row as it was uploaded.")

    class Meta:
        ordering = ["contact_import_id", "row_number"]
        indexes = [
            # The report of one import, in the order of its rows.
            models.Index(fields=["contact_import", "row_number"], name="refusal_by_import_and_row"),
        ]

    def __str__(self) -> str:
        return f"Row {self.row_number}: {self.message}"


class Contact(models.Model):
    """A number with variables in a list."""

    # No index of its own: contact_by_list begins with the list. Both keys are held by triggers once a statement
    # (migrations/_references.py): row by row they are a third of an upload's time.
    contact_list = models.ForeignKey(
        ContactList, on_delete=models.CASCADE, related_name="contacts", db_index=False, db_constraint=False
    )
    number = models.CharField(max_length=16, validators=[e164])
    name = models.CharField(max_length=200, blank=True, default="", validators=[plain_text])
    external_reference = models.CharField(
        max_length=100,
        blank=True,
        default="",
        validators=[plain_text],
        help_text="The customer's own id of this contact.",
    )
    variables = models.JSONField(default=dict, blank=True, validators=[plain_text])
    time_zone = models.CharField(max_length=64, blank=True, default="", validators=[valid_time_zone])
    further_numbers = models.JSONField(
        default=list,
        db_default=models.Value([]),
        blank=True,
        validators=[further_numbers],
        help_text="Other numbers of the person (E.164); rung in turn where a campaign's retries say so.",
    )
    contact_import = models.ForeignKey(
        ContactImport, on_delete=models.SET_NULL, null=True, blank=True, related_name="contacts", db_constraint=False
    )
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            # The number first: it finds a person across lists as well, for search, suppression and pre-fetch.
            models.UniqueConstraint(fields=["number", "contact_list"], name="contact_one_per_list_and_number"),
        ]
        indexes = [
            # Enrolling goes through a list in the order of its file.
            models.Index(fields=["contact_list", "id"], name="contact_by_list"),
            # Search: all that a person is found by in one index, which takes new rows into a list of its own first: an
            # upload pays for no more than that, and importing.finding sorts them in when it is over. The limit, in KB,
            # is that of one more than a million rows; see campaigns.people.search.
            GinIndex(to_find(), name="contact_to_find", gin_pending_list_limit=131_072),
            models.Index(fields=["external_reference"], condition=~Q(external_reference=""), name="contact_by_own_id"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.name or self.number}"


class SuppressionList(models.Model):
    """A list of numbers never to call: of the whole house, or of the campaigns that name it."""

    name = models.CharField(max_length=150, unique=True)
    applies_to_all = models.BooleanField(
        default=True, help_text="Every campaign keeps to this list. Off: only the campaigns that name it."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SuppressedNumber(models.Model):
    """A number that a list suppresses, for ever or until an instant."""

    suppression_list = models.ForeignKey(SuppressionList, on_delete=models.CASCADE, related_name="numbers")
    number = models.CharField(max_length=16, validators=[e164])
    reason = models.CharField(max_length=200, blank=True, default="")
    until = models.DateTimeField(null=True, blank=True, help_text="Empty: for ever.")
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["suppression_list", "number"], name="suppressed_once_per_list"),
        ]
        indexes = [
            # Claiming asks for a handful of numbers at a time.
            models.Index(fields=["number"], name="suppressed_by_number"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.number}"
