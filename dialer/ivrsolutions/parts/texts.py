"""Text templates to be approved, by the operations of the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialer.ivrsolutions import templates
from dialer.providers import parsing
from dialer.providers.base import AccountConfig, Question


class TextTemplates:
    """The part ``texts``."""

    def submit(self, *, account: AccountConfig, name: str, text: str) -> Question[object]:
        """Return "create_text_template"."""
        return templates.create_text_template.ask(account, template_name=name, text_content=text)

    def text_of(self, *, details: Mapping[str, Any]) -> str | None:
        """Return the text of a listed template. The document does not describe the list: it may show none."""
        return parsing.text(details.get("text_content"))
