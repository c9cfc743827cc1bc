"""What people read, whole; and that a text message is one segment on every day of the year."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.moments import tongue_for
from kept.core.texts import MessageText
from kept.core.wording import filled
from tests.core.wordings import DAY, ELM, SMS, START, TAGS, mail, seen_from, sms, sms_of
from tests.strategies import instants_near_zone_changes


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
        ("fr-CA", "fr", "fr_CA"),
        ("it", "en", "en"),
        ("", "en", "en"),
        ("../../etc/passwd", "en", "en"),
        ("es-MX-u-hc-h12", "en", "en"),
        ("x" * 5000, "en", "en"),
    ],
)
def test_a_language_falls_back_to_one_that_has_texts(tag: str, language: str, locale: str) -> None:
    tongue = tongue_for(tag)

    assert (tongue.language, tongue.tag) == (language, locale)


@pytest.mark.parametrize("link", ["https://elm.example/v?a=1&b=2", "http://localhost:8000/v/abc"])
def test_a_link_in_a_mail_can_be_followed_and_is_written_out_in_the_plain_text(link: str) -> None:
    _, text, page = mail(facts=msgspec.structs.replace(ELM, link=link))

    escaped = link.replace("&", "&amp;")
    assert f"\nConfirm or change: {link}\n" in text
    assert f'Confirm or change: <a href="{escaped}" style="color:#0b5394">{escaped}</a></p>' in page


@pytest.mark.parametrize("link", ["", "javascript:alert(1)", "https://x y", "//elm.example"])
def test_what_is_no_page_is_no_link(link: str) -> None:
    _, text, page = mail(facts=msgspec.structs.replace(ELM, link=link))

    assert "Confirm or change" not in text
    assert "<a " not in page
