"""What people read, whole; and that a text message is one segment on every day of the year."""

from datetime import UTC, date, datetime, time, timedelta
from html.parser import HTMLParser
from itertools import product
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.errors import InvalidInputError
from kept.core.moments import tongue_for
from kept.core.people import ChannelName
from kept.core.sms import Encoding, encoding_of, size_of
from kept.core.texts import GSM_LOOKALIKES, LANGUAGE_WORDS, REMINDER, TEXTS, MessageText
from kept.core.wording import MessageFacts, filled, rendered
from kept.core.zones import NOT_ZONES
from tests.strategies import instants_near_zone_changes, zone_changes

SMS, EMAIL = ChannelName.SMS, ChannelName.EMAIL
START = datetime(2026, 5, 4, 13, tzinfo=UTC)
DAY = timedelta(days=1)
LONG_BEFORE = START - 9 * DAY
TAGS = ("en", "en-GB", "es", "es-MX", "es-US", "es-419")

ELM = MessageFacts(
    practice="Elm Clinic", phone="206-555-0100", place="12 Elm Street", start=START, zone="America/New_York"
)
LONGEST = msgspec.structs.replace(ELM, practice="é" * 30, place="ñ" * 30, phone="+" * 20)


def sms(language: str = "en", *, facts: MessageFacts = ELM, now: datetime = LONG_BEFORE) -> str:
    return rendered(REMINDER, SMS, language=language, facts=facts, now=now).text


def sms_of(template: str, facts: MessageFacts = ELM, *, language: str = "en") -> str:
    return filled(MessageText(text=template), SMS, tongue=tongue_for(language), facts=facts, now=LONG_BEFORE).text


def mail(language: str = "en", *, facts: MessageFacts = ELM, now: datetime = LONG_BEFORE) -> tuple[str, str, str]:
    made = rendered(REMINDER, EMAIL, language=language, facts=facts, now=now)
    return made.subject, made.text, made.html


def seen_from(reader_zone: str | None, zone: str = "America/New_York") -> MessageFacts:
    return msgspec.structs.replace(ELM, zone=zone, reader_zone=reader_zone)


@pytest.mark.parametrize(
    ("language", "zone", "text"),
    [
        (
            "en",
            "America/New_York",
            (
                "Elm Clinic: appointment on Mon, May 4 at 9:00 AM, 12 Elm Street. "
                "Call 206-555-0100. Reply STOP to opt out."
            ),
        ),
        (
            "en",
            "Europe/Madrid",
            (
                "Elm Clinic: appointment on Mon, May 4 at 3:00 PM, 12 Elm Street. "
                "Call 206-555-0100. Reply STOP to opt out."
            ),
        ),
        (
            "en",
            "Asia/Kolkata",
            (
                "Elm Clinic: appointment on Mon, May 4 at 6:30 PM, 12 Elm Street. "
                "Call 206-555-0100. Reply STOP to opt out."
            ),
        ),
        (
            "es",
            "America/New_York",
            "Elm Clinic: cita el lun, 4 may, 9:00, 12 Elm Street. Tel: 206-555-0100. Para darse de baja: STOP.",
        ),
        (
            "es",
            "Europe/Madrid",
            "Elm Clinic: cita el lun, 4 may, 15:00, 12 Elm Street. Tel: 206-555-0100. Para darse de baja: STOP.",
        ),
        (
            "es-MX",
            "Asia/Kolkata",
            "Elm Clinic: cita el lun 4 de may, 6:30 p.m., 12 Elm Street. Tel: 206-555-0100. Para darse de baja: STOP.",
        ),
    ],
)
def test_a_text_message_reads_so(language: str, zone: str, text: str) -> None:
    assert sms(language, facts=seen_from(None, zone)) == text


@pytest.mark.parametrize(
    ("language", "subject", "text"),
    [
        (
            "en",
            "Elm Clinic: appointment reminder",
            (
                "This is a reminder of your appointment with Elm Clinic tomorrow (Monday, May 4, 2026).\n\n"
                "Time: 9:00 AM (New York time)\nPlace: 12 Elm Street\nPhone: 206-555-0100\n\n"
                "If you cannot come, please call us. Please do not answer this e-mail: it may not be read in time.\n\n"
                "If you want no more of these e-mails, tell us when you call or visit."
            ),
        ),
        (
            "es",
            "Elm Clinic: recordatorio de cita",
            (
                "Le recordamos su cita con Elm Clinic mañana (lunes, 4 de mayo de 2026).\n\n"
                "Hora: 9:00 (hora de Nueva York)\nLugar: 12 Elm Street\nTeléfono: 206-555-0100\n\n"
                "Si no puede venir, llámenos, por favor. No responda a este correo: quizá no se lea a tiempo.\n\n"
                "Si no desea recibir más estos correos, díganoslo por teléfono o en su visita."
            ),
        ),
    ],
)
def test_a_mail_reads_so(language: str, subject: str, text: str) -> None:
    made = mail(language, facts=seen_from("Europe/Madrid"), now=START - DAY)

    assert made[:2] == (subject, text)


