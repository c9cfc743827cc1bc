"""A practice's own texts: what they may hold, what each kind needs, and how they are filled."""

from datetime import timedelta

import msgspec
import pytest

from kept.core.errors import InvalidInputError
from kept.core.message_values import WORDS_LIMIT
from kept.core.moments import first_language, tongue_for
from kept.core.people import ChannelName
from kept.core.replies import Intent, understand
from kept.core.templates import CHANNEL_TIERS, TIERS, Tier, fill, parsed
from kept.core.text_checks import Draft, check_template, check_words, preview
from kept.core.texts import (
    BOOKED,
    HELP,
    LANGUAGE_WORDS,
    NOTICE,
    REMINDER,
    REMINDER_SEVERAL,
    TEXT_KINDS,
    TEXTS,
    UNCLEAR,
    WHICH_VISIT,
    MessageText,
)
from kept.core.wording import MessageFacts, Rendered, rendered
from tests.core.wordings import ELM, EMAIL, LONG_BEFORE, SMS, with_visits

SOUND = "{practice}: {day}, {time}. Call {phone}. Reply STOP to opt out."
CARE = [name for name, tier in TIERS.items() if tier is Tier.CARE]


def codes(text: str, channel: ChannelName = SMS, *, template: str = REMINDER, subject: str = "") -> list[str]:
    found = check_template(text, channel, language="en", template=template, subject=subject)
    return [problem.code for problem in found]


def own(text: str, channel: ChannelName = SMS, *, subject: str = "", facts: MessageFacts = ELM) -> Rendered:
    source = MessageText(subject=subject, text=text)
    return rendered(REMINDER, channel, language="en", facts=facts, now=LONG_BEFORE, own=source)


def test_an_own_text_is_said_instead_of_the_shipped_one() -> None:
    said = own("{practice} \u2013 {first_name}, {day}. STOP", facts=msgspec.structs.replace(ELM, first_name="Ana"))

    assert said.text == "Elm Clinic - Ana, on Mon, May 4. STOP"


def test_an_own_mail_without_a_subject_keeps_the_shipped_one() -> None:
    assert own("{practice}", EMAIL).subject == "Elm Clinic: appointment reminder"
    assert own("{practice}", EMAIL, subject="{day} at {practice}").subject == "on Monday, May 4, 2026 at Elm Clinic"


def test_a_subject_is_one_line_of_a_header_whatever_is_in_it() -> None:
    said = own("{practice}", EMAIL, subject="Hello\r\nBcc: x@example.org " + "x" * 300)

    assert said.subject.startswith("Hello Bcc: x@example.org xxx")
    assert len(said.subject) == 200


@pytest.mark.parametrize("name", CARE)
@pytest.mark.parametrize("channel", list(ChannelName))
def test_what_a_visit_is_for_is_refused_on_every_channel_and_the_refusal_says_why(
    name: str, channel: ChannelName
) -> None:
    text = SOUND + f" {{{name}}}"

    (problem,) = check_template(text, channel, language="en")

    assert problem.code == "too_sensitive"
    assert problem.message == f"has {{{name}}}, which tells more than a message may carry; take it out"
    assert problem.extra == {"placeholder": name, "tier": "care"}
    with pytest.raises(InvalidInputError, match="tells more than a message may carry"):
        own(text, channel)


def test_every_channel_says_how_much_it_carries_and_none_carries_care() -> None:
    assert set(CHANNEL_TIERS) == set(ChannelName)
    assert Tier.CARE not in CHANNEL_TIERS.values()


def test_a_first_name_may_stand_in_a_message_but_in_no_subject() -> None:
    assert codes(SOUND + " {first_name}") == []
    assert codes(SOUND + " {first_name}", EMAIL, subject="{practice}: {day}") == []
    assert codes(SOUND, EMAIL, subject="{first_name}") == ["too_sensitive"]
    with pytest.raises(InvalidInputError, match="more than the subject of a message may carry"):
        own("{practice}", EMAIL, subject="{first_name}")


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("", []),
        ("{practice}: see you {day}", []),
        ("Hello\nBcc: x", ["line_break"]),
        ("{patient}", ["unknown_placeholder"]),
        ("{", ["stray_brace"]),
        ("x" * 201, ["too_long"]),
    ],
)
def test_says_what_is_wrong_with_a_subject(subject: str, expected: list[str]) -> None:
    found = check_template("{practice}", EMAIL, language="en", subject=subject)

    assert [problem.code for problem in found] == expected
    assert {problem.field for problem in found} <= {"subject"}


