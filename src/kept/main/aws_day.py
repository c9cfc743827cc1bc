"""A day of a practice on a rehearsed deployment: booked in three ways, reminded, answered by carriers, worked off."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from kept.adapters.clock import SystemClock, SystemIds
from kept.adapters.ses.tags import ATTEMPT, tag_of
from kept.core.access import ApiKey, Scope, full_key, secret_hash
from kept.core.errors import KeptError, RefusedError
from kept.core.notifications import AttemptState
from kept.core.zones import instants_of, wall_of, zone_named
from kept.entrypoints.cli.parts import Check
from kept.flow.access import create_key
from kept.main.aws_fakes import Text
from kept.main.aws_outside import Outside, milliseconds
from kept.ports.store import Store

ZONE: Final = "America/Los_Angeles"
OPENS: Final = time(9, 0)
VISITS_AFTER: Final = timedelta(days=3)
SENDER: Final = "reminders@practice.example"
NUMBER: Final = "+12065550199"
"""Ours; kept for fiction, as all the others (NANPA, 555-0100 to 555-0199)."""
HTTP_PATIENTS: Final = {"pat-ann": 1, "pat-cleo": 3}
QUEUE_PATIENT: Final = "pat-ben"
UNREACHABLE: Final = "+12065550103"
"""Cleo's: the carrier says later that there is no such number, and her mail comes back."""
BOUNCING: Final = "cleo@example.com"
_DAY: Final = timedelta(days=1)
_LATER: Final = timedelta(minutes=1)
_PEOPLE: Final = (("ann", "Ann", 1), ("ben", "Ben", 2), ("cleo", "Cleo", 3))
PRACTICE: Final = {
    "practice": {"name": "Elm Clinic", "phone": "206-555-0100", "timeZone": ZONE, "region": "US"},
    "messages": {"notices": [], "textsPerDay": 3, "textsPerWeek": 9},
    "places": [{"id": "elm", "name": "12 Elm St", "timeZone": ZONE}],
    "practitioners": [{"id": "dr-lee", "name": "Dr. Lee", "placeId": "elm"}],
    "reminderPolicies": [
        {
            "id": "default",
            "reminders": [
                {"name": "24h", "lead": "24 h", "usefulFor": "18 h", "patience": "3 h", "plan": [["sms"], ["email"]]},
                {"name": "1h", "lead": "1 h", "usefulFor": "45 m", "patience": "20 m", "plan": [["sms"], ["email"]]},
            ],
        }
    ],
}
DOING: Final = {
    "set up": "writing a practice, a key to its API and three made-up patients",
    "booked by HTTP": "booking two visits by HTTP",
    "the same time twice": "asking for a time that is taken",
    "booked by queue": "booking a visit by the queues of requests and confirmations",
    "batch": "sending a batch of two by the workflow",
    "a day before": "putting the clock to a day before: reminders are due, the minute's look queues them",
    "receipts": "speaking for the carriers: what became of each text",
    "fallback to e-mail": "one number is none: the mail that goes instead is due",
    "worklist": "the mail comes back too: somebody must call",
    "an hour before": "putting the clock to an hour before each visit",
    "receipts of those": "speaking for the carriers again",
    "over": "putting the clock to the day after: nothing may be left open",
    "by night": "letting the night's check go through the ledger and all visits to come",
}
"""What a step does, told while it is done."""
_WAITING: Final = frozenset({AttemptState.SENDING.value, AttemptState.ACCEPTED.value})
_TO: Final = re.compile(r"[\w.+-]+@[\w.-]+")


