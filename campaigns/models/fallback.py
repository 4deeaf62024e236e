"""The second account of a campaign, which takes over while the first one is down or full."""

from __future__ import annotations

from typing import Any

from django.db import models

from dialer.models import ProviderAccount

#: The template ``t`` by which a call ``a`` of a campaign ``c`` is made, as ``Campaign.template_at`` says it.
TEMPLATE_OF_CALL = """JOIN campaigns_calltemplate t ON t.id = CASE
       WHEN a.account_id = c.account_id THEN c.template_id ELSE COALESCE(c.fallback_template_id, c.template_id) END"""


class Fallback(models.Model):
    """The fields of the second account, and what they must be."""

    # Takes over while the first account is down or full; see campaigns.claiming.failover.
    fallback_account = models.ForeignKey(
        ProviderAccount,
        verbose_name="second account",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="fallback_campaigns",
        help_text="Takes over while the first account is switched off, full, cannot be reached, turns calls away or "
        "refuses its key. Choose DIDs and agents of both accounts.",
    )
    fallback_template = models.ForeignKey(
        "campaigns.CallTemplate",
        verbose_name="template for it",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="fallback_campaigns",
        help_text="What calls of the second account do. Empty: the same template, if the provider is the same.",
    )

    class Meta:
        abstract = True

    def fallback_problems(self, *, account_id: int | None, first_template: Any) -> dict[str, str]:
        """Return what is wrong with the second account, by field."""
        second, template = self.fallback_account, self.fallback_template
        if second is None:
            return {"fallback_template": "Choose a second account with it, or leave it empty."} if template else {}
        if second.pk == account_id:
            return {"fallback_account": "This is the first account already: choose another one, or none."}
        if second.is_sandbox:
            return {"fallback_account": "A sandbox account takes over for nobody: it rings no phone."}
        if problem := second.problem:
            return {"fallback_account": problem}
        used = template or first_template
        if used is None:
            return {}
        if template is None and used.provider != second.provider:
            return {"fallback_template": f"The second account is at {second.provider}: choose a template for it."}
        if used.provider != second.provider:
            return {"fallback_template": f"It is for {used.provider}, the second account is at {second.provider}."}
        return {"fallback_template": template.problem} if template is not None and template.problem else {}
