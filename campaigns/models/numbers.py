"""Numbers that may be called though the number plan, as our data has it, does not know them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from dialer.numbering.plan import country_code

#: Fewer digits behind the country code would let half a country through.
FEWEST_DIGITS = 2


class NumberException(models.Model):
    """Numbers that begin so are taken although no country has them, by the data: their range is newer than it.

    Read when a number is taken in, not when it is called: deleting one leaves the contacts that it let in.
    """

    prefix = models.CharField(
        "beginning",
        max_length=16,
        unique=True,
        validators=[RegexValidator(r"^\+[1-9]\d{2,14}$", "Write a plus, the country code and digits, such as +9159.")],
        help_text="A whole number, or the beginning of numbers, with plus and country code, e.g. +9159.",
    )
    reason = models.CharField(max_length=200, help_text="Why, and who says so: the regulator's decision, a customer.")
    added_by = models.CharField(max_length=150, blank=True, default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    class Meta:
        ordering = ["prefix"]

    def __str__(self) -> str:
        return self.prefix

    def clean(self) -> None:
        """Refuse a beginning that no country has, or that lets (almost) all numbers of one through."""
        code = country_code(self.prefix)
        if not code:
            raise ValidationError({"prefix": "No country has this country code."})
        if len(self.prefix) - 1 - len(code) < FEWEST_DIGITS:
            raise ValidationError({"prefix": f"Give at least {FEWEST_DIGITS} digits after the country code +{code}."})