class Day:
    """
    One day; every step says how it came out.

    Args:
        outside: The world around it.
        tell: Told what is being done.
    """

    def __init__(self, outside: Outside, tell: Callable[[str], None]) -> None:
        self._outside = outside
        self._tell = tell
        self._told: set[str] = set()
        zone = zone_named(ZONE)
        self.begins = instants_of(datetime.combine(wall_of(SystemClock().now(), zone).date() + _DAY, OPENS), zone)[0]
        self.visit = self.begins + VISITS_AFTER + timedelta(hours=2)
        self.sent: list[dict[str, str]] = []
        self.calls = 0
        """To make, because no message could reach somebody; they leave the worklist once the visit is over."""
        self._texts = self._mails = 0
        """How many of each have been looked at."""

    def live(self, store: Store) -> Iterator[Check]:
        """Yield what came of each step; one that fails ends the day."""
        steps: tuple[tuple[str, Callable[[], str]], ...] = (
            ("set up", partial(self._set_up, store)),
            ("booked by HTTP", self._book_by_http),
            ("the same time twice", self._book_twice),
            ("booked by queue", self._book_by_queue),
            ("batch", self._send_batch),
            ("a day before", partial(self._remind, self.visit + timedelta(hours=2) - _DAY + _LATER, 3)),
            ("receipts", self._hear),
            ("fallback to e-mail", self._fall_back),
            ("worklist", self._bounce),
            ("an hour before", self._remind_last),
            ("receipts of those", self._hear),
            ("over", self._end),
            ("by night", self._check_balance),
        )
        for name, step in steps:
            self._tell(DOING[name])
            try:
                found = step()
                self._tell(f"  {found}")
                yield Check(name=name, state="ok", found=found)
            except KeptError as error:
                self._tell(f"  FAILED: {error}")
                yield Check(name=name, state="fail", found=str(error), remedy="see the log with --keep")
                return

    def balance(self) -> Mapping[str, Any]:
        """Return the balance as the deployed API tells it."""
        days = f"from={self.begins.date()}&to={(self.visit + _DAY).date()}"
        found: Mapping[str, Any] = self._outside.got(f"/api/reports/balance?{days}")
        return found

    def ledger(self) -> dict[str, int]:
        """Return how notifications ended, and how many were planned."""
        total = self._total()
        return {name: total[name] for name in ("planned", "sent", "skipped", "failed", "pending")}

    def reasons(self) -> dict[str, int]:
        """Return why some were skipped or failed, with how many."""
        return dict(self._total()["reasons"])

    def _total(self) -> Mapping[str, Any]:
        days = f"from={self.begins.date()}&to={(self.visit + _DAY).date()}"
        total: Mapping[str, Any] = self._outside.got(f"/api/reports/ledger?{days}")["total"]
        return total

    def _worklist(self) -> int:
        """Return how many calls are to be made now."""
        return len(self._outside.got("/api/worklist")["items"])

    def messages(self) -> dict[str, int]:
        """Return how many messages left, by channel."""
        return dict(Counter(m["channel"] for m in self.sent))

    def _set_up(self, store: Store) -> str:
        self._outside.set_clock(self.begins)
        ids, now = SystemIds(), self._outside.now()
        secret = ids.secret()
        key = ApiKey(
            id=ids.new("key"), name="rehearsal", scope=Scope.ADMIN, secret_hash=secret_hash(secret), created_at=now
        )
        store.submit(lambda tx: create_key(tx, key)).result()
        self._outside.key = full_key(key.id, secret)
        self._answered("PUT", "/api/practice", PRACTICE, {200})
        for name, first, line in _PEOPLE:
            patient = {
                "patientId": f"pat-{name}",
                "firstName": first,
                "lastName": "Lee",
                "phone": f"+120655501{line:02}",
                "email": f"{name}@example.com",
            }
            self._answered("POST", "/api/patients", patient, {201})
        return f"a practice and {len(_PEOPLE)} made-up patients, by the deployed API"

    def _book_by_http(self) -> str:
        for number, patient in enumerate(HTTP_PATIENTS):
            self._answered("POST", "/api/appointments", self._booking(patient, number), {201})
        return f"{len(HTTP_PATIENTS)} visits"

    def _book_twice(self) -> str:
        status, _ = self._outside.call("POST", "/api/appointments", self._booking(QUEUE_PATIENT, 0))
        _expect(status == HTTPStatus.CONFLICT, f"the second booking of a time answers {status} instead of 409")
        return "refused with 409"

    def _booking(self, patient: str, number: int) -> dict[str, object]:
        start = self.visit + timedelta(hours=number)
        return {
            "patientId": patient,
            "practitionerId": "dr-lee",
            "start": start.isoformat(),
            "end": (start + timedelta(minutes=30)).isoformat(),
        }

    def _book_by_queue(self) -> str:
        start = wall_of(self.visit + timedelta(hours=2), zone_named(ZONE))
        end = start + timedelta(minutes=30)
        day, at, to = start.date().isoformat(), f"{start:%H:%M}", f"{end:%H:%M}"
        wish = {"patientId": QUEUE_PATIENT, "appointmentDate": day, "startTime": at, "endTime": to, "notes": ""}
        self._outside.queue("AppointmentRequest", wish)

        def is_confirmed() -> bool:
            found = self._outside.got(f"/api/appointments?patientId={QUEUE_PATIENT}")["appointments"]
            return [a["status"] for a in found] == ["CONFIRMED"]

        _expect(self._outside.until(is_confirmed), "the request did not become a confirmed visit")
        return "requested, held and confirmed through two queues"

    def _send_batch(self) -> str:
        items = [
            {
                "patientId": f"batch-{number}",
                "phoneNumber": f"+120655501{number}",
                "email": f"batch{number}@example.com",
                "appointmentTime": (self.begins + timedelta(hours=20 + number)).isoformat(),
                "doctorName": "Lee",
            }
            for number in (11, 12)
        ]
        status, answer = self._outside.run_workflow({"appointments": items})
        _expect(status == "SUCCEEDED", f"the workflow ended as {status}")
        self._look()
        self._hear()
        figures = answer.get("results", answer) if isinstance(answer, dict) else answer
        return f"workflow {status.lower()}: {json.dumps(figures)}"

    def _remind(self, at: datetime, count: int) -> str:
        """Put the clock to when reminders are due, and let the minute's look and the queue do the rest."""
        self._outside.set_clock(at)
        before = len(self._outside.carrier.texts())
        swept = self._outside.sweep()
        arrived = self._outside.until(lambda: len(self._outside.carrier.texts()) >= before + count)
        self._look()
        gone = len(self._outside.carrier.texts()) - before
        _expect(arrived and gone == count, f"{gone} texts left instead of {count}; the look says {dict(swept)}")
        again = self._outside.sweep()
        _expect(len(self._outside.carrier.texts()) == before + count, "a second look sent something twice")
        texts = "1 text" if count == 1 else f"{count} texts"
        when = f"{wall_of(at, zone_named(ZONE)):%Y-%m-%d %H:%M}"
        return f"{texts} at {when}; a second look sent nothing more (it queued {again['queued']})"

    def _remind_last(self) -> str:
        """Remind each person an hour before; whom no text reaches is not written to again."""
        told = [self._remind(self.visit - timedelta(hours=1) + _LATER, 1)]
        told += [self._remind(self.visit + timedelta(hours=1) + _LATER, 1)]
        return "; ".join(told)

    def _hear(self) -> str:
        """Let carriers say what became of each message: all arrive, but the one whose number is none."""
        heard = Counter[str]()
        for text in self._outside.carrier.texts():
            if text.message_id in self._told:
                continue
            self._told.add(text.message_id)
            word = "INVALID" if text.to == UNREACHABLE else "DELIVERED"
            self._outside.publish("ReceiptsTopic", text_event(text, word, self._outside.now()))
            heard[word.lower()] += 1
        _expect(self._outside.until(self._all_applied), "a receipt was not applied")
        return ", ".join(f"{count} {word}" for word, count in sorted(heard.items())) or "none"

    def _all_applied(self) -> bool:
        """Return whether no text waits for word any more."""
        return not any(
            attempt["channel"] == "sms" and attempt["state"] in _WAITING
            for notification in self._notifications()
            for attempt in notification["attempts"]
        )

    def _notifications(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for patient in (*HTTP_PATIENTS, QUEUE_PATIENT):
            found += self._outside.got(f"/api/patients/{patient}/notifications")["notifications"]
        return found

    def _fall_back(self) -> str:
        self._outside.set_clock(self._outside.now() + _LATER)
        before = len(self._outside.mails())
        self._outside.sweep()
        _expect(self._outside.until(lambda: len(self._outside.mails()) > before), "no mail left after the text failed")
        self._look()
        return "no such number: a mail went instead"

    def _bounce(self) -> str:
        mail = self._outside.mails()[-1]
        attempts = [a for n in self._notifications() for a in n["attempts"] if a["channel"] == "email"]
        event = _bounce_event(mail["MessageId"], str(attempts[-1]["attemptId"]), self._outside.now())
        self._outside.publish("ReceiptsTopic", event)
        _expect(self._outside.until(lambda: self._worklist() == 1), "nobody is asked to call")
        self.calls = self._worklist()
        return "the mail came back: somebody is asked to call"

    def _end(self) -> str:
        """Let what still waits for word come to its end."""
        self._outside.set_clock(self.visit + _DAY)
        self._outside.sweep()
        _expect(self._outside.until(lambda: self.ledger()["pending"] == 0), f"{self.ledger()['pending']} still pending")
        return "nothing is pending"

    def _check_balance(self) -> str:
        found = self._outside.invoke("BalanceFunction", {})["found"]
        _expect(not found, f"the check by night found {json.dumps(found)}")
        self._outside.sweep()  # what was late when the clock was put forward is late no more
        said = self._outside.got("/healthz")["checks"]["balance"]
        _expect(said.startswith("balanced at"), f"/healthz says of the balance: {said}")
        return "the check by night found everything accounted for, and /healthz says so"

    def _look(self) -> None:
        """Note what has left since the last look."""
        at = self._outside.now().astimezone(zone_named(ZONE)).isoformat(timespec="minutes")
        texts, mails = self._outside.carrier.texts(), self._outside.mails()
        self.sent += [{"at": at, "channel": "sms", "to": t.to, "text": t.text} for t in texts[self._texts :]]
        self.sent += [
            {"at": at, "channel": "email", "to": _recipient(mail), "text": str(mail.get("Subject", ""))}
            for mail in mails[self._mails :]
        ]
        self._texts, self._mails = len(texts), len(mails)

    def _answered(self, method: str, path: str, body: object, wanted: set[int]) -> object:
        status, document = self._outside.call(method, path, body)
        _expect(status in wanted, f"{method} {path} answers {status}: {json.dumps(document)[:300]}")
        return document


def _expect(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise RefusedError("rehearsal", otherwise)


def _recipient(mail: Mapping[str, Any]) -> str:
    found = _TO.search(json.dumps(mail["To"]))
    return found[0] if found else ""


def text_event(text: Text, word: str, at: datetime) -> dict[str, object]:
    """Return what End User Messaging says of a text."""
    return {
        "eventType": f"TEXT_{word}",
        "eventVersion": "1.0",
        "eventTimestamp": milliseconds(at),
        "isFinal": True,
        "originationPhoneNumber": NUMBER,
        "destinationPhoneNumber": text.to,
        "messageId": text.message_id,
        "messageStatus": word,
        "context": dict(text.context),
        "totalMessageParts": 1,
    }


def _bounce_event(message_id: str, attempt_id: str, at: datetime) -> dict[str, object]:
    """Return what SES says of a mail that came back."""
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    bounced = {"emailAddress": BOUNCING, "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1"}
    return {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [bounced],
            "timestamp": stamp,
            "feedbackId": f"feedback-{message_id}",
        },
        "mail": {
            "timestamp": stamp,
            "source": SENDER,
            "messageId": message_id,
            "destination": [BOUNCING],
            "tags": {ATTEMPT: [tag_of(attempt_id)]},
        },
    }
