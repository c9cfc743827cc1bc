from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core import reply_text
from kept.core.replies import CANCEL_IS_OPT_OUT, DEFAULT_OFFERED, RULES, Confidence, Intent, understand
from kept.core.reply_phrases import Phrasebook, phrases_of, spelling_of
from kept.core.reply_text import Word, folded, own_words
from kept.core.reply_words import REPLY_WORDS
from kept.core.reply_words.reactions import NOT_APPROVING
from kept.core.reply_words.shape import Frame, Meaning, ReplyWords
from kept.core.texts import RESERVED_WORDS
from tests.core.reply_words_page import PAGE, page

CASES = json.loads((Path(__file__).parents[1] / "samples" / "replies.json").read_text(encoding="utf-8"))["cases"]
MAY_BE_UNCLEAR = frozenset({"confirm", "reschedule", "decline"})
LONG = 100_000


def confusion() -> Counter[tuple[str, str]]:
    """Count the labelled replies by what they are and what they were taken for."""
    return Counter((case["intent"], understand(case["body"]).intent.value) for case in CASES)


def confusion_table(counted: Counter[tuple[str, str]]) -> str:
    """Return the counts as a table that a person can read."""
    names = [intent.value for intent in Intent]
    head = " " * 14 + " ".join(f"{name[:10]:>10}" for name in names)
    rows = [f"{label:<14}" + " ".join(f"{counted[label, taken]:>10}" for taken in names) for label in names]
    return "\n".join([head, *rows])


class TestTheCorpus:
    def test_is_large_and_holds_every_intent_and_language(self) -> None:
        languages = Counter(case.get("language") for case in CASES)

        assert len(CASES) >= 400
        assert {case["intent"] for case in CASES} == {intent.value for intent in Intent}
        assert all(languages[name] >= 50 for name in ("en", "es", "fr", "de", "pl", "other"))
        assert sum(case["intent"] == "opt_out" for case in CASES) >= 60
        assert sum(case["intent"] != "opt_out" and "stop" in folded(case["body"]) for case in CASES) >= 25

    @pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['intent']}: {case['body']!a}"[:60])
    def test_is_understood_or_left_to_a_person_where_that_is_allowed(self, case: dict[str, str]) -> None:
        taken = understand(case["body"]).intent

        allowed = {case["intent"]} | ({"unclear"} if case["intent"] in MAY_BE_UNCLEAR else set())
        assert taken.value in allowed

    def test_has_no_false_cancel_no_false_yes_and_no_missed_stop(self) -> None:
        counted = confusion()

        wrong = {
            pair: count
            for pair, count in counted.items()
            if pair[0] != pair[1] and not (pair[0] in MAY_BE_UNCLEAR and pair[1] == "unclear")
        }
        assert wrong == {}, "\n" + confusion_table(counted)

    def test_leaves_few_to_a_person_that_are_plain(self) -> None:
        counted = confusion()

        plain = [case for case in CASES if case["intent"] in MAY_BE_UNCLEAR]
        understood = sum(counted[name, name] for name in MAY_BE_UNCLEAR)
        assert understood >= 0.98 * len(plain), "\n" + confusion_table(counted)

    def test_names_the_language_or_none_but_never_another(self) -> None:
        told = [(case, understand(case["body"]).language) for case in CASES if "language" in case]

        wrong = [(case["body"], told) for case, told in told if told not in {None, case["language"]}]
        assert wrong == []
        assert sum(language is not None for _, language in told) > len(told) / 2

    def test_marks_cancel_alone_and_nothing_else(self) -> None:
        marked = [case["body"] for case in CASES if understand(case["body"]).is_bare_cancel]

        assert marked == [case["body"] for case in CASES if case.get("is_bare_cancel")]

    def test_shows_the_table_that_a_failure_prints(self) -> None:
        table = confusion_table(Counter({("opt_out", "decline"): 3}))

        assert re.search(r"^opt_out .* 3( +0)+$", table, re.MULTILINE)


