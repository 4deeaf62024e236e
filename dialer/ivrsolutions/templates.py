"""Text Templates: what ``dial_by_text`` and text dialers speak. Source: IVR Solutions public OpenAPI 3.0.3 document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialer.ivrsolutions import records
from dialer.ivrsolutions.operation import operation


@operation("create_text_template", "POST /api/create_text_template", records.done)
def create_text_template(*, template_name: str, text_content: str) -> Mapping[str, Any]:
    """Save a text with places for variables; it must be approved before it is spoken."""
    return {"template_name": template_name, "text_content": text_content}


@operation("check_text_template_status", "POST /api/check_text_template_status", records.data)
def check_text_template_status(*, template_name: str) -> Mapping[str, Any]:
    """Return whether a template is approved; the document does not describe the words."""
    return {"template_name": template_name}


@operation(
    "get_text_template_list", "GET /api/get_text_template_list", records.items(), sends="nothing", may_be_empty=True
)
def get_text_templates() -> Mapping[str, Any]:
    """List the templates with name and status."""
    return {}
