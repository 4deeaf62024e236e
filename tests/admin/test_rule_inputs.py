"""The inputs of rules write what REST reads, and show what REST writes: nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from campaigns.admin.inputs.retries import RetryEntries
from campaigns.rules.retry import PRESETS
from tests.admin import builders
from tests.admin.posted import problems
from tests.admin.rule_pages import api, page_of, rules_in, save, shown
from tests.admin.sent import Inputs, inputs_of

__all__ = ["api"]


def put(inputs: Inputs, name: str, *rows: dict[str, str | list[str]]) -> Inputs:
    """Return inputs with these rows, as if all others had been removed and these been added."""
    kept = {key: values for key, values in inputs.items() if not key.startswith(f"{name}-")}
    for index, row in enumerate(rows, 50):
        for part, value in row.items():
            kept[f"{name}-{index}-{part}"] = value if isinstance(value, list) else [value]
    return kept


def test_what_is_entered_is_what_rest_reads(owner: Client, api: APIClient) -> None:
    campaign = builders.campaign(builders.account())
    inputs = shown(owner, campaign)
    inputs = put(
        inputs,
        "windows",
        {"days": ["1", "2", "3"], "opens": "09:00", "closes": "12:30"},
        {"days": ["1", "2", "3"], "opens": "14:00", "closes": "18:00"},
        {"opens_cron": "0 10 * * SAT", "closes_cron": "0 12 * * SAT"},
    )
    inputs = put(
        inputs,
        "retry_rules",
        {"outcome": "BUSY", "delays": "15 min"},
        {"outcome": "NO_ANSWER", "delays": "1 h, 4 h, 1 d", "most": "2", "time": "on", "number": "phone_2, phone_3"},
        {"outcome": "UNCERTAIN", "delays": "30 min", "most": "1"},
        {"outcome": "LOST"},
        {"said": "voicemail", "delays": "1 d", "most": "1", "free": "on", "did": "on"},
    )
    inputs = put(inputs, "caps", {"calls": "3", "size": "24", "unit": "h"}, {"calls": "6", "size": "14", "unit": "d"})
    inputs = put(inputs, "blackout_dates", {"first": "2026-10-20"}, {"first": "2026-12-24", "last": "2026-12-26"})
    inputs |= {"minimum_gap_seconds": ["1 h 30 min"], "time_zone": ["asia/kolkata"], "holiday_country": ["in"]}
    inputs |= {"callback_after_seconds": ["2 h"], "pause_window_seconds": ["90 s"]}
    reply = save(owner, campaign, inputs)
    assert reply.status_code == 302, problems(reply)
    found = api.get(f"/api/v1/campaigns/{campaign.pk}/").json()
    times = {"opens_cron": "", "closes_cron": ""}
    assert found["windows"] == [
        {"days": "123", "opens": "09:00:00", "closes": "12:30:00", **times},
        {"days": "123", "opens": "14:00:00", "closes": "18:00:00", **times},
        {"days": "12345", "opens": None, "closes": None, "opens_cron": "0 10 * * SAT", "closes_cron": "0 12 * * SAT"},
    ]
    assert found["retry_rules"] == {
        "BUSY": 900,
        "NO_ANSWER": {
            "delays": [3600, 14400, 86400],
            "most": 2,
            "other_time": True,
            "other_number": ["phone_2", "phone_3"],
        },
        "UNCERTAIN": {"delays": [1800], "most": 1},
        "disposition:voicemail": {"delays": [86400], "most": 1, "counts": False, "other_did": True},
    }
    assert found["caps"] == [{"calls": 3, "hours": 24}, {"calls": 6, "hours": 336}]
    assert found["blackout_dates"] == ["2026-10-20", "2026-12-24/2026-12-26"]
    seconds = ("minimum_gap_seconds", "callback_after_seconds", "pause_window_seconds")
    assert [found[name] for name in seconds] == [5400, 7200, 90]
    assert (found["time_zone"], found["holiday_country"]) == ("Asia/Kolkata", "IN")


def test_hours_of_every_day_are_those_of_the_campaign_and_no_window(owner: Client, api: APIClient) -> None:
    campaign = builders.campaign(builders.account())
    inputs = shown(owner, campaign)
    assert inputs["windows-0-opens"] == ["00:00"]
    assert save(owner, campaign, inputs | {"windows-0-opens": ["10:15"]}).status_code == 302
    found = rules_in(api, campaign)
    assert (found["windows"], found["window_opens"], found["window_closes"]) == ([], "10:15:00", "23:59:59.999999")
    inputs = shown(owner, campaign) | {"windows-0-days": ["6", "7"]}
    assert save(owner, campaign, inputs).status_code == 302
    assert [one["days"] for one in rules_in(api, campaign)["windows"]] == ["67"]


def test_what_the_inputs_cannot_show_is_kept_and_said(owner: Client, api: APIClient) -> None:
    campaign = builders.campaign(builders.account())
    odd = {"BUSY": {"delays": [60], "other_number": ["home, old"]}, "NO_ANSWER": 3600}
    cap = {"calls": 3, "hours": 24, "note": 1}
    api.patch(f"/api/v1/campaigns/{campaign.pk}/", {"retry_rules": odd, "caps": [cap]}, format="json")
    page = owner.get(page_of(campaign)).content.decode()
    assert page.count("Kept as it is:") == 2
    assert "home, old" in page
    inputs = inputs_of(page, form="campaign_form")
    changed = {key.replace("-delays", ""): key for key in inputs if key.endswith("-delays")}
    busy = next(key for key in changed.values() if inputs[key] == ["1 h"])
    assert save(owner, campaign, inputs | {busy: ["2 h"]}).status_code == 302
    found = rules_in(api, campaign)
    assert (found["retry_rules"], found["caps"]) == (odd | {"NO_ANSWER": 7200}, [cap])


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [
        ("windows", {"days": ["1"], "opens": "9 o'clock", "closes": "18:00"}, "Row 1, from: “9 o'clock” is no time"),
        ("windows", {"opens": "09:00", "closes": "18:00"}, "Row 1, days: Tick at least one day"),
        ("windows", {"days": ["1"], "opens": "09:00", "closes": "09:00"}, "Row 1, to: It closes when it opens"),
        ("windows", {"opens_cron": "9 o'clock", "closes_cron": "0 18 * * *"}, "Row 1, opens (cron):"),
        ("retry_rules", {"outcome": "BUSY", "delays": "15"}, "Busy or pressed away, call again after: “15” says no"),
        ("retry_rules", {"outcome": "BUSY", "most": "2"}, "Busy or pressed away, call again after: Enter after how"),
        ("retry_rules", {"said": "later", "delays": "1 h", "free": "on"}, "later, at most: An attempt that does not"),
        ("retry_rules", {"said": "later", "delays": "91 d"}, "later, call again after: 91 d is too long"),
        ("caps", {"calls": "0", "size": "24", "unit": "h"}, "Row 1, calls: Enter how many"),
        ("caps", {"calls": "3", "size": "91", "unit": "d"}, "Row 1, in: Enter in how many hours or days"),
        ("blackout_dates", {"first": "tomorrow"}, "Row 1, day: “tomorrow” is no day"),
        ("blackout_dates", {"first": "2026-10-20", "last": "2026-10-19"}, "Row 1, until: It ends before it begins"),
    ],
)
def test_a_wrong_row_is_said_beside_it_by_row_and_input_and_what_was_typed_stays(
    owner: Client, name: str, row: dict[str, str | list[str]], said: str
) -> None:
    campaign = builders.campaign(builders.account())
    reply = save(owner, campaign, put(shown(owner, campaign), name, row))
    assert said in problems(reply)[name]
    again = inputs_of(reply.content.decode(), form="campaign_form")
    sent = {part: value if isinstance(value, list) else [value] for part, value in row.items()}
    rows = {key.rpartition("-")[0] for key in again if key.startswith(f"{name}-")}
    assert any(all(again.get(f"{one}-{part}") == value for part, value in sent.items()) for one in rows)
    assert 'aria-invalid="true"' in reply.content.decode()


def test_two_rows_of_one_disposition_are_refused(owner: Client) -> None:
    campaign = builders.campaign(builders.account())
    first, second = ({"said": name, "delays": "1 h"} for name in ("Later", "later"))
    reply = save(owner, campaign, put(shown(owner, campaign), "retry_rules", {**first}, {**second}))
    assert "There is a row for it already" in problems(reply)["retry_rules"]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_fills_the_rows_with_what_rest_calls_by_its_name(preset: str) -> None:
    entries = RetryEntries()
    rows = [row for row in entries.rows_of(PRESETS[preset]) if row.stored]
    assert [row.kept for row in rows] == [""] * len(PRESETS[preset])
    assert entries.gathered([entries.read(row, None) for row in rows]) == _shortest(PRESETS[preset])


def _shortest(matrix: Any) -> dict[str, Any]:
    """Return a matrix with seconds in place of an object that has one delay and nothing else."""
    return {
        key: cell["delays"][0]
        if isinstance(cell, dict) and cell.keys() == {"delays"} and len(cell["delays"]) == 1
        else cell
        for key, cell in matrix.items()
    }