class TestEndingMessages:
    @pytest.mark.parametrize(
        "word", sorted({word for words in RESERVED_WORDS.values() for word in words.opt_out} - {"CANCEL"})
    )
    def test_takes_every_word_that_providers_and_the_law_reserve(self, word: str) -> None:
        assert understand(word, country="GB").intent is Intent.OPT_OUT

    @pytest.mark.parametrize("country", [*sorted(CANCEL_IS_OPT_OUT), "us", ""])
    def test_takes_cancel_alone_for_it_where_the_law_does(self, country: str) -> None:
        answer = understand("Cancel!", country=country)

        assert (answer.intent, answer.is_bare_cancel, answer.rule) == (Intent.OPT_OUT, True, "says_only_cancel")

    @pytest.mark.parametrize(("text", "intent"), [("CANCEL", Intent.DECLINE), ("cancel?", Intent.UNCLEAR)])
    def test_takes_cancel_alone_for_a_refusal_elsewhere(self, text: str, intent: Intent) -> None:
        answer = understand(text, country="GB")

        assert (answer.intent, answer.is_bare_cancel) == (intent, True)

    def test_wins_over_all_that_stands_beside_it(self) -> None:
        texts = [
            "Yes I'll be there. Stop texting me",
            "wrong number stop texting me",
            "C. STOP",
            "cancel my appointment and stop texting me",
            "Out of office. Please do not text me",
            "START STOP",
        ]

        assert [understand(text).intent for text in texts] == [Intent.OPT_OUT] * len(texts)

    def test_wins_even_when_the_word_was_offered_for_something_else(self) -> None:
        answer = understand("STOP", offered={"STOP": Intent.CONFIRM})

        assert answer.intent is Intent.OPT_OUT

    def test_is_not_seen_in_a_copy_of_our_own_message(self) -> None:
        message = "Elm Clinic: appointment tomorrow (Mon, May 4) at 9:00 AM. Call 206-555-0100. Reply STOP to opt out."
        spanish = "Elm Clinic: cita mañana (lun, 4 may), 9:00, Main. Tel: 206-555-0100. Para darse de baja: STOP."

        answers = [
            understand(text)
            for text in (
                message,
                spanish,
                f"Loved “{message}”",
                f"> {message}\nC",
                f"ok\nOn Monday, Elm wrote:\n> {message}",
            )
        ]

        assert [answer.intent.value for answer in answers] == ["unclear", "unclear", "unclear", "confirm", "confirm"]

    @given(st.sampled_from(["STOP", "ARRET", "Unsubscribe", "QUIT", "ALTO", "wypisz", "СТОП"]), st.data())
    def test_is_seen_through_case_punctuation_space_and_width(self, word: str, data: st.DataObject) -> None:
        edge = st.text(
            st.sampled_from(" \t\n\u00a0\u200b.!,;:*#'\"()-_\u2026\u201c\u201d><=+$\u00a9\U0001f621\U0001f595\u2764"),
            max_size=6,
        )
        letters = [data.draw(st.sampled_from([letter.upper(), letter.lower(), _wide(letter)])) for letter in word]
        text = data.draw(edge) + "".join(letters) + data.draw(edge)

        assert understand(text).intent is Intent.OPT_OUT, ascii(text)

    def test_is_seen_behind_a_word_with_full_stops_in_it(self) -> None:
        assert understand("I live in the U.S.A. now. Stop. Thanks").intent is Intent.OPT_OUT

    @given(st.sampled_from([" ", ".", "-", "\u200b", "  "]), st.integers(1, 40))
    def test_is_seen_in_spaced_and_stretched_letters(self, between: str, times: int) -> None:
        assert understand(between.join("STOP")).intent is Intent.OPT_OUT
        assert understand("Sto" + "p" * times).intent is Intent.OPT_OUT


