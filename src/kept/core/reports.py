"""
What is counted, and how the counts add up: the names of all metrics, and the ledger.

A metric's help names it as CloudWatch does, in CamelCase, for whoever moves an alarm over.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from kept.core.notifications import Attempt, AttemptState, Notification, NotificationKind, Outcome
from kept.core.people import ChannelName
from kept.core.recording import awaits_word_only

_RULE: Final = re.compile(r"([0-9]+)([dhm])")
_UNITS: Final = {"d": "day", "h": "hour", "m": "minute"}
_SENT: Final = frozenset({Outcome.ACCEPTED, Outcome.DELIVERED})
_FAILED: Final = frozenset({Outcome.FAILED, Outcome.EXPIRED})


class Metric(StrEnum):
    """Every metric by its Prometheus name."""

    SUCCESSFUL_NOTIFICATIONS = "kept_successful_notifications_total"
    FAILED_NOTIFICATIONS = "kept_failed_notifications_total"
    FALLBACK_NOTIFICATIONS = "kept_fallback_notifications_total"
    SKIPPED_NOTIFICATIONS = "kept_skipped_notifications_total"
    DELIVERY_SUCCESS_RATE = "kept_delivery_success_rate"
    BOOKING_ATTEMPTS = "kept_booking_attempts_total"
    BOOKING_SUCCESS = "kept_booking_success_total"
    BOOKING_CONFLICTS = "kept_booking_conflicts_total"
    BOOKING_ERRORS = "kept_booking_errors_total"
    REMINDERS_SENT = "kept_reminders_sent_total"
    REMINDER_ERRORS = "kept_reminder_errors_total"
    UNKNOWN_ATTEMPTS = "kept_unknown_attempts_total"
    SMS_SEGMENTS = "kept_sms_segments_total"
    NOTIFICATIONS_DUE = "kept_notifications_due"
    OLDEST_DUE_SECONDS = "kept_oldest_due_seconds"
    SENDING = "kept_sending"
    LAST_LOOK = "kept_last_look_timestamp_seconds"
    DISPATCH_ERRORS = "kept_dispatch_errors_total"
    BREAKER_OPEN = "kept_breaker_open"
    BREAKER_OPENS = "kept_breaker_opens_total"
    HELD = "kept_held_total"
    WEBHOOK_CALLS = "kept_webhook_calls_total"
    REPLIES = "kept_replies_total"
    MESSAGES = "kept_messages_total"
    LAST_HANDOVER = "kept_last_handover_timestamp_seconds"
    SENDING_STOPPED = "kept_sending_stopped"
    ROUTE_MESSAGES = "kept_route_messages"
    ROUTE_HEARD = "kept_route_heard"
    SILENT_ROUTES = "kept_silent_routes"
    UNKNOWN_OPEN = "kept_unknown_open"
    BALANCE_FINDINGS = "kept_balance_findings"
    BALANCE_CHECKED = "kept_balance_checked_timestamp_seconds"


class MetricKind(StrEnum):
    """How a metric moves."""

    COUNTER = "counter"
    GAUGE = "gauge"


class MetricSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a metric says."""

    help: str
    kind: MetricKind = MetricKind.COUNTER
    labels: tuple[str, ...] = ()


