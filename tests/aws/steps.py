"""
What each function is for, as steps that fail when it cannot do it; each may be done again for another number.

Between them they use every permission of the function's role: what none of them uses is not in the role.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.aws.stack import Stack
from tests.aws.steps_of_messages import (
    answer,
    answer_about_one_of_two,
    balance,
    balance_of_two,
    batch,
    batch_finish,
    batch_finish_two,
    batch_of_two,
    batch_send,
    batch_send_answer,
    batch_send_mail,
    batch_send_unlisted,
    batch_send_within_budget,
    batch_start,
    batch_with_mail,
    batch_within_budget,
    cancel_by_reply,
    catch_up,
    mail,
    receive,
    receive_last,
    remind,
    remind_again_soon,
    remind_answer,
    remind_by_name,
    remind_unlisted,
    remind_within_budget,
    sweep,
    sweep_after_one,
    sweep_after_two,
    sweep_ended_calls,
    sweep_ended_request,
)
from tests.aws.steps_of_visits import (
    book_by_api,
    cancel_after_all,
    cancel_by_api,
    cancel_by_request,
    confirm,
    find_by_api,
    find_several_by_api,
    move_by_api,
    move_by_request,
    query,
    query_several,
    refuse,
    register_by_api,
    request,
    request_by_stranger,
)

Step = Callable[[Stack, int], None]

STEPS: Final[dict[str, tuple[Step, ...]]] = {
    "Api": (register_by_api, book_by_api, move_by_api, cancel_by_api, find_by_api, find_several_by_api),
    "Sweep": (sweep, sweep_ended_request, sweep_ended_calls, sweep_after_one, sweep_after_two),
    "Balance": (balance, balance_of_two),
    "Reminder": (remind, mail, remind_again_soon, remind_by_name, remind_within_budget, remind_answer, remind_unlisted),
    "Request": (request, request_by_stranger, move_by_request, cancel_by_request),
    "Confirmation": (confirm, refuse, cancel_after_all),
    "Query": (query, query_several),
    "Receipts": (receive, receive_last),
    "Replies": (answer, answer_about_one_of_two, cancel_by_reply),
    "Batch": (batch, batch_with_mail, batch_within_budget),
    "BatchStart": (batch_start, batch_of_two, catch_up),
    "BatchSend": (batch_send, batch_send_mail, batch_send_within_budget, batch_send_answer, batch_send_unlisted),
    "BatchFinish": (batch_finish, batch_finish_two),
}
"""By function."""