class TestYesAndNo:
    @given(st.sampled_from(["C", "yes", "oui", "R", "no", "HELP", "start"]), st.data())
    def test_are_the_same_in_every_case_width_and_punctuation(self, word: str, data: st.DataObject) -> None:
        edge = st.text(st.sampled_from(' \t\u00a0\u200b.!*"-'), max_size=4)
        letters = [data.draw(st.sampled_from([letter.upper(), letter.lower(), _wide(letter)])) for letter in word]
        text = data.draw(edge) + "".join(letters) + data.draw(edge)

        assert understand(text).intent is understand(word).intent is not Intent.UNCLEAR, ascii(text)

    @given(st.sampled_from([case["body"] for case in CASES if case["intent"] in MAY_BE_UNCLEAR]), st.booleans())
    def test_are_left_to_a_person_with_any_unknown_word(self, reply: str, leads: bool) -> None:  # noqa: FBT001
        text = f"qwzx {reply}" if leads else f"{reply.rstrip('.!?')} qwzx"

        assert understand(text).intent not in {Intent.CONFIRM, Intent.DECLINE}

    @given(st.sampled_from([case["body"] for case in CASES if case["intent"] == "confirm"]))
    def test_a_yes_with_a_question_mark_is_none(self, reply: str) -> None:
        assert understand(f"{reply.rstrip('.!')}?").intent is not Intent.CONFIRM

    def test_yes_never_opts_in(self) -> None:
        assert understand("YES").intent is Intent.CONFIRM
        assert understand("yes start").intent is Intent.UNCLEAR

    def test_the_words_that_were_offered_count_and_no_others(self) -> None:
        offered = {"SI": Intent.CONFIRM, "9": Intent.RESCHEDULE, "X": Intent.DECLINE}

        answers = [understand(text, offered=offered).intent for text in ("si", "9", "x, please", "C", "1", "X?")]

        assert answers == [Intent.CONFIRM, Intent.RESCHEDULE, Intent.DECLINE, *[Intent.UNCLEAR] * 3]
        assert {understand(word).intent for word in DEFAULT_OFFERED} == set(DEFAULT_OFFERED.values())

    @pytest.mark.parametrize(
        ("text", "intent", "mentioned"),
        [
            ("Yes, see you tomorrow", Intent.CONFIRM, ("tomorrow",)),
            ("See you tomorrow", Intent.UNCLEAR, ("tomorrow",)),
            ("Yes, Thursday", Intent.UNCLEAR, ("thursday",)),
            ("Yes at 3 p.m.", Intent.UNCLEAR, ("3 p.m.",)),
            ("I can't make it tomorrow at 9", Intent.DECLINE, ("tomorrow", "9")),
            ("I can't make it at 9, 10, 11", Intent.UNCLEAR, ("9", "10", "11")),
            ("No, Thursday", Intent.UNCLEAR, ("thursday",)),
            ("Good morning, yes", Intent.CONFIRM, ()),
            ("Cancel, I'm sick", Intent.DECLINE, ()),
            ("No, cancel", Intent.UNCLEAR, ()),
        ],
    )
    def test_a_time_that_may_be_the_wrong_one_is_left_to_a_person(
        self, text: str, intent: Intent, mentioned: tuple[str, ...]
    ) -> None:
        answer = understand(text)

        assert (answer.intent, answer.mentioned) == (intent, mentioned)

    @pytest.mark.parametrize(
        ("text", "confidence"),
        [("yes", Confidence.CERTAIN), ("ok see you then", Confidence.LIKELY), ("hmm", Confidence.UNSURE)],
    )
    def test_say_how_sure_they_are(self, text: str, confidence: Confidence) -> None:
        assert understand(text).confidence is confidence


