"""
``kept aws doctor``: look at a deployment and its account, and say what to do.

A call that is refused is a finding of its own, with the permission that is missing; nothing passes for well unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from kept.adapters.aws import Answer, Client, Reach, asked, client
from kept.core.texts import RESERVED_WORDS
from kept.entrypoints.cli.parts import AwsAccount, Check
from kept.main.aws_emulator import KEY

TABLES: Final = ("Appointments", "Patients", "Notifications", "ScheduleDays", "Records")
OURS: Final = frozenset(RESERVED_WORDS["aws"].opt_out)
"""Words that Kept never takes for an answer, since AWS ends texts at them."""
_DENIED: Final = ("AccessDenied", "UnauthorizedOperation", "NotAuthorized")
_IAM: Final = {
    "sesv2": "ses",
    "pinpoint-sms-voice-v2": "sms-voice",
    "service-quotas": "servicequotas",
}
"""Prefix of a service's permissions where it is not the SDK's name."""
_FROM_US: Final = frozenset({"TEN_DLC", "TOLL_FREE", "SHORT_CODE", "LONG_CODE"})
_LEAST_LEFT: Final = 0.2
"""Share of a month's limit that should be left."""
_MAIL_EVENTS: Final = frozenset({"BOUNCE", "COMPLAINT", "DELIVERY"})
_TEXT_EVENTS: Final = frozenset({"ALL", "TEXT_ALL", "TEXT_DELIVERED"})


def examine(account: AwsAccount) -> tuple[Check, ...]:
    """
    Return every check, in the order in which a person should mend what fails.

    Args:
        account: Which deployment.

    Raises:
        InvalidInputError: the SDK is not installed, or no region is known.
    """
    root = KEY if account.endpoint else ""
    reach = Reach(region=account.region, endpoint=account.endpoint, key=root, secret=root)
    return tuple(Examination(account.environment, partial(client, reach=reach)).run())


