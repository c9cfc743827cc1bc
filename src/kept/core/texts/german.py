"""German messages. GSM-7 has all of their letters."""

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

_VISIT: Final = "Uhrzeit: {time} Uhr{zone}\nOrt: {place}\nTelefon: {phone}\nBestätigen oder ändern: {link}"
_NO_ANSWER: Final = "Bitte antworten Sie nicht auf diese E-Mail: Sie wird vielleicht nicht rechtzeitig gelesen."
_NO_MORE: Final = "Wenn Sie diese E-Mails nicht mehr wünschen, sagen Sie es uns bitte am Telefon oder bei Ihrem Besuch."

GERMAN: Final = MessageWords(
    language="de",
    dates=LanguageWords(
        today="heute ({0})", tomorrow="morgen ({0})", on="am {0}", zone="Ortszeit {0}", clock="{0} Uhr"
    ),
    asking=AskingWords(
        verbs=(
            "antworten",
            "antworte",
            "antwort",
            "senden",
            "sende",
            "schicken",
            "schicke",
            "schreiben",
            "schreibe",
            "texten",
            "tippen",
        ),
        small=("sie", "mit", "uns", "bitte", "einfach", "nur"),
        either=("oder",),
        purpose=("um", "zum", "zur", "für"),
        cancelling=(
            "absagen",
            "abzusagen",
            "absage",
            "stornieren",
            "bestätigen",
            "bestätigung",
            "ändern",
            "änderung",
            "verschieben",
            "verlegen",
        ),
    ),
    sms={
        REMINDER: MessageText(
            text="{practice}: Termin {day}, {time} Uhr{zone}, {place}. Tel: {phone}. Abmelden mit STOP."
        ),
        REMINDER_ASKING: MessageText(
            text=(
                "{practice}: Termin {day}, {time} Uhr{zone}, {place}. Tel: {phone}. "
                "Antwort C bestätigt, R ändert, STOP beendet die SMS."
            )
        ),
        REMINDER_SEVERAL: MessageText(text="{practice}: Termine {visits}. Tel: {phone}. Abmelden mit STOP."),
        BOOKED: MessageText(
            text=(
                "{practice}: Ihr Termin ist gebucht: {day}, {time} Uhr{zone}, {place}. Tel: {phone}. Abmelden mit STOP."
            )
        ),
        MOVED: MessageText(
            text="{practice}: Ihr neuer Termin: {day}, {time} Uhr{zone}, {place}. Tel: {phone}. Abmelden mit STOP."
        ),
        CANCELLED: MessageText(
            text=(
                "{practice}: Ihr Termin {day}, {time} Uhr{zone}, ist abgesagt. Neuer Termin: {phone}. "
                "Abmelden mit STOP."
            )
        ),
        MISSED: MessageText(
            text=(
                "{practice}: Wir haben Sie {day}, {time} Uhr{zone}, vermisst. Neuer Termin: {phone}. Abmelden mit STOP."
            )
        ),
        NOTICE: MessageText(text="{practice}: {words}. Tel: {phone}. Abmelden mit STOP."),
        HELP: MessageText(text="{practice}: Nachrichten zu Ihren Terminen. Tel: {phone}. Abmelden mit STOP."),
        UNCLEAR: MessageText(
            text="{practice}: Leider haben wir Ihre Nachricht nicht verstanden und rufen Sie an. Tel: {phone}."
        ),
        WHICH_VISIT: MessageText(text="{practice}: Welcher Termin? {options}. Bitte Nummer senden. Tel: {phone}."),
    },
    email={
        REMINDER: MessageText(
            subject="{practice}: Terminerinnerung",
            text=(
                "Wir erinnern Sie an Ihren Termin bei {practice} {day}.\n\n"
                f"{_VISIT}\n\n"
                f"Wenn Sie nicht kommen können, rufen Sie uns bitte an. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        REMINDER_ASKING: MessageText(
            subject="{practice}: Kommen Sie zu Ihrem Termin?",
            text=(
                "Sie haben einen Termin bei {practice} {day}.\n\n"
                f"{_VISIT}\n\n"
                f"Bitte sagen Sie uns, ob Sie kommen. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        REMINDER_SEVERAL: MessageText(
            subject="{practice}: Terminerinnerung",
            text=(
                "Wir erinnern Sie an Ihre Termine bei {practice}.\n\n{visits}\n\nTelefon: {phone}\n\n"
                f"Wenn Sie nicht kommen können, rufen Sie uns bitte an. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        BOOKED: MessageText(
            subject="{practice}: Ihr Termin",
            text=(
                "Sie haben einen Termin bei {practice} {day}.\n\n"
                f"{_VISIT}\n\n"
                f"Wenn Sie nicht kommen können, rufen Sie uns bitte an. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        MOVED: MessageText(
            subject="{practice}: Ihr Termin ist verlegt",
            text=(
                "Ihr Termin bei {practice} ist verlegt. Er ist jetzt {day}.\n\n"
                f"{_VISIT}\n\n"
                f"Wenn Sie nicht kommen können, rufen Sie uns bitte an. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        CANCELLED: MessageText(
            subject="{practice}: Ihr Termin ist abgesagt",
            text=(
                "Ihr Termin bei {practice} {day}, {time} Uhr{zone}, ist abgesagt.\n\n"
                "Telefon: {phone}\n\n"
                f"Wenn Sie einen neuen Termin brauchen, rufen Sie uns bitte an. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        MISSED: MessageText(
            subject="{practice}: Wir haben Sie vermisst",
            text=(
                "Wir haben Sie bei Ihrem Termin bei {practice} {day}, {time} Uhr{zone}, leider nicht gesehen.\n\n"
                "Telefon: {phone}\n\n"
                f"Wenn Sie einen neuen Termin wünschen, rufen Sie uns bitte an. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        NOTICE: MessageText(
            subject="{practice}: eine Mitteilung für Sie",
            text=f"{{words}}\n\n{{practice}}\nTelefon: {{phone}}\n\n{_NO_ANSWER}\n\n{_NO_MORE}",
        ),
        HELP: MessageText(
            subject="{practice}: So erreichen Sie uns",
            text=f"{{practice}} schreibt Ihnen zu Ihren Terminen.\n\nTelefon: {{phone}}\n\n{_NO_MORE}",
        ),
        UNCLEAR: MessageText(
            subject="{practice}: Wir rufen Sie an",
            text=(
                "{practice} hat Ihre Nachricht erhalten. Unser System hat sie nicht verstanden. "
                "Jemand liest sie und ruft Sie an.\n\n"
                "Telefon: {phone}"
            ),
        ),
        WHICH_VISIT: MessageText(
            subject="{practice}: Welchen Termin meinen Sie?",
            text=(
                "{practice} hat Ihre Nachricht erhalten. Welchen dieser Termine meinen Sie?\n\n{options}\n\n"
                "Bitte antworten Sie mit der Zahl.\nTelefon: {phone}"
            ),
        ),
    },
)