class TestAnyText:
    @given(st.text() | st.binary().map(lambda raw: "".join(map(chr, raw)) * 3))
    def test_is_understood_in_one_way_and_never_raises(self, text: str) -> None:
        answer = understand(text)

        assert answer == understand(text)
        assert answer.rule in RULES or answer.intent is Intent.UNCLEAR

    @given(st.lists(st.sampled_from(sorted({word for case in CASES for word in case["body"].split()})), max_size=9))
    def test_of_known_words_never_raises(self, words: list[str]) -> None:
        assert isinstance(understand(" ".join(words)).intent, Intent)

    @pytest.mark.parametrize(
        "unit",
        [
            "a",
            "a ",
            "stop by ",
            "dont want ",
            "stop all the ",
            "s ",
            "a\u0301\u0323",
            ".",
            "1.",
            ":-",
            "\u201c",
            "\U0001f44d",
        ],
    )
    def test_takes_steps_in_step_with_its_length(self, unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
        half, whole = (_steps(unit * times, monkeypatch) for times in (1_000, 2_000))

        assert whole <= 2.1 * half + 100

    def test_of_a_hundred_thousand_letters_is_still_read_to_its_end(self) -> None:
        text = "la " * (LONG // 3) + ". Please stop texting me"

        assert understand(text).intent is Intent.OPT_OUT

    def test_has_no_pattern_that_can_try_the_same_letters_twice(self) -> None:
        patterns = [value.pattern for value in vars(reply_text).values() if isinstance(value, re.Pattern)]

        nested = [pattern for pattern in patterns if re.search(r"[+*}]\)[+*{]", pattern)]
        assert len(patterns) >= 4
        assert nested == []


class TestCutting:
    def test_own_words_end_at_a_signature(self) -> None:
        assert own_words("Yes\n-- \nAnn\nStop Smoking Clinic") == "Yes"
        assert own_words("No\n-----Original Message-----\nReply STOP") == "No"

    def test_own_words_are_all_words_when_all_are_quoted(self) -> None:
        assert understand("> STOP").intent is Intent.OPT_OUT

    @pytest.mark.parametrize("mark", ["\u0301", "\u20e3", "\u200d", "\ufe0f"])
    def test_marks_beyond_number_change_nothing(self, mark: str) -> None:
        assert understand("S" + mark * 1000 + "TOP").intent is Intent.OPT_OUT

    def test_an_accent_counts_where_it_makes_another_word(self) -> None:
        assert understand("cancelé mi cita").intent is Intent.UNCLEAR
        assert understand("cancele mi cita").intent is Intent.DECLINE

    def test_a_frame_reaches_over_eight_words_and_no_more(self) -> None:
        words = ReplyWords(
            language="en",
            phrases={},
            frames=(Frame(meaning=Meaning.OPT_OUT, openers="halt", between="so", closers="texts"),),
        )
        book = Phrasebook([words], spelling_of([words]), [Meaning.OPT_OUT])

        spans = [[*book.spans([Word("halt"), *[Word("so")] * times, Word("texts")])] for times in (0, 8, 9)]

        assert [len(found) for found in spans] == [1, 1, 11]

    def test_a_frame_of_another_meaning_is_left_out(self) -> None:
        words = ReplyWords(
            language="en", phrases={}, frames=(Frame(meaning=Meaning.MOVE, openers="a", between="", closers="b"),)
        )
        book = Phrasebook([words], spelling_of([words]), [Meaning.OPT_OUT])

        assert [span.meaning for span in book.spans([Word("a"), Word("b")])] == [None, None]


class TestTheWords:
    def test_holds_only_phrases_that_can_be_read(self) -> None:
        sources = [
            source
            for words in REPLY_WORDS
            for source in (*words.phrases.values(), *(part for frame in words.frames for part in frame.texts))
        ]

        odd = [
            phrase for source in sources for phrase in phrases_of(source) if re.search(r"['\u2019A-Z.!?]|^$", phrase)
        ]
        assert odd == []

    def test_lets_no_plain_day_or_time_mean_anything(self) -> None:
        days = _days()

        meant = {
            meaning
            for words in REPLY_WORDS
            for meaning, source in words.phrases.items()
            for phrase in phrases_of(source, words.language)
            if folded(phrase) in days
        }

        assert meant == set()

    def test_has_reactions_as_they_are_looked_up(self) -> None:
        assert [reaction for reaction in NOT_APPROVING if folded(reaction) != reaction] == []

    def test_opts_in_on_no_word_for_yes(self) -> None:
        words = [
            phrase
            for words in REPLY_WORDS
            for phrase in phrases_of(words.phrases.get(Meaning.OPT_IN, ""), words.language)
        ]

        assert set(words) == {"start", "unstop", "старт"}

    def test_is_the_page_of_the_reference(self) -> None:
        assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m tests.core.reply_words_page"


def _wide(letter: str) -> str:
    return chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter


def _days() -> set[str]:
    return {folded(day) for words in REPLY_WORDS for day in phrases_of(words.days, words.language)}


def _steps(text: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Count the places of the tree that are looked at while a text is understood."""
    from kept.core import reply_phrases

    counted = 0
    ends = reply_phrases._ends  # noqa: SLF001

    def counting(node: reply_phrases._Node, words: list[Word], start: int) -> object:
        nonlocal counted
        for found in ends(node, words, start):
            counted += 1
            yield found
        counted += 1

    monkeypatch.setattr(reply_phrases, "_ends", counting)
    understand(text)
    monkeypatch.undo()
    return counted