def test_a_subject_of_a_text_message_is_nobodys_business() -> None:
    assert codes(SOUND, SMS, subject="{patient}") == []


@pytest.mark.parametrize(
    ("text", "template", "expected"),
    [
        ("{practice}. Call {phone}. STOP", NOTICE, ["missing_placeholder"]),
        ("{practice}. Call {phone}. STOP", REMINDER_SEVERAL, ["missing_placeholder"]),
        ("{practice}. Call {phone}.", WHICH_VISIT, ["missing_placeholder"]),
        ("{practice}: {words}. Call {phone}. STOP", REMINDER, ["misplaced_placeholder"]),
        (
            "{practice}: {options}. Call {phone}. STOP",
            REMINDER_SEVERAL,
            ["missing_placeholder", "misplaced_placeholder"],
        ),
        ("{practice}. Call {phone}.", UNCLEAR, []),
        ("{practice}. Call {phone}.", HELP, ["missing_opt_out"]),
        ("{practice}. Call {phone}.", BOOKED, ["missing_opt_out"]),
        ("{practice}: {words}", NOTICE, ["no_contact", "missing_opt_out"]),
    ],
)
def test_each_kind_of_text_needs_what_it_is_there_for(text: str, template: str, expected: list[str]) -> None:
    assert codes(text, template=template) == expected


def test_refuses_to_check_a_text_for_a_name_that_does_not_exist() -> None:
    with pytest.raises(InvalidInputError, match="is not a text of ours"):
        check_template("x", SMS, language="en", template="newsletter")


@pytest.mark.parametrize(
    "text", ["{practice.__class__}", "{words:>50000000}", "{0.__init__.__globals__}", "x" * 50_000_000]
)
@pytest.mark.parametrize("channel", list(ChannelName))
def test_no_attribute_no_format_and_no_huge_text_gets_through(text: str, channel: ChannelName) -> None:
    assert check_template(text, channel, language="en")[0].code in {"unknown_placeholder", "too_long"}
    with pytest.raises(InvalidInputError):
        own(text, channel)


def test_a_huge_value_is_cut_or_left_out() -> None:
    huge = "x" * 1_000_000
    facts = MessageFacts(
        practice=huge,
        phone=huge,
        place=huge,
        start=ELM.start,
        zone=ELM.zone,
        first_name=huge,
        link=f"https://{huge}",
        words=huge,
    )

    said = rendered(
        NOTICE,
        EMAIL,
        language="en",
        facts=facts,
        now=LONG_BEFORE,
        own=MessageText(text="{practice}|{place}|{words}{phone}{first_name}{link}"),
    )

    assert [len(piece) for piece in said.text.split("|")] == [200, 200, WORDS_LIMIT]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("We are closed on Friday", []),
        (" \n", ["required"]),
        ("x" * (WORDS_LIMIT + 1), ["too_long"]),
        ("Reply YES if you come", ["asks_for_reserved_word"]),
        ("Odpisz CANCEL, aby odwołać", ["asks_for_reserved_word"]),
    ],
)
def test_the_words_of_a_notice_are_checked_too(words: str, expected: list[str]) -> None:
    found = check_words(words)

    assert [problem.code for problem in found] == expected
    assert {problem.field for problem in found} <= {"words"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [("We are closed", "We are closed."), ("We are closed.", "We are closed."), ("We are closed!", "We are closed!")],
)
def test_a_notice_ends_its_sentence_once(words: str, sentence: str) -> None:
    facts = msgspec.structs.replace(ELM, words=words)

    text = rendered(NOTICE, SMS, language="en", facts=facts, now=LONG_BEFORE).text

    assert text == f"Elm Clinic: {sentence} Call 206-555-0100. Reply STOP to opt out."


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{first_name}, see you", "see you"),
        ("Hello {first_name},\n\nsee you", "\n\nsee you"),
        ("Elm\n\nHello {first_name}, see you", "Elm\nsee you"),
        ("{practice}: {first_name}, see you", "Elm, see you"),
    ],
)
def test_a_salutation_without_a_name_leaves_no_comma_behind(template: str, expected: str) -> None:
    assert fill(parsed(template), {"first_name": "", "practice": "Elm"}) == expected


