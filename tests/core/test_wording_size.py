"""Every shipped text fits, and what does not fit is shortened in the right place."""

from datetime import UTC, date, datetime, time
from itertools import product
from zoneinfo import ZoneInfo

import msgspec
import pytest

from kept.core.errors import InvalidInputError
from kept.core.moments import tongue_for
from kept.core.sms import Encoding, encoding_of, size_of
from kept.core.texts import GSM_LOOKALIKES, LANGUAGE_WORDS, TEXTS, MessageText
from kept.core.wording import filled, rendered
from kept.core.zones import NOT_ZONES
from tests.core.wordings import (
    DAY,
    ELM,
    EMAIL,
    LONG_BEFORE,
    LONGEST,
    SMS,
    START,
    TAGS,
    mail,
    seen_from,
    sms,
    sms_of,
    with_visits,
)
from tests.strategies import zone_changes

pytestmark = pytest.mark.uncounted


def longest_days() -> list[date]:
    return [date(2026, month, 20 + weekday) for month, weekday in product(range(1, 13), range(7))]


def starts(zone: str) -> list[datetime]:
    times = (time(0, 0), time(9, 0), time(12, 45))
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
        for facts in [with_visits(facts)]
        for now in [(start - days_before * DAY).astimezone(UTC)]
        for size in [size_of(rendered(name, SMS, language=tag, facts=facts, now=now).text)]
    }

    assert sizes == {(Encoding.GSM_7, 1)}


@pytest.mark.parametrize("tag", ["en", "es", "es-MX", "fr", "de", "pl"])
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
    with pytest.raises(InvalidInputError, match="is not a text of ours; there are: booked, cancelled, help") as caught:
        rendered("newsletter", SMS, language="en", facts=ELM, now=LONG_BEFORE)

    assert [(p.field, p.code) for p in caught.value.problems] == [("template", "unknown_template")]
