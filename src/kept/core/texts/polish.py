"""Polish messages. For SMS they keep to words without ą, ć, ę, ł, ń, ó, ś, ź and ż, none of which GSM-7 has."""

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

_VISIT: Final = (
    "Termin: {day}\nGodzina: {time}{zone}\nMiejsce: {place}\nTelefon: {phone}\nPotwierdzenie lub zmiana: {link}"
)
_IF_NOT: Final = "Jeśli nie mogą Państwo przyjść, prosimy o telefon."
_NO_ANSWER: Final = "Prosimy nie odpowiadać na ten e-mail: może nie zostać odczytany na czas."
_NO_MORE: Final = (
    "Jeśli nie chcą Państwo otrzymywać takich e-maili, prosimy powiedzieć nam o tym przez telefon lub podczas wizyty."
)

POLISH: Final = MessageWords(
    language="pl",
    dates=LanguageWords(today="dzisiaj ({0})", tomorrow="jutro ({0})", on="{0}", zone="czas: {0}"),
    asking=AskingWords(
        verbs=(
            "odpowiedz",
            "odpowiedzieć",
            "odpisz",
            "odpisać",
            "wyślij",
            "wyslij",
            "wysłać",
            "odeślij",
            "prześlij",
            "napisz",
            "wpisz",
        ),
        small=("do", "nam", "nas", "słowem", "słowo", "treść", "prosimy"),
        either=("lub", "albo"),
        purpose=("aby", "żeby", "zeby"),
        cancelling=(
            "anulować",
            "anulowac",
            "odwołać",
            "odwolac",
            "potwierdzić",
            "potwierdzic",
            "zmienić",
            "zmienic",
            "przełożyć",
            "przelozyc",
            "przenieść",
            "przeniesc",
        ),
    ),
    sms={
        REMINDER: MessageText(
            text="{practice}: wizyta {day}, godz. {time}{zone}, {place}. Tel: {phone}. Rezygnacja z SMS: STOP."
        ),
        REMINDER_ASKING: MessageText(
            text=(
                "{practice}: wizyta {day}, godz. {time}{zone}, {place}. Tel: {phone}. "
                "Odpisz C: potwierdzam, R: zmiana, STOP: koniec SMS."
            )
        ),
        REMINDER_SEVERAL: MessageText(text="{practice}: wizyty {visits}. Tel: {phone}. Rezygnacja z SMS: STOP."),
        BOOKED: MessageText(
            text=(
                "{practice}: rezerwacja wizyty: {day}, godz. {time}{zone}, {place}. Tel: {phone}. "
                "Rezygnacja z SMS: STOP."
            )
        ),
        MOVED: MessageText(
            text=(
                "{practice}: nowy termin wizyty: {day}, godz. {time}{zone}, {place}. Tel: {phone}. "
                "Rezygnacja z SMS: STOP."
            )
        ),
        CANCELLED: MessageText(
            text=(
                "{practice}: wizyta anulowana: {day}, godz. {time}{zone}. Nowy termin: {phone}. Rezygnacja z SMS: STOP."
            )
        ),
        MISSED: MessageText(
            text=(
                "{practice}: nieodbyta wizyta: {day}, godz. {time}{zone}. Nowy termin: {phone}. Rezygnacja z SMS: STOP."
            )
        ),
        NOTICE: MessageText(text="{practice}: {words}. Tel: {phone}. Rezygnacja z SMS: STOP."),
        HELP: MessageText(text="{practice}: SMS o wizytach. Tel: {phone}. Rezygnacja z SMS: STOP."),
        UNCLEAR: MessageText(text="{practice}: przepraszamy, nie rozumiemy tej odpowiedzi. Oddzwonimy. Tel: {phone}."),
        WHICH_VISIT: MessageText(
            text="{practice}: o jaki termin chodzi? {options}. W odpowiedzi prosimy o numer. Tel: {phone}."
        ),
    },
    email={
        REMINDER: MessageText(
            subject="{practice}: przypomnienie o wizycie",
            text=f"{{practice}} przypomina o wizycie.\n\n{_VISIT}\n\n{_IF_NOT} {_NO_ANSWER}\n\n{_NO_MORE}",
        ),
        REMINDER_ASKING: MessageText(
            subject="{practice}: czy przyjdą Państwo na wizytę?",
            text=(
                f"{{practice}} przypomina o wizycie.\n\n{_VISIT}\n\n"
                f"Prosimy dać nam znać, czy Państwo przyjdą. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        REMINDER_SEVERAL: MessageText(
            subject="{practice}: przypomnienie o wizytach",
            text=(
                "{practice} przypomina o wizytach.\n\n{visits}\n\nTelefon: {phone}\n\n"
                f"{_IF_NOT} {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        BOOKED: MessageText(
            subject="{practice}: rezerwacja wizyty",
            text=f"{{practice}} potwierdza rezerwację wizyty.\n\n{_VISIT}\n\n{_IF_NOT} {_NO_ANSWER}\n\n{_NO_MORE}",
        ),
        MOVED: MessageText(
            subject="{practice}: nowy termin wizyty",
            text=f"{{practice}} informuje o nowym terminie wizyty.\n\n{_VISIT}\n\n{_IF_NOT} {_NO_ANSWER}\n\n{_NO_MORE}",
        ),
        CANCELLED: MessageText(
            subject="{practice}: wizyta odwołana",
            text=(
                "{practice} informuje, że wizyta została odwołana.\n\n"
                "Termin: {day}\nGodzina: {time}{zone}\nTelefon: {phone}\n\n"
                f"Jeśli potrzebują Państwo nowego terminu, prosimy o telefon. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        MISSED: MessageText(
            subject="{practice}: nieodbyta wizyta",
            text=(
                "{practice} informuje, że wizyta się nie odbyła.\n\n"
                "Termin: {day}\nGodzina: {time}{zone}\nTelefon: {phone}\n\n"
                f"Jeśli życzą sobie Państwo nowego terminu, prosimy o telefon. {_NO_ANSWER}\n\n{_NO_MORE}"
            ),
        ),
        NOTICE: MessageText(
            subject="{practice}: wiadomość dla Państwa",
            text=f"{{words}}\n\n{{practice}}\nTelefon: {{phone}}\n\n{_NO_ANSWER}\n\n{_NO_MORE}",
        ),
        HELP: MessageText(
            subject="{practice}: jak się z nami skontaktować",
            text=f"{{practice}} pisze do Państwa w sprawie wizyt.\n\nTelefon: {{phone}}\n\n{_NO_MORE}",
        ),
        UNCLEAR: MessageText(
            subject="{practice}: zadzwonimy do Państwa",
            text=(
                "{practice} potwierdza otrzymanie wiadomości. Nasz system jej nie zrozumiał. "
                "Ktoś ją przeczyta i do Państwa zadzwoni.\n\n"
                "Telefon: {phone}"
            ),
        ),
        WHICH_VISIT: MessageText(
            subject="{practice}: o którą wizytę chodzi?",
            text=(
                "{practice} potwierdza otrzymanie wiadomości. O którą z tych wizyt chodzi?\n\n{options}\n\n"
                "Prosimy odpowiedzieć numerem.\nTelefon: {phone}"
            ),
        ),
    },
)
