"""The ways in which a list is sent over REST, and one that has something of everything."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from campaigns.models import ContactList
from tests.api.conftest import API

CSV = b"phone,name\n98123 45678,Asha\n12,Nobody\n98123 45678,Asha again\n"
ROWS = {"rows": [{"phone": "98123 45678", "name": "Asha"}, {"phone": "12"}, {"phone": "9812345678"}]}


@pytest.fixture
def path() -> str:
    contact_list = ContactList.objects.create(name="November", default_region="IN")
    return f"{API}/lists/{contact_list.pk}/upload/"


def send_form(api: APIClient, path: str, content: bytes = CSV, **headers: str) -> Any:
    file = SimpleUploadedFile("november.csv", content, content_type="text/csv")
    return api.post(path, {"file": file}, format="multipart", headers=headers)


def send_body(api: APIClient, path: str, content: bytes = CSV, **headers: str) -> Any:
    return api.generic("POST", path, content.decode(), content_type="text/csv", headers=headers)


def send_rows(api: APIClient, path: str, content: Any = ROWS, **headers: str) -> Any:
    return api.post(path, content, headers=headers)