def test_a_mail_has_no_gaps_where_values_are_missing() -> None:
    assert own("Hello {first_name},\n\nsee you.\n\n{link}\n\nBye", EMAIL).text == "see you.\n\nBye"


@pytest.mark.parametrize(("name", "channel", "language"), TEXTS)
@pytest.mark.parametrize("missing", ["place", "phone", "link", "words", "visits", "zone"])
def test_no_shipped_text_leaves_words_behind_for_a_value_that_is_missing(
    name: str, channel: ChannelName, language: str, missing: str
) -> None:
    full = with_visits(
        msgspec.structs.replace(ELM, link="https://elm.example/v", words="Closed", reader_zone="Asia/Tokyo")
    )
    empty = {"visits": (), "zone": ELM.zone}.get(missing, "")
    facts = msgspec.structs.replace(full, **{missing: empty})

    text = rendered(name, channel, language=language, facts=facts, now=LONG_BEFORE).text

    assert "  " not in text
    assert " ." not in text.replace(" ...", "")
    assert not any(text.rstrip(".").endswith(end) for end in (":", ",", " Tel", " Tél"))
    assert not any(line.endswith((":", " :", ",")) for line in text.splitlines())
    assert "\n\n\n" not in text


@pytest.mark.parametrize(
    ("tags", "chosen"),
    [
        (("es-MX", "pl", "en"), "es-MX"),
        (("it", "pl-PL", "en"), "pl-PL"),
        ((None, "fr"), "fr"),
        (("", "../etc"), "en"),
        ((), "en"),
    ],
)
def test_a_reader_is_written_to_in_the_first_language_that_has_texts(tags: tuple[str | None, ...], chosen: str) -> None:
    assert first_language(*tags) == chosen


def test_a_country_nobody_knows_falls_back_to_its_language() -> None:
    assert tongue_for("fr-XX").tag == "fr"


def test_a_place_gives_way_only_where_the_whole_then_fits_one_segment() -> None:
    long = msgspec.structs.replace(
        ELM, practice="Northgate Family Health Centre", place="Building 4, 1200 West Main St.", reader_zone="UTC"
    )

    shortened = rendered("reminder_asking", SMS, language="en", facts=long, now=LONG_BEFORE).text
    hopeless = own("{practice}: {day}, {place}. STOP " + "x" * 150, facts=long).text

    assert shortened == (
        "Northgate Family Health Centre: appointment on Mon, May 4 at 9:00 AM (GMT-4), Building... "
        "Call 206-555-0100. Reply C to confirm, R to change, STOP to opt out."
    )
    assert "Building 4, 1200 West Main St." in hopeless


@pytest.mark.parametrize("template", TEXT_KINDS)
@pytest.mark.parametrize("channel", list(ChannelName))
def test_every_shipped_text_can_be_previewed(template: str, channel: ChannelName) -> None:
    facts = with_visits(msgspec.structs.replace(ELM, words="Closed"))

    seen = preview(
        Draft(template=template, channel=channel, language="de"), facts=facts, now=ELM.start - timedelta(days=1)
    )

    assert seen.text
    assert seen.problems == ()


@pytest.mark.parametrize("language", LANGUAGE_WORDS)
@pytest.mark.parametrize("template", TEXT_KINDS)
def test_a_text_of_ours_that_is_quoted_in_a_reply_ends_no_messages(template: str, language: str) -> None:
    facts = with_visits(msgspec.structs.replace(ELM, words="Closed"))
    ours = rendered(template, SMS, language=language, facts=facts, now=LONG_BEFORE).text

    understood = understand(f"Yes, I will come.\n\n{ours}")

    assert understood.intent is not Intent.OPT_OUT