def test_a_mail_page_is_this() -> None:
    facts = msgspec.structs.replace(ELM, practice="Elm & Sons <Clinic>", place='12 "Elm"')

    *_, page = mail(facts=facts)

    assert page == (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>Elm &amp; Sons &lt;Clinic&gt;: appointment reminder</title>\n</head>\n"
        '<body style="margin:0;padding:16px;background:#ffffff;color:#1a1a1a;'
        'font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.5">\n'
        '<div style="max-width:560px;margin:0 auto;overflow-wrap:anywhere">\n'
        "<p>This is a reminder of your appointment with Elm &amp; Sons &lt;Clinic&gt; on Monday, May 4, 2026.</p>\n"
        "<p>Time: 9:00 AM<br>\nPlace: 12 &quot;Elm&quot;<br>\nPhone: 206-555-0100</p>\n"
        "<p>If you cannot come, please call us. "
        "Please do not answer this e-mail: it may not be read in time.</p>\n"
        "<p>If you want no more of these e-mails, tell us when you call or visit.</p>\n"
        "</div>\n</body>\n</html>\n"
    )


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.body: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.body.append(data)


@given(practice=st.text(max_size=40), place=st.text(max_size=300), language=st.sampled_from(TAGS))
def test_a_page_says_what_its_text_says_and_no_value_becomes_markup(practice: str, place: str, language: str) -> None:
    facts = msgspec.structs.replace(ELM, practice=practice, place=place)

    subject, text, page = mail(language, facts=facts)

    words = _Words()
    words.feed(page)
    said = "".join(words.body).split()
    assert words.tags == {"html", "head", "meta", "title", "body", "div", "p", "br"}
    assert said == [*subject.split(), *text.split()]
    assert f'<html lang="{tongue_for(language).tag.replace("_", "-")}">' in page
    assert "\n" not in subject


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-05-04T03:59:59Z", "tomorrow (Mon, May 4)"),
        ("2026-05-04T04:00:00Z", "today (Mon, May 4)"),
        ("2026-05-03T04:00:00Z", "tomorrow (Mon, May 4)"),
        ("2026-05-03T03:59:59Z", "on Mon, May 4"),
        ("2026-05-05T04:00:00Z", "on Mon, May 4"),
    ],
    ids=["a second to midnight", "midnight", "the day before", "two days before", "the day after"],
)
def test_today_and_tomorrow_are_days_at_the_place(now: str, day: str) -> None:
    said = filled(
        MessageText(text="{day}"), SMS, tongue=tongue_for("en"), facts=ELM, now=datetime.fromisoformat(now)
    ).text

    assert said == day


def test_tomorrow_is_one_day_ahead_on_the_calendar_however_long_that_day_is() -> None:
    after_the_change = datetime(2026, 3, 8, 12, tzinfo=ZoneInfo("America/New_York"))
    the_evening_before = datetime(2026, 3, 7, 23, 59, tzinfo=ZoneInfo("America/New_York"))
    facts = msgspec.structs.replace(ELM, start=after_the_change.astimezone(UTC))

    assert "appointment tomorrow (Sun, Mar 8) at 12:00 PM" in sms(facts=facts, now=the_evening_before.astimezone(UTC))


@given(near=instants_near_zone_changes(), ahead=st.integers(0, 3 * 24 * 60))
def test_says_tomorrow_only_when_it_is(near: tuple[datetime, ZoneInfo], ahead: int) -> None:
    now, zone = near
    start = now + timedelta(minutes=ahead)
    facts = msgspec.structs.replace(ELM, start=start, zone=zone.key)

    text = sms(facts=facts, now=now)

    days = (start.astimezone(zone).date() - now.astimezone(zone).date()).days
    assert ("tomorrow" in text, "today" in text) == (days == 1, days == 0)


@pytest.mark.parametrize(
    ("zone", "reader", "said"),
    [
        ("America/New_York", None, ""),
        ("America/New_York", "America/New_York", ""),
        ("America/New_York", "America/Toronto", ""),
        ("America/New_York", "Europe/Madrid", " (New York time)"),
        ("America/Argentina/Buenos_Aires", "UTC", " (Buenos Aires time)"),
        ("UTC", "America/New_York", " (GMT)"),
        ("Etc/GMT+5", "America/New_York", " (GMT-5)"),
        ("Asia/Kathmandu", "UTC", " (Kathmandu time)"),
    ],
)
def test_names_the_zone_only_to_a_reader_whose_clock_differs(zone: str, reader: str | None, said: str) -> None:
    assert sms_of("{zone}", seen_from(reader, zone)) == said


