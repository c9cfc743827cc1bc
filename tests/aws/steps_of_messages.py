"""Steps of the functions by which messages leave, and of what comes back; see :mod:`tests.aws.steps`."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from kept.core.booking import Appointment, AppointmentStatus
from kept.core.conversation import Reply, reply_key
from kept.core.holds import SlotHold, hold_id
from kept.core.notifications import AttemptState, NotificationKind, Outcome
from kept.core.people import ChannelName, Consent, consent_id
from kept.core.worklist import WorklistItem
from kept.flow.balance import load_nightly
from kept.flow.worklist import worklist
from tests.aws.stack import Stack
from tests.aws.visits import (
    EVENING,
    HOUR,
    MINUTE,
    SECOND,
    assert_taken,
    checked_by_night,
    due,
    forgotten_visit,
    moved_visit,
    phone_of,
    practice_with,
    second_visit,
    sent_to,
    status_of,
    to_call,
    unlisted,
    visit_of,
    wide_visit,
)

SAMPLES: Final = Path(__file__).parents[1] / "samples" / "aws"


def sweep(stack: Stack, number: int) -> None:
    reminder = due(stack, number)
    swept = swept_now(stack)
    assert swept["queued"] >= 1, swept
    assert stack.notifications(reminder.id)


def sweep_ended_request(stack: Stack, number: int) -> None:
    """A request that nobody has confirmed gives back its time, and what was kept for it."""
    visit = wide_visit(stack, number, by_request=True)
    stack.set_clock(visit.start - HOUR)
    swept_now(stack)
    assert status_of(stack, visit.id) is AppointmentStatus.CANCELLED
    assert not stack.store.load(SlotHold, [hold_id(visit.id)])


def sweep_ended_calls(stack: Stack, number: int) -> None:
    """Nobody needs to call about visits that have begun."""
    visits = [visit_of(stack, number), visit_of(stack, number + SECOND, start=stack.day(number) + HOUR)]
    items = [to_call(stack, visit) for visit in visits]
    stack.set_clock(visits[1].start + HOUR)
    swept_now(stack)
    assert [item.is_open for item in stack.store.load(WorklistItem, items)] == [False, False]


def sweep_after_one(stack: Stack, number: int) -> None:
    """It looks whether word of the last text has come."""
    remind(stack, number)
    stack.set_clock(stack.day(number) - EVENING + HOUR)
    swept_now(stack)


def sweep_after_two(stack: Stack, number: int) -> None:
    """It looks whether word of the last texts has come."""
    visits = [visit_of(stack, number), visit_of(stack, number + SECOND, start=stack.day(number) + HOUR)]
    stack.set_clock(visits[1].start - EVENING)
    ids = [visit.notification_ids[0] for visit in visits]
    assert stack.deliver("Reminder", *({"notificationId": i} for i in ids)) == []
    stack.set_clock(visits[1].start - EVENING + HOUR)
    swept_now(stack)


def swept_now(stack: Stack) -> dict[str, Any]:
    """Let the look happen, with all chores, and none of them failing."""
    stack.errors("Sweep")
    answer = dict(stack.invoke("Sweep", {}))
    assert answer["left"] == 0, answer
    assert stack.errors("Sweep") == []
    return answer


def balance(stack: Stack, number: int) -> None:
    """Let a reminder be gone, and have it found by night."""
    reminder = due(stack, number)
    stack.store.submit(lambda tx: tx.delete(reminder)).result()
    answer = checked_by_night(stack)
    kept = load_nightly(stack.store)
    assert kept is not None
    assert kept.found == answer["found"]
    assert kept.found["missing"] >= 1, kept
    assert kept.checked_at.isoformat() == answer["checkedAt"]


def balance_of_two(stack: Stack, number: int) -> None:
    visits = [visit_of(stack, number), visit_of(stack, number + SECOND, start=stack.day(number) + HOUR)]
    stack.set_clock(visits[0].start - 2 * EVENING)
    assert checked_by_night(stack)["read"] > 4


def remind(stack: Stack, number: int) -> None:
    reminder = due(stack, number)
    assert stack.deliver("Reminder", {"notificationId": reminder.id}) == []
    assert_taken(stack, reminder.id, "sms")


def mail(stack: Stack, number: int) -> None:
    reminder = due(stack, number)
    stack.providers.refused.add(phone_of(number))
    assert stack.deliver("Reminder", {"notificationId": reminder.id}) == []
    assert_taken(stack, reminder.id, "email")


def remind_again_soon(stack: Stack, number: int) -> None:
    """What a provider does not take just now is queued again for the next seconds."""
    reminder = due(stack, number)
    stack.providers.busy.add(phone_of(number))
    stack.purge("ReminderQueue")
    assert stack.deliver("Reminder", {"notificationId": reminder.id}) == []
    assert stack.notifications(reminder.id)[0].attempts[0].state is AttemptState.NOT_SENT
    assert stack.waiting("ReminderQueue") == 1


def remind_within_budget(stack: Stack, number: int) -> None:
    with practice_with(stack, sms_per_day=100):
        remind(stack, number)


def remind_answer(stack: Stack, number: int) -> None:
    """What somebody wrote is answered."""
    answer_id = planned_answer(stack, number)
    assert stack.deliver("Reminder", {"notificationId": answer_id}) == []
    assert_taken(stack, answer_id, "sms")


def remind_unlisted(stack: Stack, number: int) -> None:
    reminder = unlisted(stack, number)
    assert stack.deliver("Reminder", {"notificationId": reminder}) == []
    assert_taken(stack, reminder, "sms")


def remind_by_name(stack: Stack, number: int) -> None:
    """Another system asks for the reminder of a visit; one that was moved lists those of before too."""
    visit = moved_visit(stack, number)
    stack.set_clock(visit.start - EVENING)
    asked = {"appointmentId": visit.id, "userId": visit.patient_id, "reminderType": "24_hour"}
    answer = json.loads(stack.invoke("Reminder", asked)["body"])
    assert answer["message"] == "Reminder sent successfully", answer


def receive(stack: Stack, number: int) -> None:
    reminder = due(stack, number)
    stack.deliver("Reminder", {"notificationId": reminder.id})
    (text,) = sent_to(stack, number)
    event = {
        "eventType": "TEXT_INVALID",
        "eventVersion": "1.0",
        "eventTimestamp": 1_777_899_623_470,
        "isFinal": True,
        "messageId": text.id,
        "context": text.context,
    }
    assert stack.deliver("Receipts", event) == []
    assert [a.state for a in stack.notifications(reminder.id)[0].attempts] == [AttemptState.UNDELIVERED]


def receive_last(stack: Stack, number: int) -> None:
    """The mail after the text comes back too: somebody must call."""
    mail(stack, number)
    now = stack.day(number) - EVENING + MINUTE
    stack.set_clock(now)
    assert stack.deliver("Receipts", bounced(stack, now)) == []
    (visit,) = stack.store.load(Appointment, [f"apt_{number}"])
    assert stack.notifications(*visit.notification_ids)[0].outcome is Outcome.FAILED
    assert visit.patient_id in {row.item.patient_id for row in worklist(stack.store, now=now, limit=200).rows}


def answer(stack: Stack, number: int) -> None:
    visit = visit_of(stack, number)
    assert stack.deliver("Replies", reply(number, "STOP")) == []
    number_of_hers = consent_id(ChannelName.SMS, phone_of(number))
    assert [c.granted for c in stack.store.load(Consent, [number_of_hers])] == [False], visit.id


def answer_about_one_of_two(stack: Stack, number: int) -> None:
    visit = visit_of(stack, number)
    second_visit(stack, visit)
    stack.set_clock(visit.start - 2 * EVENING)
    assert stack.deliver("Replies", reply(number, "Yes")) == []
    (kept,) = stack.store.load(Reply, [reply_key("end_user_messaging", f"in-{number}")])
    assert [effect.value for effect in kept.effects] == ["listed", "asked_which_visit"]


def cancel_by_reply(stack: Stack, number: int) -> None:
    visit = wide_visit(stack, number)
    stack.set_clock(visit.start - 2 * EVENING)
    assert stack.deliver("Replies", reply(number, "CANCEL")) == []
    assert status_of(stack, visit.id) is AppointmentStatus.CANCELLED


def reply(number: int, says: str) -> dict[str, object]:
    """Return what End User Messaging says when somebody has answered."""
    return {
        "originationNumber": phone_of(number),
        "destinationNumber": "+12125550100",
        "messageBody": says,
        "inboundMessageId": f"in-{number}",
        "previousPublishedMessageId": "",
    }


def planned_answer(stack: Stack, number: int) -> str:
    """Let somebody ask for help; return the answer, which is due."""
    visit = visit_of(stack, number)
    stack.set_clock(visit.start - 2 * EVENING)
    assert stack.deliver("Replies", reply(number, "HELP")) == []
    hits = stack.store.query("notifications_by_patient", visit.patient_id).hits
    planned = stack.notifications(*(hit.id for hit in hits))
    return next(n.id for n in planned if n.about is NotificationKind.ANSWER)


def bounced(stack: Stack, at: datetime) -> dict[str, object]:
    """Return what SES says of the last mail, to an address that is not there."""
    sent = [sent for sent in stack.providers.sent if sent.channel == "email"][-1]
    sample = json.loads((SAMPLES / "ses_bounce.json").read_text())
    sample["bounce"]["timestamp"] = sample["mail"]["timestamp"] = at.isoformat().replace("+00:00", "Z")
    sample["bounce"]["bouncedRecipients"][0]["emailAddress"] = sent.to
    sample["mail"] |= {
        "messageId": sent.id,
        "destination": [sent.to],
        "tags": {k: [v] for k, v in sent.context.items()},
    }
    return dict(sample)


def batch(stack: Stack, number: int) -> None:
    answer = stack.invoke("Batch", {"appointments": [_item(stack, number)]})
    assert answer["statusCode"] == 200
    assert _was_sent(stack, number)


def batch_with_mail(stack: Stack, number: int) -> None:
    """One of two numbers is refused, so that a mail goes."""
    items = _items(stack, number)
    items[0]["phoneNumber"] = phone_of(number)
    stack.providers.refused.add(phone_of(number))
    told = json.loads(stack.invoke("Batch", {"appointments": items})["body"])
    assert told["results"] == {"success": 1, "failed": 0, "fallback": 1}, told


def batch_within_budget(stack: Stack, number: int) -> None:
    with practice_with(stack, sms_per_day=100):
        batch(stack, number)


def batch_start(stack: Stack, number: int) -> None:
    answer = stack.invoke("BatchStart", {"appointments": [_item(stack, number)], "batchId": f"bat_{number}"})
    assert len(answer["items"]) == 1, answer


def batch_of_two(stack: Stack, number: int) -> None:
    answer = stack.invoke("BatchStart", {"appointments": _items(stack, number), "batchId": f"bat_{number}"})
    assert len(answer["items"]) == 2, answer


def catch_up(stack: Stack, number: int) -> None:
    visits = [
        forgotten_visit(stack, number, start=stack.day(number)),
        forgotten_visit(stack, number + SECOND, start=stack.day(number) + HOUR),
    ]
    stack.set_clock(visits[0].start - EVENING / 2)
    stack.invoke("BatchStart", {"catchUp": True})
    assert [len(v.notification_ids) for v in stack.store.load(Appointment, [v.id for v in visits])] == [1, 1]


def batch_send(stack: Stack, number: int) -> None:
    reminder = due(stack, number)
    answer = stack.invoke("BatchSend", {"notificationId": reminder.id, "channel": "sms"})
    assert answer["state"] == "sent", answer


def batch_send_mail(stack: Stack, number: int) -> None:
    reminder = due(stack, number)
    stack.providers.refused.add(phone_of(number))
    answer = stack.invoke("BatchSend", {"notificationId": reminder.id, "channel": "email"})
    assert answer["state"] == "sent", answer


def batch_send_within_budget(stack: Stack, number: int) -> None:
    with practice_with(stack, sms_per_day=100):
        batch_send(stack, number)


def batch_send_answer(stack: Stack, number: int) -> None:
    """An array from a pipe may name an answer."""
    told = stack.invoke("BatchSend", {"notificationId": planned_answer(stack, number), "channel": "sms"})
    assert told["state"] == "sent", told


def batch_send_unlisted(stack: Stack, number: int) -> None:
    """It may name a reminder that its visit does not list."""
    told = stack.invoke("BatchSend", {"notificationId": unlisted(stack, number), "channel": "sms"})
    assert told["state"] == "sent", told


def batch_finish(stack: Stack, number: int) -> None:
    stack.invoke("BatchStart", {"appointments": [_item(stack, number)], "batchId": f"bat_{number}"})
    answer = stack.invoke("BatchFinish", {"batchId": f"bat_{number}", "processed": 1, "refused": 0})
    assert answer["processed"] == 1, answer


def batch_finish_two(stack: Stack, number: int) -> None:
    stack.invoke("BatchStart", {"appointments": _items(stack, number), "batchId": f"bat_{number}"})
    answer = stack.invoke("BatchFinish", {"batchId": f"bat_{number}", "processed": 2, "refused": 0})
    assert answer["processed"] == 2, answer


def _item(stack: Stack, number: int) -> dict[str, object]:
    start = stack.day(number)
    stack.set_clock(start - EVENING)
    return {
        "patientId": f"b{number}",
        "phoneNumber": f"+1212557{number:04d}",
        "email": f"b{number}@example.com",
        "appointmentTime": start.isoformat(),
        "doctorName": "Smith",
        "appointmentId": f"apt-b{number}",
    }


def _items(stack: Stack, number: int) -> list[dict[str, object]]:
    second = {"appointmentId": f"apt-c{number}", "patientId": f"c{number}"}
    return [_item(stack, number), _item(stack, number) | second]


def _was_sent(stack: Stack, number: int) -> bool:
    return any(sent.to == f"+1212557{number:04d}" for sent in stack.providers.sent)
