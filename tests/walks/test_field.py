"""What came up at other products, and in an integrator's day: each case names the test that would fail if it came back.

In the words of those who met it, shortened; a test that is renamed or deleted has to be named anew here.
"""

from __future__ import annotations

import ast
from functools import cache

import pytest

from tests.sources import PROJECT

CASES: dict[str, tuple[str, ...]] = {
    # People called who must not be, or at a forbidden hour
    "what a running campaign relies on is deleted or emptied": (
        "campaigns/lifecycle/test_relied_on.py::test_what_a_started_campaign_relies_on_is_not_taken_away",
        "campaigns/lifecycle/test_relied_on.py::test_what_its_start_would_refuse_is_not_claimed_and_pauses_it",
    ),
    "the first sheet of a workbook is hidden": (
        "campaigns/importing/test_odd_files.py::test_the_first_shown_sheet_with_a_table_is_read",
        "campaigns/importing/test_odd_files.py::test_another_sheet_can_be_chosen_by_name_or_number",
        "campaigns/importing/test_odd_files.py::test_hidden_rows_and_columns_are_left_out_counted_and_said",
    ),
    "zones by number": (
        "rules/test_zones.py::test_every_beginning_of_the_number_plan_gives_zones_of_its_own_country_and_no_fewer_than_it_names",
        "rules/test_zones.py::test_an_area_code_in_several_zones_has_them_all",
    ),
    "opt-outs in free text": (
        "campaigns/rules/refusal/test_phrases.py::test_each_phrase_is_what_the_table_says",
        "campaigns/rules/refusal/test_forms.py::test_marks_are_letters",
    ),
    "old spellings of renumbered countries": (
        "dialer/numbering/test_renumbering.py::test_a_list_that_bars_an_old_spelling_bars_the_new_one",
        "dialer/numbering/test_renumbering.py::test_a_list_that_bars_takes_more_than_dialing",
    ),
    "a second database made from a backup": (
        "attacks/test_stolen_copy.py::test_attack_1_a_copy_of_the_database_logs_nobody_in_and_pushes_nothing",
    ),
    # Results lost, or invisible
    "a push address without its last slash": (
        "attacks/test_pushes.py::test_attack_4_a_push_is_stored_whole_however_its_address_and_its_length_are_written",
        "attacks/test_pushes.py::test_attack_4_no_other_method_is_told_that_it_succeeded",
    ),
    "results that are not clean JSON": (
        "providers/test_damaged.py::test_any_bytes_are_an_object_or_none",
        "providers/test_damaged.py::test_every_value_of_a_doubled_key_is_seen_and_the_last_one_leads",
    ),
    "a push that is signed as another language writes it": (
        "providers/test_signed_writings.py::test_the_case_from_the_field_is_believed",
    ),
    "duration told early as 0": (
        "campaigns/settling/test_order_of_reports.py::test_a_push_of_the_beginning_never_keeps_the_length_of_the_end",
    ),
    "the account check says that pushes are fine": (
        "webhooks/test_result_counts.py::test_every_kind_is_counted_and_told_wherever_somebody_looks",
    ),
    # Stop, numbers, operation
    "all 60 of two pages are chosen and 50 stopped": (
        "admin/test_choosing.py::test_all_campaigns_that_the_page_names_are_stopped_and_no_later_one",
    ),
    "a viewer exports every number and the provider's addresses": (
        "attacks/test_rights.py::test_attack_12_view_campaign_alone_exports_nothing",
        "attacks/test_recording_addresses.py::test_attack_9_the_action_and_the_command_have_it_too",
    ),
    "PgBouncer that shares sessions": (
        "dialer/checks/test_pooler.py::test_a_pooler_is_refused_where_it_shares_sessions",
    ),
    "PostgreSQL becomes read-only": (
        "chaos/test_fail_over.py::test_a_server_that_takes_no_writes_is_left_and_all_goes_on_with_the_next",
    ),
    "a spreadsheet that makes its reader allocate": (
        "attacks/test_files.py::test_attack_2_a_tiny_workbook_of_millions_of_cells_is_refused_in_bounded_memory",
    ),
    "double save, double call to one's own phone": (
        "doubles/test_forms_at_once.py::test_one_form_many_times_at_once_rings_one_phone",
        "doubles/test_forms_at_once.py::test_one_new_form_many_times_at_once_makes_one_row",
    ),
    "the first calls of a new template at once": (
        "doubles/test_rest_at_once.py::test_the_first_calls_of_a_new_template_all_become_leads_of_one_campaign",
    ),
    "a wrong agent exhausts the list": (
        "campaigns/placing/test_campaign_pauses.py::test_a_wrong_agent_pauses_after_three_calls_and_no_lead_pays_for_it",
    ),
    "an Indian number in a list of GB": (
        "campaigns/importing/test_numbers.py::test_an_indian_number_in_a_list_of_gb_is_no_premium_number_of_gb",
    ),
    # Data lost or spoken wrongly
    "a sparse update erases": (
        "campaigns/importing/test_cases.py::test_a_sparse_update_erases_nothing_and_a_replacement_does",
    ),
    "export, then import": (
        "campaigns/exports/test_files.py::test_contacts_that_were_exported_upload_as_they_were",
        "campaigns/importing/test_cases.py::test_a_report_that_is_uploaded_again_gives_the_same_people",
    ),
    "formula errors": (
        "campaigns/importing/test_cases.py::test_formulas_that_failed_are_named_unless_nobody_reads_their_column",
    ),
    "long ids, lengths of time, percentages": (
        "campaigns/importing/test_cases.py::test_what_a_workbook_shows_is_what_a_bot_can_say",
        "campaigns/importing/test_cases.py::test_digits_that_a_spreadsheet_has_written_short_are_named_in_every_column",
    ),
    'cells such as ="0042"': (
        "campaigns/importing/test_cases.py::test_texts_in_the_form_of_formulas_are_taken_out_of_it_in_every_column",
    ),
    "the wrong column of several": (
        "campaigns/importing/test_cases.py::test_of_eight_columns_each_row_gives_the_number_that_it_has",
        "campaigns/importing/test_cases.py::test_numbered_columns_and_several_numbers_in_one_cell_are_one_persons",
        "campaigns/importing/test_cases.py::test_of_two_columns_of_one_name_each_can_be_named",
        "campaigns/importing/test_cases.py::test_a_title_above_the_names_is_passed_over_and_said",
        "campaigns/importing/test_cases.py::test_a_tie_of_delimiters_is_decided_by_what_stands_under_the_names",
        "campaigns/importing/test_cases.py::test_marks_that_nobody_sees_change_neither_names_nor_numbers",
    ),
    "a range that is newer than the number plan": (
        "dialer/test_numbers.py::test_a_refusal_by_the_number_plan_names_the_version_of_the_data_and_the_way_out",
        "api/test_numbers.py::test_a_range_that_somebody_with_the_right_lets_through_is_taken",
    ),
    "files refused for the wrong reason": (
        "campaigns/importing/test_cases.py::test_words_beside_a_number_are_refused_for_what_they_are",
        "campaigns/importing/test_cases.py::test_what_is_no_table_is_refused_for_what_it_is",
        "campaigns/importing/test_cases.py::test_spellings_of_zones_are_taken_or_told_what_to_write",
    ),
    # Time
    "a day as an end, a time without an offset, a window of a whole day": (
        "api/test_rules.py::test_a_rule_that_cannot_be_applied_is_named",
        "api/test_rules.py::test_an_end_with_its_offset_is_that_instant",
        "api/test_rules.py::test_a_window_from_midnight_to_midnight_is_the_whole_day_or_refused_with_how_that_is_written",
    ),
    "rules are eased while retries and callbacks wait": (
        "campaigns/settling/test_eased.py::test_a_retry_waits_for_its_delay_and_no_longer",
        "campaigns/settling/test_eased.py::test_a_callback_comes_when_it_was_asked_for_once_the_hours_let_it",
    ),
    "a public holiday that is wrong": (
        "campaigns/rules/test_calendars.py::test_a_public_holiday_can_be_opened_and_an_own_day_stays_closed",
    ),
    "a number that is searched for in a national spelling": (
        "api/test_numbers.py::test_a_number_is_found_as_people_write_it",
        "api/test_numbers.py::test_what_is_no_whole_number_is_told_what_to_write",
    ),
    "an edge of a cron when clocks change": (
        "campaigns/rules/test_cron.py::test_edges_are_those_of_the_wall_clock_each_once_and_in_order",
    ),
    "two campaigns over one list": (
        "campaigns/explaining/test_preflight.py::test_who_waits_in_another_campaign_that_goes_is_named_before_the_start",
    ),
    # From an integrator's day
    "a body ends before its Content-Length": (
        "attacks/test_files.py::test_attack_4_a_body_that_breaks_off_is_kept_by_nobody_and_its_key_is_free",
    ),
    "two stray quotes far apart": (
        "campaigns/importing/test_odd_files.py::test_stray_quotes_cost_their_own_lines_and_no_others",
    ),
    "one bad byte, or another encoding": (
        "campaigns/importing/test_odd_files.py::test_one_bad_byte_costs_its_own_row",
        "campaigns/importing/test_odd_files.py::test_another_encoding_is_asked_for_and_never_guessed",
    ),
    "a body without a content type": ("api/test_strict.py::test_a_switch_is_not_turned_by_a_form",),
    "unknown fields are ignored": (
        "api/test_strict.py::test_every_post_refuses_a_field_that_it_does_not_know_and_does_nothing",
        "api/test_strict.py::test_the_nearest_known_field_is_named",
    ),
    "going on from a cursor under concurrent writes": (
        "api/test_pages.py::test_pages_are_complete_and_without_repeats_while_rows_are_added",
        "api/test_feed.py::test_two_readers_of_the_feed_get_what_the_table_says",
    ),
    "a subscriber drips, is slow or is down": (
        "webhooks/test_turns.py::test_while_it_is_down_one_request_is_made_a_probe_and_one_row_is_touched",
        "webhooks/test_turns.py::test_who_was_down_for_an_hour_is_told_all_within_two_minutes_of_its_return",
    ),
    "leads that end without a call": (
        "webhooks/test_lead_ended.py::test_a_lead_that_ends_without_a_call_is_told_once",
    ),
    "attempts that never left are mixed in": (
        "api/test_many.py::test_attempts_are_those_that_left_unless_others_are_asked_for",
        "campaigns/exports/test_files.py::test_calls_that_never_left_are_apart",
    ),
    "an import of which all rows are refused ends with 0": (
        "campaigns/importing/test_command.py::test_too_many_refused_rows_end_it_with_an_error",
    ),
    "numbers with an apostrophe": (
        "campaigns/exports/test_files.py::test_every_kind_of_file_holds_the_chosen_columns_of_several_campaigns",
    ),
    "blocks of the docs that fail": ("walks/test_blocks.py::test_every_block_runs_as_pasted_twice",),
}


@cache
def names_in(file: str) -> set[str]:
    """Return the names of the tests of a file."""
    tree = ast.parse((PROJECT / "tests" / file).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("case", CASES)
def test_every_case_has_its_tests(case: str) -> None:
    missing = [name for name in CASES[case] if name.split("::")[1] not in names_in(name.split("::")[0])]
    assert missing == []
