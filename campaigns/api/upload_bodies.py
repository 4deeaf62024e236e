"""What an upload to a list is told, and what it answers: the options, rows as JSON, and what became of each."""

from __future__ import annotations

from typing import Any

import orjson
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from campaigns.api.imports import ImportResultSerializer
from campaigns.api.taking import IF_DUPLICATE
from campaigns.models import ContactImport
from campaigns.models.file_choices import valid_column_map, valid_delimiter, valid_encoding, valid_region
from dialer.api.strict import StrictSerializer

MOST_ROWS = 10_000


COLUMN_MAP_HELP = (
    'What columns are, as JSON: {"Mobile": "phone", "Home": "further_number", "Notes": "ignore"}. Meanings: '
    "phone, further_number, name, external_reference, time_zone, variables, variables.some_name, ignore. "
    "Columns that are not in it are taken by their names."
)
DRY_RUN_HELP = "Only try: no contact is made, and the reply has the first rows as they will be read."


class ColumnMapField(serializers.DictField):
    """An object of columns and what they are, which a query or a form holds as JSON."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=110), validators=[valid_column_map], **options)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Return the object. Raises ValidationError."""
        if isinstance(data, str):
            try:
                data = orjson.loads(data)
            except orjson.JSONDecodeError as error:
                raise ValidationError('Write a JSON object, such as {"Mobile": "phone"}.') from error
        found: dict[str, str] = super().to_internal_value(data)
        return found


def region_field() -> serializers.CharField:
    """Return the option of numbers without a country code."""
    return serializers.CharField(
        required=False,
        max_length=2,
        validators=[valid_region],
        help_text="Country of numbers without a country code, e.g. IN; not given: that of the list.",
    )


def if_duplicate_field() -> serializers.ChoiceField:
    """Return the option of numbers that are there already."""
    return serializers.ChoiceField(
        choices=IF_DUPLICATE,
        default=IF_DUPLICATE[0],
        help_text=(
            "What to do with a number that the list has already: leave it, update it (what the row has no value for is "
            "kept), replace it (that is erased), or refuse the whole upload."
        ),
    )


class UploadOptionsSerializer(StrictSerializer):
    """How to read an upload."""

    phone_column = serializers.CharField(
        required=False, max_length=100, help_text="Column of the numbers; not given: found by its name."
    )
    encoding = serializers.CharField(
        required=False,
        max_length=20,
        validators=[valid_encoding],
        help_text="E.g. windows-1251; not given: UTF-8.",
    )
    delimiter = serializers.CharField(
        required=False,
        max_length=20,
        trim_whitespace=False,
        validators=[valid_delimiter],
        help_text="Comma, semicolon, tab, pipe or a sign; not given: found in the first line.",
    )
    sheet = serializers.CharField(
        required=False,
        max_length=100,
        help_text="Name or number; not given: the first shown one that holds a table.",
    )
    region = region_field()
    header_row = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=1_000,
        help_text="Row that names the columns; not given: found, also below a title.",
    )
    column_map = ColumnMapField(required=False, help_text=COLUMN_MAP_HELP)
    if_duplicate = if_duplicate_field()
    dry_run = serializers.BooleanField(default=False, help_text=DRY_RUN_HELP)
    file_name = serializers.CharField(required=False, max_length=255, help_text="A name for a raw body.")


class UploadFileSerializer(UploadOptionsSerializer):
    """CSV, TSV, an Excel workbook (.xlsx) or JSON Lines; also packed by gzip, or alone in a zip archive."""

    file = serializers.FileField()


class UploadRowsSerializer(StrictSerializer):
    """Rows as objects, each with the columns that a CSV file would have."""

    rows = serializers.ListField(
        child=serializers.DictField(), allow_empty=False, max_length=MOST_ROWS, help_text=f"1 to {MOST_ROWS} rows."
    )
    phone_column = serializers.CharField(required=False, max_length=100, help_text="Key of the numbers.")
    region = region_field()
    column_map = ColumnMapField(required=False, help_text=COLUMN_MAP_HELP)
    if_duplicate = if_duplicate_field()
    dry_run = serializers.BooleanField(default=False, help_text=DRY_RUN_HELP)

    def validate_rows(self, rows: list[Any]) -> list[Any]:
        """Return the rows. Raises ValidationError for what cannot be stored."""
        return storable(rows)


class RowResultSerializer(serializers.Serializer[Any]):
    """What became of one object."""

    row_number = serializers.IntegerField()
    result = serializers.ChoiceField(choices=("ACCEPTED", "DUPLICATE", "REFUSED"))
    number = serializers.CharField(allow_blank=True, help_text="As it is called; empty where there is none.")
    contact = serializers.IntegerField(allow_null=True, help_text="The contact that has this number in the list.")
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)


class FirstRowSerializer(serializers.Serializer[Any]):
    """A row as it will be read: a contact, or why it is none."""

    row_number = serializers.IntegerField()
    number = serializers.CharField(required=False)
    further_numbers = serializers.ListField(child=serializers.CharField(), required=False)
    name = serializers.CharField(required=False, allow_blank=True)
    external_reference = serializers.CharField(required=False, allow_blank=True)
    time_zone = serializers.CharField(required=False, allow_blank=True)
    variables = serializers.DictField(child=serializers.JSONField(allow_null=True), required=False)
    columns = serializers.DictField(
        child=serializers.CharField(), required=False, help_text="What each column is taken for, as `column_map`."
    )
    field = serializers.CharField(required=False, allow_blank=True)
    code = serializers.CharField(required=False)
    message = serializers.CharField(required=False)


class UploadResultSerializer(ImportResultSerializer):
    """An upload as it was taken."""

    first_rows = FirstRowSerializer(many=True, allow_null=True, help_text="Of a dry run.")
    results = RowResultSerializer(many=True, allow_null=True, help_text="Of rows as JSON, in their order.")

    class Meta:
        model = ContactImport
        fields = (*ImportResultSerializer.Meta.fields, "first_rows", "results")
        read_only_fields = fields


def storable(rows: list[Any]) -> list[Any]:
    """Return ``rows``. Raises ValidationError for integers beyond 64 bits and texts that are no Unicode."""
    try:
        orjson.dumps(rows)
    except TypeError as error:
        problem = "A value cannot be stored: send integers beyond 64 bits as text, and texts as whole characters."
        raise ValidationError(problem) from error
    return rows