METRICS: Final[Mapping[Metric, MetricSpec]] = {
    Metric.SUCCESSFUL_NOTIFICATIONS: MetricSpec(
        help="SuccessfulNotifications: notifications taken by a channel of the first stage of their plan",
    ),
    Metric.FAILED_NOTIFICATIONS: MetricSpec(
        help="FailedNotifications: notifications that no channel took, or not in time",
    ),
    Metric.FALLBACK_NOTIFICATIONS: MetricSpec(
        help="FallbackNotifications: notifications taken by a later stage, after the first one had failed",
    ),
    Metric.SKIPPED_NOTIFICATIONS: MetricSpec(
        help="SkippedNotifications: notifications that a rule kept back, by reason",
        labels=("reason",),
    ),
    Metric.DELIVERY_SUCCESS_RATE: MetricSpec(
        help="DeliverySuccessRate: percent of the notifications sent or failed since the start that were taken",
        kind=MetricKind.GAUGE,
    ),
    Metric.BOOKING_ATTEMPTS: MetricSpec(
        help="BookingAttempts: requests for an appointment, however they ended",
    ),
    Metric.BOOKING_SUCCESS: MetricSpec(
        help="BookingSuccess: appointments booked",
    ),
    Metric.BOOKING_CONFLICTS: MetricSpec(
        help="BookingConflicts: requests refused because the time was taken",
    ),
    Metric.BOOKING_ERRORS: MetricSpec(
        help="BookingErrors: requests that ended in an error of ours or of the store",
    ),
    Metric.REMINDERS_SENT: MetricSpec(
        help="RemindersSent: reminders taken by a channel, by ReminderType (24_hour, 1_hour)",
        labels=("reminder_type",),
    ),
    Metric.REMINDER_ERRORS: MetricSpec(
        help="ReminderErrors: reminders that no channel took, or not in time",
    ),
    Metric.UNKNOWN_ATTEMPTS: MetricSpec(
        help="UnknownAttempts: tries of which nobody knows whether the provider took them",
    ),
    Metric.SMS_SEGMENTS: MetricSpec(
        help="SmsSegments: parts of text messages that providers took, which is what they bill",
    ),
    Metric.NOTIFICATIONS_DUE: MetricSpec(
        help="NotificationsDue: notifications whose time has come and that are not yet looked at",
        kind=MetricKind.GAUGE,
    ),
    Metric.OLDEST_DUE_SECONDS: MetricSpec(
        help="OldestDueSeconds: how long the longest due one has been waiting",
        kind=MetricKind.GAUGE,
    ),
    Metric.SENDING: MetricSpec(
        help="Sending: 1 while this process is the one that sends from its store, else 0",
        kind=MetricKind.GAUGE,
    ),
    Metric.LAST_LOOK: MetricSpec(
        help="LastLookTimestampSeconds: when the worker last found nothing left to do, since 1970; the heartbeat",
        kind=MetricKind.GAUGE,
    ),
    Metric.DISPATCH_ERRORS: MetricSpec(
        help="DispatchErrors: what went wrong in the worker itself, by what it was doing",
        labels=("doing",),
    ),
    Metric.BREAKER_OPEN: MetricSpec(
        help="BreakerOpen: 1 while a provider that failed is left alone but for one message a minute, else 0",
        kind=MetricKind.GAUGE,
        labels=("provider", "channel"),
    ),
    Metric.BREAKER_OPENS: MetricSpec(
        help="BreakerOpens: how often a provider has failed until it was left alone",
        labels=("provider", "channel"),
    ),
    Metric.HELD: MetricSpec(
        help="Held: how often a notification was put back, by why: breaker, pause (the provider's wish) or rate",
        labels=("why", "provider", "channel"),
    ),
    Metric.WEBHOOK_CALLS: MetricSpec(
        help="WebhookCalls: what providers said, by what became of it: kept, taken (from a queue), refused, not_now",
        labels=("provider", "outcome"),
    ),
    Metric.REPLIES: MetricSpec(
        help="Replies: what people wrote, by channel and by what it was taken for",
        labels=("channel", "intent"),
    ),
    Metric.MESSAGES: MetricSpec(
        help="Messages: tries of notifications that have ended, by how each stood then",
        labels=("channel", "provider", "outcome"),
    ),
    Metric.LAST_HANDOVER: MetricSpec(
        help="LastHandoverTimestampSeconds: when a provider last took a message, since 1970; 0 when none has",
        kind=MetricKind.GAUGE,
    ),
    Metric.SENDING_STOPPED: MetricSpec(
        help="SendingStopped: 1 while something is due and nothing leaves, or while no worker looks, else 0",
        kind=MetricKind.GAUGE,
    ),
    Metric.ROUTE_MESSAGES: MetricSpec(
        help="RouteMessages: newest messages, up to 20, of which word of delivery should have come",
        kind=MetricKind.GAUGE,
        labels=("provider", "country"),
    ),
    Metric.ROUTE_HEARD: MetricSpec(
        help="RouteHeard: those of them of which word has come",
        kind=MetricKind.GAUGE,
        labels=("provider", "country"),
    ),
    Metric.SILENT_ROUTES: MetricSpec(
        help="SilentRoutes: providers and countries from which no word comes of the last 20 messages",
        kind=MetricKind.GAUGE,
    ),
    Metric.UNKNOWN_OPEN: MetricSpec(
        help="UnknownOpen: recent notifications with a try that has been unknown for more than 15 minutes",
        kind=MetricKind.GAUGE,
    ),
    Metric.BALANCE_FINDINGS: MetricSpec(
        help="BalanceFindings: contradictions that the last check by night found; 0 when all is in balance",
        kind=MetricKind.GAUGE,
    ),
    Metric.BALANCE_CHECKED: MetricSpec(
        help="BalanceCheckedTimestampSeconds: when that check was made, since 1970; 0 before the first one",
        kind=MetricKind.GAUGE,
    ),
}
"""One row per metric."""


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """Something to add to a counter."""

    metric: Metric
    amount: int = 1
    labels: dict[str, str] = {}


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a set of notifications."""

    planned: int = 0
    """How many there are."""
    sent: int = 0
    """Accepted or delivered."""
    skipped: int = 0
    failed: int = 0
    """Failed or expired."""
    pending: int = 0
    """Not done yet."""
    fallback: int = 0
    """Of those sent: taken after an earlier stage had failed."""
    segments: int = 0
    """Parts of the text messages that were taken."""
    reasons: dict[str, int] = {}
    """Why those skipped and failed were; adds up to both together."""
    by_channel: dict[ChannelName, int] = {}
    """Messages taken. One notification may send by several."""

    @property
    def balances(self) -> bool:
        """Whether every notification is accounted for, and every one not sent has a reason."""
        ended_otherwise = self.skipped + self.failed
        is_whole = self.planned == self.sent + ended_otherwise + self.pending
        return is_whole and sum(self.reasons.values()) == ended_otherwise and self.fallback <= self.sent

    @property
    def success_rate(self) -> float:
        """
        Percent of those ended that were sent; 0 when none has ended.

        One that a rule skipped counts as not sent, so that three figures - success, fallback, failed - make a whole.
        """
        return success_rate(success=self.sent, failed=self.failed + self.skipped)

    def plus(self, other: "Ledger") -> "Ledger":
        """Return the ledger of both sets together; they must not overlap."""
        return Ledger(
            planned=self.planned + other.planned,
            sent=self.sent + other.sent,
            skipped=self.skipped + other.skipped,
            failed=self.failed + other.failed,
            pending=self.pending + other.pending,
            fallback=self.fallback + other.fallback,
            segments=self.segments + other.segments,
            reasons=dict(Counter(self.reasons) + Counter(other.reasons)),
            by_channel=dict(Counter(self.by_channel) + Counter(other.by_channel)),
        )


def tally(notifications: Iterable[Notification]) -> Ledger:
    """
    Return the ledger of some notifications, each counted once.

    A record that is done without an outcome, or that failed without a reason, makes the ledger one that does not
    balance, instead of being counted somewhere.
    """
    ends: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    by_channel: Counter[ChannelName] = Counter()
    segments = 0
    for notification in notifications:
        end = _end_of(notification)
        ends["planned"] += 1
        ends[end] += 1
        ends["fallback"] += is_fallback(notification)
        if end in {"skipped", "failed"} and notification.reason:
            reasons[notification.reason.value] += 1
        for attempt in taken(notification):
            by_channel[attempt.channel] += 1
            segments += attempt.segments
    return Ledger(
        planned=ends["planned"],
        sent=ends["sent"],
        skipped=ends["skipped"],
        failed=ends["failed"],
        pending=ends["pending"],
        fallback=ends["fallback"],
        segments=segments,
        reasons=dict(reasons),
        by_channel=dict(by_channel),
    )


_TAKEN: Final = frozenset({AttemptState.ACCEPTED, AttemptState.DELIVERED, AttemptState.UNDELIVERED})
"""Ends of an attempt that the provider charges for."""


def is_sent(notification: Notification) -> bool:
    """Tell whether a provider has it: it ended so, or only word of its delivery is waited for."""
    return notification.outcome in _SENT or awaits_word_only(notification)


def is_fallback(notification: Notification) -> bool:
    """Tell whether it was sent, and only after an earlier stage of its plan had failed."""
    return is_sent(notification) and notification.stage > 0


def taken(notification: Notification) -> tuple[Attempt, ...]:
    """Return the attempts that a provider took."""
    return tuple(a for a in notification.attempts if a.state in _TAKEN)


def counts_of(notification: Notification) -> tuple[Count, ...]:
    """Return what a notification adds to the counters when it ends; nothing before it is done. Count it once."""
    end = _end_of(notification)
    if end == "skipped":
        reason = notification.reason.value if notification.reason else "none"
        return (Count(metric=Metric.SKIPPED_NOTIFICATIONS, labels={"reason": reason}), *_attempt_counts(notification))
    if end not in {"sent", "failed"}:
        return ()
    is_reminder = notification.about is NotificationKind.REMINDER
    counts = []
    if end == "sent":
        is_late = is_fallback(notification)
        counts.append(Count(metric=Metric.FALLBACK_NOTIFICATIONS if is_late else Metric.SUCCESSFUL_NOTIFICATIONS))
        if is_reminder:
            labels = {"reminder_type": reminder_type(notification.rule)}
            counts.append(Count(metric=Metric.REMINDERS_SENT, labels=labels))
    else:
        counts.append(Count(metric=Metric.FAILED_NOTIFICATIONS))
        if is_reminder:
            counts.append(Count(metric=Metric.REMINDER_ERRORS))
    return (*counts, *_attempt_counts(notification))


def reminder_type(rule: str) -> str:
    """
    Return the value of the label ``reminder_type`` for a rule.

    >>> reminder_type("24h"), reminder_type("1h"), reminder_type("2d"), reminder_type("recall")
    ('24_hour', '1_hour', '2_day', 'recall')
    """
    match = _RULE.fullmatch(rule)
    return f"{match[1]}_{_UNITS[match[2]]}" if match else rule


def success_rate(*, success: int, failed: int, fallback: int = 0) -> float:
    """
    Return the percentage that was taken at all; 0 of 0 is 0.

    >>> success_rate(success=37, fallback=2, failed=1)
    97.5
    """
    total = success + fallback + failed
    return 100 * (success + fallback) / total if total else 0.0


def _end_of(notification: Notification) -> str:
    """Return the column of the ledger that it belongs to, or nothing when its record contradicts itself."""
    if not notification.is_done:
        return "pending"
    if notification.outcome in _SENT:
        return "sent"
    if notification.outcome in _FAILED:
        return "failed"
    return "skipped" if notification.outcome is Outcome.SKIPPED else ""


def _attempt_counts(notification: Notification) -> tuple[Count, ...]:
    unknown = sum(a.state is AttemptState.UNKNOWN for a in notification.attempts)
    segments = sum(a.segments for a in taken(notification))
    counts = [Count(metric=Metric.UNKNOWN_ATTEMPTS, amount=unknown), Count(metric=Metric.SMS_SEGMENTS, amount=segments)]
    for a in notification.attempts:
        labels = {"channel": a.channel.value, "provider": a.provider, "outcome": a.state.value}
        counts.append(Count(metric=Metric.MESSAGES, labels=labels))
    return tuple(count for count in counts if count.amount)