def test_two_zones_may_differ_in_summer_only() -> None:
    summer = msgspec.structs.replace(ELM, zone="America/Phoenix", reader_zone="America/Denver")
    winter = msgspec.structs.replace(summer, start=datetime(2026, 1, 5, 16, tzinfo=UTC))

    assert sms_of("{time}{zone}", summer) == "6:00 AM (Phoenix time)"
    assert sms_of("{time}{zone}", winter) == "9:00 AM"


@pytest.mark.parametrize(
    ("tag", "language", "locale"),
    [
        ("en", "en", "en"),
        ("en-GB", "en", "en_GB"),
        ("es-MX", "es", "es_MX"),
        ("es_mx", "es", "es_MX"),
        ("ES", "es", "es"),
        ("es-XX", "es", "es"),
        ("es-419", "es", "es_419"),
        ("fr-CA", "en", "en"),
        ("", "en", "en"),
        ("../../etc/passwd", "en", "en"),
        ("es-MX-u-hc-h12", "en", "en"),
        ("x" * 5000, "en", "en"),
    ],
)
def test_a_language_falls_back_to_one_that_has_texts(tag: str, language: str, locale: str) -> None:
    tongue = tongue_for(tag)

    assert (tongue.language, tongue.tag) == (language, locale)


def longest_days() -> list[date]:
    return [date(2026, month, 20 + weekday) for month, weekday in product(range(1, 13), range(7))]


def starts(zone: str) -> list[datetime]:
    times = (time(0, 0), time(1, 5), time(9, 0), time(10, 30), time(12, 45), time(23, 59))
    return [datetime.combine(day, at, tzinfo=ZoneInfo(zone)) for day, at in product(longest_days(), times)]


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("reader", [None, "Asia/Tokyo"], ids=["at home", "elsewhere"])
@pytest.mark.parametrize("days_before", [0, 1, 9])
def test_every_shipped_text_message_is_one_segment_with_the_longest_names(
    tag: str, reader: str | None, days_before: int
) -> None:
    zone = "Pacific/Chatham"  # GMT+12:45, the longest name of an offset

    sizes = {
        (size.encoding, size.segments)
        for start in starts(zone)
        for name in {name for name, channel, _ in TEXTS if channel is SMS}
        for facts in [msgspec.structs.replace(LONGEST, start=start.astimezone(UTC), zone=zone, reader_zone=reader)]
        for now in [(start - days_before * DAY).astimezone(UTC)]
        for size in [size_of(rendered(name, SMS, language=tag, facts=facts, now=now).text)]
    }

    assert sizes == {(Encoding.GSM_7, 1)}


@pytest.mark.parametrize("tag", ["en", "es", "es-MX"])
def test_every_shipped_text_message_is_one_segment_in_every_zone(tag: str) -> None:
    long_start = datetime(2026, 9, 23, 22, 30, tzinfo=UTC)

    too_large = [
        zone
        for zone in set(zone_changes()) - NOT_ZONES
        for reader in ("Asia/Tokyo", "America/Denver")
        for facts in [msgspec.structs.replace(LONGEST, start=long_start, zone=zone, reader_zone=reader)]
        if size_of(sms(tag, facts=facts)).segments != 1 or encoding_of(sms(tag, facts=facts)) is not Encoding.GSM_7
    ]

    assert too_large == []


def test_a_saturday_in_spanish_goes_without_its_weekday_which_has_no_place_in_gsm() -> None:
    saturday = msgspec.structs.replace(ELM, start=START + 5 * DAY)
    wednesday = msgspec.structs.replace(ELM, start=START + 2 * DAY)

    assert "cita el 9 may, 9:00," in sms("es", facts=saturday)
    assert "cita el mié, 6 may, 9:00," in sms("es", facts=wednesday)


def test_a_city_that_gsm_cannot_write_is_told_by_its_offset() -> None:
    facts = seen_from("America/New_York", "America/Los_Angeles")

    assert "6:00 (GMT-7)," in sms("es", facts=facts)
    assert "6:00 AM (Los Angeles time)," in sms("en", facts=facts)


def test_a_name_beyond_gsm_is_written_as_it_is_and_the_fullest_wording_of_that_size_is_taken() -> None:
    facts = msgspec.structs.replace(ELM, practice="Clínica Olmo", reader_zone="UTC")

    text = sms(facts=facts)

    assert text.startswith("Clínica Olmo: appointment on Mon, May 4 at 9:00 AM (New York time)")
    assert size_of(text).encoding is Encoding.UCS_2
    assert size_of(text).segments == 2


