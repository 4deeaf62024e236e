"""The OpenAPI document: complete, and made without a warning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from openapi_schema_validator import OAS30Validator
from rest_framework.test import APIClient

from tests.api.conftest import api

__all__ = ["api"]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("openapi") / "openapi.json"
    call_command("spectacular", "--format=openapi-json", f"--file={path}", "--fail-on-warn", "--validate")
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def test_the_document_is_made_without_warnings_and_names_every_operation_once(document: dict[str, Any]) -> None:
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert {"campaigns_start", "lists_upload", "attempts_list", "events_list", "switchboard_turn"} <= set(names)


def test_ids_in_addresses_are_numbers_as_they_are_in_answers(document: dict[str, Any]) -> None:
    types = {
        one["schema"]["type"]
        for operations in document["paths"].values()
        for operation in operations.values()
        for one in operation.get("parameters", [])
        if one["in"] == "path" and one["name"] == "id"
    }
    assert types == {"integer"}


def test_every_operation_with_a_token_shows_the_shape_of_its_errors(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if {} in operation.get("security", []) or not operation.get("security"):
                continue
            content = operation["responses"]["401"]["content"]["application/json"]
            assert content["schema"]["$ref"].endswith("/Error"), (method, path)


def test_the_headers_that_a_program_acts_by_are_named(document: dict[str, Any], api: APIClient) -> None:
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if "429" not in operation["responses"]:
                continue
            assert "Retry-After" in operation["responses"]["429"]["headers"]
            good = next(answer for status, answer in operation["responses"].items() if status < "300")
            is_file = method == "get" and "application/json" not in good["content"]
            assert is_file or ("ETag" if method == "get" else "Idempotent-Replayed") in good["headers"]
    named = document["paths"]["/api/v1/lists/"]["get"]["responses"]["200"]["headers"]
    assert {name for name in named if name not in api.get("/api/v1/lists/").headers} == set()


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give every JSON body of requests and of answers, errors among them: operation, place, media type."""
    for operations in document["paths"].values():
        for operation in operations.values():
            name = operation["operationId"]
            if "application/json" in (content := operation.get("requestBody", {}).get("content", {})):
                yield name, "request", content["application/json"]
            for status, answer in operation["responses"].items():
                if "application/json" in (content := answer.get("content", {})):
                    yield name, status, content["application/json"]


def test_every_body_and_answer_has_an_example_that_its_schema_allows(document: dict[str, Any]) -> None:
    wrong = []
    for name, place, media in bodies(document):
        given = [one["value"] for one in media.get("examples", {}).values()] or [media.get("example")]
        judge = OAS30Validator({**media["schema"], "components": document["components"]})
        wrong += [f"{name} {place}: {error.message}" for value in given for error in judge.iter_errors(value)]
    assert wrong == []


def test_every_act_says_which_errors_it_answers_with(document: dict[str, Any]) -> None:
    operations = {each["operationId"]: each for path in document["paths"].values() for each in path.values()}
    assert {"404", "409", "413", "415", "429"} <= operations["campaigns_start"]["responses"].keys()
    assert {"404", "409", "502"} <= operations["attempts_participants"]["responses"].keys()
    assert "304" in operations["campaigns_progress"]["responses"]
    assert {one["name"] for one in operations["leads_list"]["parameters"]} >= {"fields", "If-None-Match", "state"}


def test_no_secret_has_a_place_in_a_reply(document: dict[str, Any]) -> None:
    account = document["components"]["schemas"]["Account"]["properties"]
    assert "credentials" not in account
    assert "push_token" not in account
    assert "credentials_set" in account


def test_every_component_is_a_valid_schema(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        OAS30Validator.check_schema(schema)


@pytest.mark.django_db
def test_the_document_and_its_reader_are_served_without_a_token_where_they_are_public(settings: Any) -> None:
    settings.DIALER_PUBLIC_API_DOCS = True
    reply = APIClient().get("/api/v1/openapi.json")
    assert reply.status_code == 200
    assert json.loads(reply.content)["openapi"].startswith("3.")
    assert b"swagger" in APIClient().get("/api/v1/docs/").content


@pytest.mark.django_db
def test_the_document_and_its_reader_are_for_those_who_are_logged_in(settings: Any) -> None:
    settings.DIALER_PUBLIC_API_DOCS = False
    client = APIClient()
    assert client.get("/api/v1/openapi.json").status_code == 401
    there = client.get("/api/v1/docs/")
    assert (there.status_code, there["Location"]) == (302, "/admin/login/?next=/api/v1/docs/")
    client.force_login(User.objects.create_user("asha"))
    assert client.get("/api/v1/openapi.json").status_code == 200
    assert b"swagger" in client.get("/api/v1/docs/").content


@pytest.mark.django_db
def test_what_an_empty_house_answers_fits_the_document(document: dict[str, Any], api: APIClient) -> None:
    """A generated client reads these first: what is null there has to be said to be so."""
    unfit = {}
    for path, operations in document["paths"].items():
        operation = operations.get("get")
        if operation is None or "{" in path:
            continue
        reply = api.get(path)
        content = operation["responses"].get(str(reply.status_code), {}).get("content", {})
        if not reply.headers["Content-Type"].startswith("application/json"):
            continue
        schema = {**content["application/json"]["schema"], "components": document["components"]}
        unfit[path] = [f"{list(one.path)}: {one.message}" for one in OAS30Validator(schema).iter_errors(reply.json())]
    assert len(unfit) > 40
    assert {path: problems for path, problems in unfit.items() if problems} == {}
