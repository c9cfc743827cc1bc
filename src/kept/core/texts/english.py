"""English messages."""

from typing import Final

from kept.core.texts.shape import (
    BOOKED,
    CANCELLED,
    HELP,
    MISSED,
    MOVED,
    NOTICE,
    REMINDER,
    REMINDER_ASKING,
    REMINDER_SEVERAL,
    UNCLEAR,
    WHICH_VISIT,
    AskingWords,
    LanguageWords,
    MessageText,
    MessageWords,
)

_VISIT: Final = "Time: {time}{zone}\nPlace: {place}\nPhone: {phone}\nConfirm or change: {link}"
_NO_ANSWER: Final = "Please do not answer this e-mail: it may not be read in time."
_NO_MORE: Final = "If you want no more of these e-mails, tell us when you call or visit."

ENGLISH: Final = MessageWords(
    language="en",
    dates=LanguageWords(today="today ({0})", tomorrow="tomorrow ({0})", on="on {0}", zone="{0} time"),
    asking=AskingWords(
        verbs=("reply", "respond", "answer", "text", "send", "type", "write"),
        small=("with", "back", "us"),
        either=("or",),
        purpose=("to",),
        cancelling=("cancel", "confirm", "reschedule", "move", "change"),
    ),
    sms={
        REMINDER: MessageText(
            text="{practice}: appointment {day} at {time}{zone}, {place}. Call {phone}. Reply STOP to opt out."
        ),
        REMINDER_ASKING: MessageText(
            text=(
                "{practice}: appointment {day} at {time}{zone}, {place}. Call {phone}. "
                "Reply C to confirm, R to change, STOP to opt out."
            )
        ),
        REMINDER_SEVERAL: MessageText(
            text="{practice}: appointments {visits}. Call {phone}. Reply STOP to opt out.",
        ),
        BOOKED: MessageText(
            text="{practice}: you are booked {day} at {time}{zone}, {place}. Call {phone}. Reply STOP to opt out."
        ),
        MOVED: MessageText(
            text=(
                "{practice}: your appointment is now {day} at {time}{zone}, {place}. Call {phone}. "
                "Reply STOP to opt out."
            )
        ),
        CANCELLED: MessageText(
            text=(
                "{practice}: appointment {day} at {time}{zone} is cancelled. For a new one call {phone}. "
                "Reply STOP to opt out."
            )
        ),
        MISSED: MessageText(
            text=(
                "{practice}: we missed you {day} at {time}{zone}. For a new time call {phone}. Reply STOP to opt out."
            )
        ),
        NOTICE: MessageText(text="{practice}: {words}. Call {phone}. Reply STOP to opt out."),
        HELP: MessageText(
            text=(
                "{practice}: messages about your appointments. Msg&data rates may apply. Call {phone}. "
                "Reply STOP to opt out."
            )
        ),
        UNCLEAR: MessageText(
            text="{practice}: sorry, our system did not understand your message. We will call you. Or call {phone}."
        ),
        WHICH_VISIT: MessageText(text="{practice}: which visit? {options}. Reply with the number. Or call {phone}."),
    },
    email={
        REMINDER: MessageText(
            subject="{practice}: appointment reminder",
            text=(
                "This is a reminder of your appointment with {practice} {day}.\n\n"
                f"{_VISIT}\n\n"
                f"If you cannot come, please call us. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        REMINDER_ASKING: MessageText(
            subject="{practice}: will you come?",
            text=(
                "You have an appointment with {practice} {day}.\n\n"
                f"{_VISIT}\n\n"
                f"Please let us know whether you will come. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        REMINDER_SEVERAL: MessageText(
            subject="{practice}: appointment reminder",
            text=(
                "This is a reminder of your appointments with {practice}.\n\n{visits}\n\nPhone: {phone}\n\n"
                f"If you cannot come, please call us. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        BOOKED: MessageText(
            subject="{practice}: your appointment",
            text=(
                "You have an appointment with {practice} {day}.\n\n"
                f"{_VISIT}\n\n"
                f"If you cannot come, please call us. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        MOVED: MessageText(
            subject="{practice}: your appointment has moved",
            text=(
                "Your appointment with {practice} has a new time. It is now {day}.\n\n"
                f"{_VISIT}\n\n"
                f"If you cannot come, please call us. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        CANCELLED: MessageText(
            subject="{practice}: your appointment is cancelled",
            text=(
                "Your appointment with {practice} {day} at {time}{zone} is cancelled.\n\n"
                "Phone: {phone}\n\n"
                f"If you need a new appointment, please call us. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        MISSED: MessageText(
            subject="{practice}: we missed you",
            text=(
                "We are sorry that we did not see you at {practice} {day} at {time}{zone}.\n\n"
                "Phone: {phone}\n\n"
                f"If you would like a new appointment, please call us. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        NOTICE: MessageText(
            subject="{practice}: a notice for you",
            text=f"{{words}}\n\n{{practice}}\nPhone: {{phone}}\n\n{_NO_ANSWER}\n\n{_NO_MORE}",
        ),
        HELP: MessageText(
            subject="{practice}: how to reach us",
            text=f"{{practice}} writes to you about your appointments.\n\nPhone: {{phone}}\n\n{_NO_MORE}",
        ),
        UNCLEAR: MessageText(
            subject="{practice}: we will call you",
            text=(
                "{practice} has your message. Our system did not understand it. Somebody will read it and call you.\n\n"
                "Phone: {phone}"
            ),
        ),
        WHICH_VISIT: MessageText(
            subject="{practice}: which appointment do you mean?",
            text=(
                "{practice} has your message. Which of these appointments is it about?\n\n{options}\n\n"
                "Please answer with the number.\nPhone: {phone}"
            ),
        ),
    },
)