def test_typographic_characters_become_plain_ones_in_a_text_message_and_stay_in_a_mail() -> None:
    facts = msgspec.structs.replace(ELM, practice="Ann\u2019s \u201cElm\u201d \u2013 Care\u2026")

    assert sms_of("\u201c{practice}\u201d", facts) == '"Ann\'s "Elm" - Care..."'
    assert "Ann\u2019s \u201cElm\u201d \u2013 Care\u2026" in mail(facts=facts)[1]


def test_every_lookalike_leads_out_of_the_alphabet_and_into_it() -> None:
    assert {encoding_of(odd) for odd in GSM_LOOKALIKES} == {Encoding.UCS_2}
    assert {encoding_of(plain) for plain in GSM_LOOKALIKES.values()} == {Encoding.GSM_7}


def test_every_language_of_a_text_has_its_words_for_dates_and_every_text_exists_in_english() -> None:
    assert {language for *_, language in TEXTS} <= set(LANGUAGE_WORDS)
    assert {(name, channel) for name, channel, _ in TEXTS} == {
        (name, channel) for name, channel, language in TEXTS if language == "en"
    }


def test_a_line_break_or_a_hidden_mark_in_a_value_is_taken_out() -> None:
    facts = msgspec.structs.replace(ELM, practice=" Elm\r\nBcc:\u2028x\u202e\x00 Clinic\ud800 ")

    assert sms_of("{practice}", facts) == "Elm Bcc: x Clinic"
    assert mail(facts=facts)[0] == "Elm Bcc: x Clinic: appointment reminder"


def test_what_looks_like_a_placeholder_inside_a_value_stays_as_it_is() -> None:
    facts = msgspec.structs.replace(ELM, practice="{place}", place="{practice.__class__}")

    assert sms_of("{practice}|{place}", facts) == "{place}|{practice.__class__}"


def test_a_long_name_ends_in_dots_and_a_long_number_is_left_out_rather_than_cut() -> None:
    facts = msgspec.structs.replace(ELM, place="Building 4, 1200 West Main Street", phone="1" * 21)

    text = sms(facts=facts)

    assert (
        text == "Elm Clinic: appointment on Mon, May 4 at 9:00 AM, Building 4, 1200 West Main... Reply STOP to opt out."
    )


@pytest.mark.parametrize(
    ("language", "place", "phone", "text"),
    [
        ("en", "", "1", "Elm Clinic: appointment on Mon, May 4 at 9:00 AM. Call 1. Reply STOP to opt out."),
        ("en", "A", "", "Elm Clinic: appointment on Mon, May 4 at 9:00 AM, A. Reply STOP to opt out."),
        ("en", "", "", "Elm Clinic: appointment on Mon, May 4 at 9:00 AM. Reply STOP to opt out."),
        ("es-MX", "", "", "Elm Clinic: cita el lun 4 de may, 9:00 a.m. Para darse de baja: STOP."),
        ("es-MX", "Elm St.", "", "Elm Clinic: cita el lun 4 de may, 9:00 a.m., Elm St. Para darse de baja: STOP."),
    ],
)
def test_words_around_a_missing_value_go_with_it(language: str, place: str, phone: str, text: str) -> None:
    assert sms(language, facts=msgspec.structs.replace(ELM, place=place, phone=phone)) == text


def test_a_mail_without_place_and_phone_has_no_empty_lines_for_them() -> None:
    text = mail(facts=msgspec.structs.replace(ELM, place="", phone=""))[1]

    assert "on Monday, May 4, 2026.\n\nTime: 9:00 AM\n\nIf you cannot come" in text


def test_every_placeholder_has_its_words() -> None:
    template = "{practice}|{phone}|{place}|{weekday}|{date}|{time}|{day}|{zone}"
    facts = seen_from("UTC")

    in_mail = filled(MessageText(text=template), EMAIL, tongue=tongue_for("en"), facts=facts, now=LONG_BEFORE)

    assert sms_of(template, facts) == (
        "Elm Clinic|206-555-0100|12 Elm Street|Monday|May 4|9:00 AM|on Mon, May 4| (New York time)"
    )
    assert in_mail.text == (
        "Elm Clinic|206-555-0100|12 Elm Street|Monday|May 4, 2026|9:00 AM|on Monday, May 4, 2026| (New York time)"
    )


def test_refuses_a_text_that_is_not_shipped_and_names_those_that_are() -> None:
    with pytest.raises(InvalidInputError, match="is not a text of ours; there are: reminder") as caught:
        rendered("newsletter", SMS, language="en", facts=ELM, now=LONG_BEFORE)

    assert [(p.field, p.code) for p in caught.value.problems] == [("template", "unknown_template")]
