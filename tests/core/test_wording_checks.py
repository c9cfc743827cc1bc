"""What is wrong with a text is said before anybody gets it."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.errors import InvalidInputError
from kept.core.people import ChannelName
from kept.core.practice import Practice
from kept.core.reserved import asked_words, meaning_of
from kept.core.schedules import Place
from kept.core.sms import Encoding
from kept.core.templates import MAX_TEMPLATE_LENGTH, PLACEHOLDERS, TIERS, fill, parsed
from kept.core.text_checks import Draft, check_template, preview, preview_of_text, sample_facts
from kept.core.texts import HONEST_WORDS, REMINDER, RESERVED_WORDS, TEXT_KINDS, TEXTS
from kept.core.wording import MessageFacts

SIZES = json.loads((Path(__file__).parents[1] / "samples" / "sms_sizes.json").read_text(encoding="utf-8"))["cases"]

SMS, EMAIL = ChannelName.SMS, ChannelName.EMAIL
NOW = datetime(2026, 5, 3, 13, tzinfo=UTC)
ELM = MessageFacts(
    practice="Elm Clinic",
    phone="(206) 555-0100",
    place="12 Elm Street",
    start=NOW + timedelta(days=1),
    zone="America/New_York",
)
SOUND = "{practice}: {day}, {time}. Call {phone}. Reply STOP to opt out."
VALUES = dict.fromkeys(PLACEHOLDERS, "x")


def codes(text: str, channel: ChannelName = SMS, language: str = "en", template: str = REMINDER) -> list[str]:
    return [problem.code for problem in check_template(text, channel, language=language, template=template)]


def refusal(template: str) -> tuple[str, str]:
    with pytest.raises(InvalidInputError) as caught:
        parsed(template)
    (problem,) = caught.value.problems
    return problem.code, problem.message


def test_a_message_can_say_nothing_but_who_writes_when_where_and_whom_to_call() -> None:
    when_and_where = {"place", "weekday", "date", "time", "day", "zone", "link", "visits", "options"}
    assert set(PLACEHOLDERS) == {"practice", "phone", "words", "first_name"} | when_and_where
    assert MessageFacts.__struct_fields__ == (
        "practice", "phone", "place", "start", "zone", "reader_zone", "first_name", "link", "words", "visits",
    )  # fmt: skip


@pytest.mark.parametrize(
    "template",
    [
        "{patient}",
        "{}",
        "{ practice }",
        "{practice!r}",
        "{practice:>50000000}",
        "{practice.__class__.__init__.__globals__}",
        "{practice[0]}",
        "{0}",
        "{Practice}",
        "{practice\n}",
    ],
)
def test_refuses_a_placeholder_that_is_not_on_the_list(template: str) -> None:
    code, message = refusal(template)

    assert code == "unknown_placeholder"
    assert message.endswith("use " + ", ".join(f"{{{name}}}" for name in PLACEHOLDERS))


def test_names_a_wrong_placeholder_only_when_it_is_a_plain_word() -> None:
    assert refusal("{patient}")[1].startswith("has a placeholder {patient} that does not exist")
    assert refusal("{patient.x}")[1].startswith("has a placeholder that does not exist")


@pytest.mark.parametrize(
    "template", ["{{practice}}", "{practice", "practice}", "{", "}", "a } b {practice}", "{practice}}"]
)
def test_refuses_a_brace_that_stands_around_no_name(template: str) -> None:
    code, message = refusal(template)

    assert code == "stray_brace"
    assert "take the others out" in message


def test_refuses_a_template_that_nobody_would_read() -> None:
    assert refusal("x" * (MAX_TEMPLATE_LENGTH + 1))[0] == "too_long"
    assert parsed("x" * MAX_TEMPLATE_LENGTH).parts == ()


@given(st.lists(st.one_of(st.sampled_from([f"{{{name}}}" for name in PLACEHOLDERS]), st.text("ab ,.\n$%", max_size=9))))
def test_filling_puts_every_value_in_once_and_leaves_the_words(pieces: list[str]) -> None:
    source = "".join(pieces)

    made = fill(parsed(source), dict.fromkeys(PLACEHOLDERS, "{place}"))

    expected = source
    for name in PLACEHOLDERS:
        expected = expected.replace(f"{{{name}}}", "\0")
    assert made == expected.replace("\0", "{place}")


@given(st.lists(st.sampled_from(["{", "}", "{place}", "practice", ", ", "x"]), max_size=9).map("".join))
def test_any_text_is_a_template_or_is_refused_with_a_reason(source: str) -> None:
    found = check_template(source, EMAIL, language="en")

    refusals = {problem.code for problem in found} & {"unknown_placeholder", "stray_brace"}
    if not refusals:
        template = parsed(source)
        assert fill(template, VALUES).count("x") == source.count("x") + len(template.parts)
    assert ("{" in source or "}" in source) or not refusals


@pytest.mark.parametrize(("_name", "channel", "language"), TEXTS)
def test_every_shipped_text_breaks_no_rule(_name: str, channel: ChannelName, language: str) -> None:
    text = TEXTS[_name, channel, language]

    assert codes(text.text, channel, language, _name) == []
    assert parsed(text.subject).names <= {"practice"}


@pytest.mark.parametrize(
    ("template", "channel", "expected"),
    [
        (SOUND, SMS, []),
        (SOUND.removeprefix("{practice}: "), SMS, ["missing_sender_name"]),
        (SOUND.replace(" Call {phone}.", ""), SMS, ["no_contact"]),
        (SOUND.replace("Reply STOP to opt out.", ""), SMS, ["missing_opt_out"]),
        (SOUND.replace("STOP", "NONSTOP"), SMS, ["missing_opt_out"]),
        (SOUND + " Reply C to confirm.", SMS, []),
        (SOUND + " Reply YES to confirm.", SMS, ["asks_for_reserved_word"]),
        (SOUND + " " + "x" * 100, SMS, ["too_many_segments"]),
        (SOUND + " 😀", SMS, ["too_many_segments"]),
        ("{practice}: {patient}", SMS, ["unknown_placeholder"]),
        ("{practice}", EMAIL, []),
        ("{practice}\n" + "x" * 1000, EMAIL, []),
        ("Reply CANCEL to cancel", EMAIL, ["missing_sender_name", "asks_for_reserved_word"]),
    ],
)
def test_says_every_rule_that_a_template_breaks(template: str, channel: ChannelName, expected: list[str]) -> None:
    assert codes(template, channel) == expected


def test_measures_a_template_with_the_longest_names_on_the_longest_day() -> None:
    fits_in_may_only = "{practice} {practice} {phone} {weekday} STOP " + "x" * 63

    (problem,) = check_template(fits_in_may_only, SMS, language="en")

    assert problem.message == "takes 2 segments (161 GSM-7 units); shorten it to one"
    assert problem.extra == {"segments": 2, "units": 161, "encoding": "GSM-7"}


def test_sees_that_a_saturday_in_spanish_costs_two_segments_where_its_name_is_asked_for() -> None:
    template = "{practice}: {weekday} {time}. Tel: {phone}. Baja: STOP"

    (problem,) = check_template(template, SMS, language="es")

    assert problem.extra["encoding"] == "UCS-2"
    assert codes(template, SMS, "en") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Reply CONFIRM to confirm or CANCEL to cancel.", ("CANCEL",)),
        ("Reply YES or NO", ("YES",)),
        ("reply yes to confirm", ("YES",)),
        ("Please reply with 'cancel' if you cannot come", ("CANCEL",)),
        ("Reply c or cancel", ("CANCEL",)),
        ("If you cannot come, text us END", ("END",)),
        ("Responda CANCEL para anular su cita", ("CANCEL",)),
        ("Envíe QUIT", ("QUIT",)),
        ("YES=confirm, END=cancel", ("YES", "END")),
        ("To keep it send START. To leave, send STOPALL", ("START", "STOPALL")),
        ("Reply STOP to cancel your appointment", ("STOP",)),
        ("Responda STOP para cancelar", ("STOP",)),
        ("Reply OPT-OUT", ("OPT-OUT",)),
        ("Reply STOP to opt out", ()),
        ("Reply STOP to OPT OUT. Reply HELP for help, INFO for more", ()),
        ("Reply STOP to end", ()),
        ("Para darse de baja: STOP.", ()),
        ("Reply C to confirm, or call us to cancel", ()),
        ("Please reply by the end of the week", ()),
        ("Please reply if you want us to remove you from the list", ()),
        ("West End Clinic: yes, we are open. CANCEL by phone", ()),
        ("Reply " + "so " * 40 + "yes", ()),
        ("Answer our questions! Yes, you may", ()),
        ("CANCEL? Then reply X", ()),
        ("CANCEL with a call or reply X", ()),
        ("Répondez CANCEL pour annuler", ("CANCEL",)),
        ("Envoyez par SMS OPTOUT", ("OPTOUT",)),
        ("Répondez oui ou yes", ("YES",)),
        ("Tapez « END » si vous ne venez pas", ("END",)),
        ("STOP pour annuler votre rendez-vous", ("STOP",)),
        ("Désinscription : STOP.", ()),
        ("Répondez STOP pour ne plus recevoir de SMS", ()),
        ("Nous vous répondrons. Le film The End passe demain", ()),
        ("Antworten Sie mit CANCEL, um abzusagen", ("CANCEL",)),
        ("Bitte antworten Sie mit ja oder yes", ("YES",)),
        ("Schicken Sie uns „QUIT“", ("QUIT",)),
        ("YES zum Bestätigen", ("YES",)),
        ("STOP, um den Termin abzusagen", ("STOP",)),
        ("Abmelden mit STOP", ()),
        ("Antwort C bestätigt, R ändert, STOP beendet die SMS", ()),
        ("Odpisz YES, aby potwierdzić", ("YES",)),
        ("Wyślij cancel lub zadzwoń", ("CANCEL",)),
        ("Odpowiedz START", ("START",)),
        ("STOP aby odwołać wizytę", ("STOP",)),
        ("Rezygnacja z SMS: STOP", ()),
        ("Odpisz C: potwierdzam, R: zmiana, STOP: koniec SMS", ()),
        ("STOP = cancel my appointment", ("STOP",)),
        ("Please stop by to change your card", ()),
        ("", ()),
    ],
)
def test_finds_the_replies_that_a_text_must_not_ask_for(text: str, words: tuple[str, ...]) -> None:
    assert asked_words(text) == words


@pytest.mark.parametrize("word", sorted({w for kind in RESERVED_WORDS.values() for w in (*kind.opt_out, *kind.opt_in)}))
def test_no_reserved_word_may_be_asked_for_but_the_honest_ones(word: str) -> None:
    expected = () if word in HONEST_WORDS else (word,)

    assert asked_words(f"Reply {word} to confirm your visit") == (expected or ("STOP",))
    assert asked_words(f"Reply {word}") == expected


def test_says_what_providers_do_with_a_word() -> None:
    problems = check_template(SOUND + " Reply YES or CANCEL", SMS, language="en")

    assert [(p.message, p.extra["word"]) for p in problems] == [
        (
            "asks for the reply YES, on which providers start messages to that number again; ask for another word",
            "YES",
        ),
        (
            "asks for the reply CANCEL, on which providers end all messages to that number; ask for another word",
            "CANCEL",
        ),
    ]
    assert meaning_of("STOP") == "end all messages to that number"


@pytest.mark.parametrize(
    "text",
    ["reply " * 20_000, "a" * 100_000, "reply " + "c or " * 20_000 + "yes", "STOP to " * 9_000, "STOP to a " * 9_000],
)
def test_a_huge_text_is_read_in_linear_time(text: str) -> None:
    assert asked_words(text) == ()


def test_a_preview_shows_the_text_and_its_size() -> None:
    seen = preview(Draft(text=SOUND, language="en"), facts=ELM, now=NOW)

    text = "Elm Clinic: tomorrow (Mon, May 4), 9:00 AM. Call (206) 555-0100. Reply STOP to opt out."
    assert (seen.text, seen.encoding, seen.units, seen.segments) == (text, Encoding.GSM_7, len(text), 1)
    assert seen.problems == ()


def test_a_preview_of_a_mail_has_a_subject_and_no_segments() -> None:
    seen = preview(Draft(text="{practice}: {day}", channel=EMAIL, language="es"), facts=ELM, now=NOW)

    assert seen.subject == "Elm Clinic: recordatorio de cita"
    assert seen.text == "Elm Clinic: mañana (lunes, 4 de mayo de 2026)"
    assert (seen.encoding, seen.units, seen.segments) == (None, 0, 0)


def test_a_preview_of_a_broken_template_is_empty_and_says_why() -> None:
    seen = preview(Draft(text="{practice}: {reason}", language="en"), facts=ELM, now=NOW)

    assert (seen.text, seen.segments) == ("", 0)
    assert [problem.code for problem in seen.problems] == ["too_sensitive", "no_contact", "missing_opt_out"]


def test_a_preview_names_a_zone_that_does_not_exist() -> None:
    seen = preview(Draft(text=SOUND, language="en"), facts=msgspec.structs.replace(ELM, zone="Mars/Base"), now=NOW)

    assert [problem.code for problem in seen.problems] == ["unknown_zone"]


@pytest.mark.parametrize("case", SIZES, ids=[case["name"] for case in SIZES])
def test_a_finished_text_is_measured_exactly_as_it_is(case: dict[str, Any]) -> None:
    seen = preview_of_text(case["body"], SMS, facts=ELM)

    assert seen.text == case["body"]
    assert (seen.encoding, seen.units, seen.segments) == (case["encoding"], case["units"], case["segments"])
    assert ("too_many_segments" in [problem.code for problem in seen.problems]) == (case["segments"] > 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ELM CLINIC: see you. Call 206 555 0100. Reply STOP to opt out.", []),
        ("See you. {practice}", ["missing_sender_name", "no_contact", "missing_opt_out"]),
        ("Elm Clinic: reply CANCEL", ["asks_for_reserved_word", "no_contact", "missing_opt_out"]),
    ],
)
def test_says_every_rule_that_a_finished_text_breaks(text: str, expected: list[str]) -> None:
    assert [problem.code for problem in preview_of_text(text, SMS, facts=ELM).problems] == expected


def test_a_finished_mail_needs_a_sender_and_no_more() -> None:
    assert preview_of_text("Elm Clinic says hello", EMAIL, facts=ELM).problems == ()


def test_a_practice_without_name_and_number_is_not_found_in_every_text() -> None:
    nobody = msgspec.structs.replace(ELM, practice="", phone="")

    assert [p.code for p in preview_of_text("STOP", SMS, facts=nobody).problems] == [
        "missing_sender_name",
        "no_contact",
    ]


def test_names_the_characters_that_make_a_message_larger() -> None:
    (problem,) = preview_of_text("Elm Clinic “á” 2065550100 STOP", SMS, facts=ELM).problems

    assert problem.code == "non_gsm_characters"
    assert "(U+201C U+00E1 U+201D)" in problem.message
    assert problem.extra == {"warning": True, "characters": ["“", "á", "”"]}


@pytest.mark.parametrize(
    ("practice", "phone", "place"),
    [
        (Practice(zone="America/New_York"), "206-555-0100", "Main Street"),
        (Practice(zone="America/New_York", phone="1"), "1", "Main Street"),
        (
            Practice(zone="America/New_York", phone="1", places=(Place(id="a", name="Annex", zone="UTC", phone="2"),)),
            "2",
            "Annex",
        ),
    ],
)
def test_a_sample_is_tomorrow_at_ten_at_the_practice(practice: Practice, phone: str, place: str) -> None:
    facts = sample_facts(practice, now=NOW)

    assert (facts.phone, facts.place, facts.zone) == (phone, place, "America/New_York")
    assert facts.start == datetime(2026, 5, 4, 14, tzinfo=UTC)


def test_the_page_of_texts_has_every_placeholder_and_every_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "message-texts.md").read_text(encoding="utf-8")
    source = (Path(__file__).parents[2] / "src" / "kept" / "core" / "text_checks.py").read_text(encoding="utf-8")

    codes_said = set(re.findall(r'_problem\(\s*"([a-z_]+)"|code="([a-z_]+)"', source))
    codes_said = {code for pair in codes_said for code in pair if code} - {"required"}
    codes_said |= {"unknown_placeholder", "stray_brace", "too_sensitive"}

    assert set(re.findall(r"\n\| `\{([a-z_]+)\}`", page)) == set(PLACEHOLDERS)
    assert set(re.findall(r"\n\| `([a-z_]+)`", page)) == codes_said | set(TEXT_KINDS)
    assert {name for name, tier in TIERS.items() if f"`{{{name}}}`" in page} == set(TIERS)
    assert all(f"| `{{{name}}}` | {TIERS[name].name.lower()} |" in page for name in PLACEHOLDERS)


def test_a_hopeless_text_is_measured_on_one_day_only() -> None:
    (problem,) = check_template(SOUND + "x" * 4000, SMS, language="en")

    assert problem.code == "too_many_segments"
    assert "takes 27 segments" in problem.message
