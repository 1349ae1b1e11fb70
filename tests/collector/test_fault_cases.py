"""Every fault that a collector of GitHub's traffic must survive, numbered, with the tests that show that this one does.

The numbers are those of the list of fault cases that the design was made from; each group says what it is about.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
BROKEN = ("test_a_broken_answer_is_asked_for_again", "test_an_answer_that_stays_broken_is_a_failure_after_four_tries")
MOMENT = "test_what_may_be_over_in_a_moment_is_tried_four_times_with_pauses"
ANYTHING = ("test_days_are_possible_or_refused", "test_weeks_are_possible_or_refused")
LACKS = "test_a_token_that_lacks_something_is_told_what_to_mend"
WORDS = "test_a_refusal_becomes_its_error_with_github_s_words_and_what_to_do"
GONE = "test_a_repository_that_is_gone_keeps_its_history_and_says_why"
RENAMED = "test_a_rename_or_transfer_is_followed_and_the_history_stays_one"

TRANSPORT: dict[int, tuple[str, ...]] = {
    1: (
        "test_a_refused_connection_means_that_the_host_is_down",
        "test_a_name_that_nobody_knows_means_that_the_host_is_down",
        "test_a_host_that_goes_down_mid_run_ends_it_after_a_few_visits",
    ),
    2: (*BROKEN, "test_a_connection_that_github_has_closed_meanwhile_is_made_anew"),
    3: BROKEN,
    4: (
        "test_a_body_that_drips_is_given_up_at_the_deadline",
        "test_headers_that_drip_are_given_up_at_the_deadline",
    ),
    5: ("test_silence_is_given_up_at_the_timeout",),
    6: (
        "test_a_certificate_that_nobody_vouches_for_stops_the_run",
        "test_a_port_without_tls_stops_the_run_and_is_not_asked_without_it",
        "test_a_handshake_that_is_cut_off_may_go_better_the_next_time",
    ),
    7: (
        "test_a_huge_body_is_given_up_once_and_for_all",
        "test_a_bomb_of_gzip_takes_no_more_memory_than_the_greatest_body",
    ),
    8: BROKEN,
    9: BROKEN,
}
STATUS_AND_BODY: dict[int, tuple[str, ...]] = {
    10: (MOMENT,),
    11: (
        "test_an_answer_of_another_kind_is_refused",
        "test_an_answer_that_is_not_what_was_asked_for_stores_nothing_of_it",
    ),
    12: ("test_json_under_a_wrong_name_is_taken_with_a_warning", MOMENT),
    13: (MOMENT,),
    14: (MOMENT, "test_a_page_of_an_outage_is_quoted_on_one_line_and_cut"),
    15: (MOMENT,),
    16: ("test_no_content_is_an_empty_list_and_for_all_else_a_refused_answer",),
    17: (
        "test_what_has_not_changed_is_observed_again_without_a_body",
        "test_a_second_run_asks_for_days_alone_and_is_told_that_nothing_changed",
    ),
    18: (MOMENT, "test_a_validator_is_kept_only_with_the_data_that_it_stands_for"),
    19: (
        "test_a_refused_api_version_stops_the_run_and_names_the_header",
        "test_an_api_version_that_is_gone_stops_the_run_and_says_so",
    ),
    20: ("test_a_retired_version_is_told_by_the_server_itself",),
    21: (
        "test_pages_end_with_an_error_of_its_own_where_github_gives_no_more",
        "test_where_deep_pages_are_refused_those_before_are_kept_and_it_is_told",
    ),
}
IDENTITY: dict[int, tuple[str, ...]] = {
    22: ("test_a_renamed_repository_is_followed_and_its_new_path_is_told", RENAMED),
    23: ("test_when_another_takes_the_name_of_a_renamed_one_the_first_is_still_followed",),
    24: ("test_a_redirect_in_a_circle_is_refused_at_once", "test_more_than_five_redirects_are_refused"),
    25: (
        "test_a_redirect_to_another_place_is_refused_and_nothing_arrives_there",
        "test_a_redirect_to_the_same_machine_under_another_name_gets_no_token",
    ),
    26: ("test_a_redirect_without_a_host_stays_on_ours", "test_a_redirect_to_nowhere_is_refused"),
    27: ("test_a_temporary_redirect_is_followed_and_forgotten",),
    28: (GONE, "test_what_was_refused_is_tried_again_a_day_later_and_not_in_each_run"),
    29: (GONE, "test_a_404_that_stays_says_all_that_it_may_mean"),
    30: ("test_an_archived_repository_is_collected_as_before",),
    31: (
        "test_a_404_between_good_answers_is_asked_again_after_some_seconds",
        "test_one_404_between_good_answers_means_nothing",
    ),
    32: ("test_when_another_takes_the_name_of_a_deleted_one_nothing_is_mixed",),
    33: (
        "test_two_tenants_with_the_same_repository_have_a_row_each_and_see_what_their_token_sees",
        "test_duplicates_are_folded_whatever_their_form",
    ),
}
CREDENTIALS: dict[int, tuple[str, ...]] = {
    34: (
        "test_a_wrong_token_is_refused_at_the_first_answer_and_not_tried_again",
        "test_a_token_that_is_refused_at_the_start_is_asked_for_nothing_more",
    ),
    35: (
        "test_a_token_that_is_revoked_meanwhile_is_refused_and_that_is_remembered",
        "test_a_token_that_is_revoked_mid_run_keeps_what_it_brought",
    ),
    36: (
        "test_a_401_with_other_words_is_asked_again_once",
        "test_a_401_with_other_words_that_comes_again_is_a_refusal",
    ),
    37: (LACKS, "test_a_missing_permission_is_named_and_costs_that_repository_alone"),
    38: (
        "test_where_single_sign_on_is_granted_is_kept_apart_from_the_sentence",
        "test_a_link_for_single_sign_on_leads_to_github_or_is_left_out",
    ),
    39: (LACKS, WORDS),
    40: ("test_a_good_token_after_several_bad_ones_waits_a_quarter_of_an_hour",),
    41: ("test_a_blocked_repository_is_told_with_reason_and_link", GONE),
    42: (
        "test_what_github_no_longer_lists_is_never_removed",
        "test_a_list_that_single_sign_on_shortens_comes_with_a_warning",
    ),
    43: (
        "test_the_expiry_of_a_token_is_read_in_both_of_its_forms",
        "test_an_expiry_that_cannot_be_read_is_unknown_and_never_now",
        "test_the_end_of_a_token_is_told_the_louder_the_nearer",
    ),
}
LIMITS: dict[int, tuple[str, ...]] = {
    44: (
        "test_a_budget_used_up_before_the_run_is_waited_for_after_one_answer",
        "test_a_limit_that_was_used_up_before_the_run_is_not_tried",
    ),
    45: (
        "test_a_budget_that_others_have_used_up_is_waited_for",
        "test_a_wait_beyond_ones_patience_ends_the_work_and_says_when_it_goes_on",
        "test_what_a_limit_left_out_is_collected_by_the_next_run",
    ),
    46: (
        "test_retry_after_is_obeyed_to_the_second",
        "test_a_secondary_limit_met_by_four_threads_at_once_is_waited_for_once",
        "test_after_secondary_limits_it_goes_on_more_slowly",
    ),
    47: ("test_without_retry_after_the_waits_are_60_120_and_240_seconds_and_then_it_ends",),
    48: ("test_every_form_of_retry_after_leads_to_a_wait_or_an_end",),
    49: (
        "test_every_form_of_the_reset_leads_to_a_wait_within_the_hour",
        "test_a_clock_of_github_that_differs_from_ours_by_hours_changes_no_wait",
    ),
    50: ("test_without_headers_of_a_limit_none_is_assumed",),
    51: ("test_a_limit_told_while_much_is_left_is_no_matter_of_permission",),
    52: (
        "test_two_tokens_of_one_user_share_one_budget",
        "test_the_small_tenant_of_a_shared_budget_is_not_starved",
    ),
    53: ("test_two_runs_at_once_are_one_and_a_refusal_that_names_it",),
    54: ("test_the_date_of_an_answer_is_that_of_github_in_utc",),
}
DATA: dict[int, tuple[str, ...]] = {
    55: ("test_an_empty_answer_is_nothing_in_the_days_that_it_surely_covers",),
    56: ("test_both_forms_agree_on_every_day_that_both_cover",),
    57: (
        "test_today_and_a_late_yesterday_are_never_taken_for_zero",
        "test_every_day_has_its_counts_and_the_state_that_follows_from_the_answers",
    ),
    58: (
        "test_a_row_of_a_fortnight_ago_beside_one_of_today_is_a_reading_but_not_covered",
        "test_no_stored_count_ever_falls_or_vanishes",
    ),
    59: ("test_of_equal_counts_the_greater_uniques_stand_and_a_smaller_reading_never_replaces",),
    60: ("test_a_day_given_twice_keeps_its_greater_row_and_is_told",),
    61: ("test_every_form_of_a_moment_falls_on_its_utc_day",),
    62: ("test_rows_in_any_order_come_out_sorted", "test_a_day_that_no_window_can_hold_is_refused"),
    63: ("test_more_uniques_than_requests_are_refused_and_leave_the_day_unknown", *ANYTHING),
    64: (
        "test_whole_numbers_are_taken_in_any_dress",
        "test_anything_else_is_refused_by_row_and_never_becomes_a_zero",
        *ANYTHING,
    ),
    65: (
        "test_anything_else_is_refused_by_row_and_never_becomes_a_zero",
        "test_counters_that_are_missing_or_odd_are_unknown",
        "test_a_bad_entry_is_refused_and_the_others_stay",
    ),
    66: ("test_a_row_without_a_field_is_refused", "test_an_answer_of_another_kind_is_refused_as_a_whole"),
    67: ("test_unknown_fields_change_nothing",),
    68: ("test_a_total_that_differs_is_told_and_the_rows_count",),
    69: (
        "test_hostile_text_is_kept_to_the_letter",
        "test_a_long_text_is_cut_and_half_a_character_replaced",
        "test_names_that_differ_by_case_are_two_and_the_same_name_is_one",
        "test_what_a_spreadsheet_would_calculate_gets_an_apostrophe",
    ),
    70: ("test_each_endpoint_stands_alone", "test_views_are_stored_while_clones_fail"),
    71: ("test_views_of_zero_everywhere_at_once_are_pointed_out_and_take_nothing_away",),
    72: (
        "test_a_counter_that_went_down_and_an_asset_that_is_gone_are_told_as_they_are",
        "test_an_asset_that_vanished_keeps_its_counters_and_a_release_its_newest_name",
    ),
    73: (
        "test_a_repository_on_two_pages_is_one",
        "test_a_release_that_shifted_to_the_next_page_is_counted_once",
    ),
    74: (
        "test_a_next_page_elsewhere_is_refused_and_nothing_arrives_there",
        "test_pages_that_lead_to_themselves_end",
    ),
    75: (
        "test_a_killed_run_leaves_whole_batches_and_the_next_one_completes_it",
        "test_a_full_disk_during_a_batch_keeps_what_was_committed",
        "test_a_store_that_is_busy_during_a_batch_ends_the_run_and_says_who_holds_it",
        "test_the_same_batch_twice_changes_nothing_and_says_so",
    ),
    76: (
        "test_no_error_tells_the_token_not_even_to_a_reporter_that_prints_variables",
        "test_nothing_that_represents_itself_shows_the_token",
        "test_the_libraries_log_no_token_even_when_they_log_everything",
        "test_a_token_never_appears_in_what_is_printed_or_lies_in_a_file",
        "test_a_token_is_hidden_wherever_it_stands",
    ),
}
CASES = {**TRANSPORT, **STATUS_AND_BODY, **IDENTITY, **CREDENTIALS, **LIMITS, **DATA}


@cache
def all_tests() -> frozenset[str]:
    """The names of every test there is."""
    trees = [ast.parse(path.read_text("utf-8")) for path in TESTS.rglob("test_*.py")]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return frozenset(each.name for each in functions if each.name.startswith("test_"))


def test_no_fault_case_is_forgotten() -> None:
    assert list(CASES) == list(range(1, 77))


@pytest.mark.parametrize("number", CASES)
def test_the_tests_of_a_fault_case_exist(number: int) -> None:
    assert CASES[number]
    assert set(CASES[number]) <= all_tests()