class Examination:
    """
    One look at a deployment.

    Args:
        environment: What stands at the end of its names.
        open_client: Gives the SDK's client of a service.
    """

    def __init__(self, environment: str, open_client: Callable[[str], Client]) -> None:
        self._suffix = environment
        self._open_client = open_client
        self._clients: dict[str, Client] = {}
        self._refusals: list[Check] = []

    def run(self) -> Iterator[Check]:
        """Yield each check."""
        for part in (self._tables, self._mails, self._mail_events, self._texts, self._numbers, self._text_events):
            yield from part()
            yield from self._unseen()
        for part in (self._opt_outs, self._alarms):
            yield from part()
            yield from self._unseen()

    def _tables(self) -> Iterator[Check]:
        for name in TABLES:
            table = f"{name}-{self._suffix}"
            found = self._ask("dynamodb", "describe_continuous_backups", TableName=table)
            if found is None:
                continue
            state = found["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
            is_on = state.get("PointInTimeRecoveryStatus") == "ENABLED"
            remedy = "deploy the template again, which switches point-in-time recovery on"
            yield _check(f"table {table}", "restorable" if is_on else "no way back in time", is_on, "fail", remedy)

    def _mails(self) -> Iterator[Check]:
        found = self._ask("sesv2", "get_account")
        if found is not None:
            is_free = bool(found.get("ProductionAccessEnabled"))
            where = "may write to everybody" if is_free else "in the sandbox: only to verified addresses"
            yield _check("e-mail account", where, is_free, "fail", "ask for production access in the console of SES")
            is_sending = bool(found.get("SendingEnabled"))
            yield _check(
                "e-mail sending", "on" if is_sending else "paused", is_sending, "fail", "see why SES has paused it"
            )
        listed = self._ask("sesv2", "list_email_identities")
        if listed is not None:
            senders = [i["IdentityName"] for i in listed.get("EmailIdentities", []) if i.get("SendingEnabled", True)]
            told = ", ".join(senders) or "none is verified"
            yield _check("e-mail senders", told, bool(senders), "fail", "verify the domain of the sender in SES")

    def _mail_events(self) -> Iterator[Check]:
        name = f"kept-{self._suffix}"
        found = self._ask("sesv2", "get_configuration_set_event_destinations", ConfigurationSetName=name)
        if found is not None:
            listed = [d for d in found.get("EventDestinations", []) if d.get("Enabled") and d.get("SnsDestination")]
            events = {event for d in listed for event in d.get("MatchingEventTypes", [])}
            missing = sorted(_MAIL_EVENTS - events)
            told = f"not told: {', '.join(missing)}" if missing else "delivery, bounces and complaints come back"
            yield _check(
                "word of e-mail", told, not missing, "fail", "deploy the template again; it subscribes to them"
            )

    def _texts(self) -> Iterator[Check]:
        found = self._ask("pinpoint-sms-voice-v2", "describe_account_attributes")
        if found is not None:
            named = {a["Name"]: a["Value"] for a in found.get("AccountAttributes", [])}
            is_free = named.get("ACCOUNT_TIER") == "PRODUCTION"
            told = "may write to everybody" if is_free else "in the sandbox: only to verified numbers"
            yield _check("text account", told, is_free, "fail", "ask for production access in End User Messaging")
        limits = self._ask("pinpoint-sms-voice-v2", "describe_spend_limits")
        for limit in (limits or {}).get("SpendLimits", []):
            if limit["Name"] == "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT":
                yield _of_limit(limit)

    def _numbers(self) -> Iterator[Check]:
        found = self._ask("pinpoint-sms-voice-v2", "describe_phone_numbers")
        if found is None:
            return
        numbers = [n for n in found.get("PhoneNumbers", []) if n.get("Status") == "ACTIVE"]
        kinds = ", ".join(sorted({n["NumberType"] for n in numbers})) or "none is active"
        yield _check("numbers", kinds, bool(numbers), "fail", "lease a number in End User Messaging, and wait for it")
        two_way = [n for n in numbers if n.get("TwoWayEnabled") and n.get("TwoWayChannelArn")]
        told = "answers come back" if two_way else "nobody hears what people answer"
        remedy = "set the two-way channel of the number to the topic in the output RepliesTopicArn"
        yield _check("answers", told, bool(two_way) or not numbers, "warn", remedy)
        if any(n.get("NumberType") == "TEN_DLC" for n in numbers):
            yield from self._registrations()
        elif any(n.get("IsoCountryCode") == "US" and n.get("NumberType") not in _FROM_US for n in numbers):
            told = "a number that carriers of the United States do not let through"
            yield Check(name="registration", state="fail", found=told, remedy="lease a 10DLC or toll-free number")

    def _registrations(self) -> Iterator[Check]:
        found = self._ask("pinpoint-sms-voice-v2", "describe_registrations")
        if found is not None:
            states = {
                r["RegistrationStatus"] for r in found.get("Registrations", []) if "TEN_DLC" in r["RegistrationType"]
            }
            is_done = states == {"COMPLETE"}
            told = ", ".join(sorted(states)) or "none"
            remedy = "register brand and campaign; unregistered 10DLC numbers are blocked in the United States"
            yield _check("10DLC registration", told, is_done, "fail", remedy)

    def _text_events(self) -> Iterator[Check]:
        name = f"kept-{self._suffix}"
        found = self._ask("pinpoint-sms-voice-v2", "describe_configuration_sets", ConfigurationSetNames=[name])
        if found is not None:
            sets = found.get("ConfigurationSets", [])
            listed = [d for one in sets for d in one.get("EventDestinations", []) if d.get("Enabled")]
            heard = {event for d in listed if d.get("SnsDestination") for event in d.get("MatchingEventTypes", [])}
            told = "comes back" if heard & _TEXT_EVENTS else "nobody is told what became of texts"
            remedy = "deploy the template with Sms=end_user_messaging; it subscribes to them"
            yield _check("word of texts", told, bool(heard & _TEXT_EVENTS), "fail", remedy)

    def _opt_outs(self) -> Iterator[Check]:
        """Compare the words by which AWS itself ends texts with those that Kept keeps for it."""
        numbers = self._ask("pinpoint-sms-voice-v2", "describe_phone_numbers")
        for number in (numbers or {}).get("PhoneNumbers", []):
            identity = number["PhoneNumberId"]
            found = self._ask("pinpoint-sms-voice-v2", "describe_keywords", OriginationIdentity=identity)
            if found is None:
                return
            words = {k["Keyword"].upper() for k in found.get("Keywords", []) if k.get("KeywordAction") == "OPT_OUT"}
            unknown = sorted(words - OURS)
            told = f"AWS ends texts at words that Kept takes for answers: {', '.join(unknown)}" if unknown else "agree"
            remedy = "remove them from the number's keywords, or expect people to be cut off by them"
            yield _check(f"opt-out words of {identity}", told, not unknown, "warn", remedy)

    def _alarms(self) -> Iterator[Check]:
        found = self._ask("cloudwatch", "describe_alarms", AlarmNamePrefix="Kept-")
        if found is None:
            return
        alarms = [a for a in found.get("MetricAlarms", []) if a["AlarmName"].endswith(f"-{self._suffix}")]
        remedy = "deploy the template"
        yield _check("alarms", f"{len(alarms)}", bool(alarms), "fail", remedy)
        silent = [a["AlarmName"] for a in alarms if not a.get("AlarmActions") or not a.get("ActionsEnabled", True)]
        told = f"without an action: {', '.join(silent)}" if silent else "each has an action"
        yield _check(
            "actions of alarms", told, not silent, "fail", "deploy the template again, and enable their actions"
        )
        for topic in sorted({t for a in alarms for t in a.get("AlarmActions", [])}):
            listed = self._ask("sns", "list_subscriptions_by_topic", TopicArn=topic)
            if listed is not None:
                arns = [s["SubscriptionArn"] for s in listed.get("Subscriptions", [])]
                heard = [arn for arn in arns if arn.startswith("arn:")]
                told = f"{len(heard)} confirmed of {len(arns)}"
                remedy = "subscribe somebody (parameter AlarmEmail), and confirm the mail that comes"
                yield _check("who hears alarms", told, bool(heard), "fail", remedy)

    def _ask(self, service: str, operation: str, **parameters: object) -> Mapping[str, Any] | None:
        """Return an answer; None when it was refused, which is then noted as a finding."""
        if service not in self._clients:
            self._clients[service] = self._open_client(service)
        answer = asked(self._clients[service], operation, **parameters)
        if not answer.refusal:
            return answer.fields
        self._refusals.append(_refused(service, operation, answer, parameters))
        return None

    def _unseen(self) -> list[Check]:
        """Return what could not be seen since the last time."""
        noted, self._refusals = self._refusals, []
        return noted


def permission(service: str, operation: str) -> str:
    """
    Return the permission that a call needs.

    >>> permission("sesv2", "get_account")
    'ses:GetAccount'
    """
    return f"{_IAM.get(service, service)}:{''.join(part.capitalize() for part in operation.split('_'))}"


def _refused(service: str, operation: str, answer: Answer, parameters: Mapping[str, object]) -> Check:
    """Return the finding that a call was refused, or that what it asks for is not there."""
    about = next((str(value) for value in parameters.values()), service)
    needed = permission(service, operation)
    is_denied = any(word in answer.refusal for word in _DENIED)
    found = f"cannot be seen: {answer.refusal}"
    if "Credentials" in answer.refusal:
        remedy = "give credentials, such as AWS_PROFILE"
        return Check(name=f"{needed} {about}", state="fail", found=found, remedy=remedy)
    remedy = f"allow {needed} to who runs this" if is_denied else f"see that it is there; {needed} said no"
    return Check(name=f"{needed} {about}".strip(), state="fail", found=found, remedy=remedy)


def _of_limit(limit: Mapping[str, Any]) -> Check:
    enforced, most = float(limit["EnforcedLimit"]), float(limit["MaxLimit"])
    told = f"{enforced:.0f} dollars a month, of at most {most:.0f}"
    remedy = "raise the enforced limit, or ask for a higher one; above it AWS sends no text"
    return _check("text spend limit", told, enforced > 1 and enforced >= _LEAST_LEFT * most, "warn", remedy)


def _check(name: str, found: str, is_well: bool, otherwise: str, remedy: str) -> Check:
    return Check(name=name, state="ok" if is_well else otherwise, found=found, remedy="" if is_well else remedy)
