"""The texts of messages: each as it now leaves, and a form to write it anew and look at it before it is kept."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import msgspec
from starlette.responses import Response

from kept.core.errors import FieldProblem, InvalidInputError, StaleVersionError
from kept.core.own_texts import TextName, text_named
from kept.core.people import ChannelName, checked_text
from kept.core.templates import CHANNEL_TIERS, MAX_TEMPLATE_LENGTH, PLACEHOLDERS, TIERS
from kept.core.text_checks import Draft, Preview, preview, sample_facts
from kept.core.texts import LANGUAGE_WORDS, MessageText
from kept.entrypoints.web.calls import CALLER, Call, form_version
from kept.entrypoints.web.rendering import page, see_other, with_query
from kept.flow.texts import TextWish, Wording, reset_text, save_text, wording_of, wordings

TONGUES: Final = {"en": "English", "es": "Español", "fr": "Français", "de": "Deutsch", "pl": "Polski"}
"""Each language of a message by its own name."""
KEEP: Final = "keep"
"""What the button says that keeps a text; any other only looks at it."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a form for a text shows beside what is stored."""

    message: MessageText
    version: int
    problems: tuple[FieldProblem, ...] = ()
    seen: Preview | None = None
    """Filled with a made-up visit."""
    is_stale: bool = False
    """Somebody else has written it meanwhile."""
    status: int = HTTPStatus.OK


def texts_page(call: Call) -> Response:
    """Show the texts of one language and channel as they now leave."""
    language = call.query.get("language", "")
    language = language if language in LANGUAGE_WORDS else call.practice.language[:2]
    language = language if language in LANGUAGE_WORDS else next(iter(LANGUAGE_WORDS))
    wanted = call.query.get("channel", "")
    channel = ChannelName(wanted) if wanted in set(ChannelName) else ChannelName.SMS
    found = [w for w in wordings(call.parts.store) if (w.name.language, w.name.channel) == (language, channel)]
    return page(
        call,
        "texts.html",
        rows=[(wording, _preview(call, wording.name, wording.message)) for wording in found],
        language=language,
        channel=channel,
        channels=tuple(ChannelName),
        tongues=TONGUES,
    )


def text_page(call: Call) -> Response:
    """Show one text in the form that writes it anew."""
    wording = wording_of(call.parts.store, text_named(call.args["text_id"]))
    seen = _preview(call, wording.name, wording.message)
    return _form(call, wording, Shown(message=wording.message, version=_version(wording), seen=seen))


def write_text(call: Call) -> Response:
    """Show a text as it would leave, and keep it if that is asked for and nothing is wrong with it."""
    name, version = text_named(call.args["text_id"]), form_version(call)
    typed = MessageText(subject=call.form.get("subject", ""), text=call.form.get("text", ""))
    shown = Shown(message=typed, version=version)
    try:
        _check(typed)
        shown = msgspec.structs.replace(shown, seen=_preview(call, name, typed))
        if call.form.get("do") != KEEP:
            return _form(call, wording_of(call.parts.store, name), shown)
        wish = TextWish(name=name, message=_own(name, typed), by=CALLER, version=version)
        call.parts.store.submit(lambda tx: save_text(tx, wish, now=call.now)).result()
    except InvalidInputError as error:
        wrong = HTTPStatus.UNPROCESSABLE_ENTITY
        shown = msgspec.structs.replace(shown, problems=error.problems, status=wrong)
        return _form(call, wording_of(call.parts.store, name), shown)
    except StaleVersionError as error:
        stale = HTTPStatus.PRECONDITION_FAILED
        shown = msgspec.structs.replace(shown, version=error.current, is_stale=True, status=stale)
        return _form(call, wording_of(call.parts.store, name), shown)
    return see_other(f"/texts/{name.id}", done="text")


def reset(call: Call) -> Response:
    """Go back to the shipped text, if the practice's own still stands as it was looked at."""
    name, version = text_named(call.args["text_id"]), form_version(call)
    call.parts.store.submit(lambda tx: reset_text(tx, name, version=version)).result()
    return see_other(f"/texts/{name.id}", done="shipped")


def _form(call: Call, wording: Wording, shown: Shown) -> Response:
    name = wording.name
    wrong = shown.problems or tuple(p for p in (shown.seen.problems if shown.seen else ()) if not _is_warning(p))
    warnings = tuple(p for p in (shown.seen.problems if shown.seen else ()) if _is_warning(p))
    return page(
        call,
        "text.html",
        status=shown.status,
        wording=wording,
        shown=shown,
        errors={field: _said(call, wrong, field) for field in ("subject", "text") if _said(call, wrong, field)},
        warnings=[call.say.problem(p) for p in warnings],
        placeholders=[(each, TIERS[each]) for each in PLACEHOLDERS if TIERS[each] <= CHANNEL_TIERS[name.channel]],
        back=with_query("/texts", language=name.language, channel=name.channel.value),
        tongue=TONGUES[name.language],
        has_subject=name.channel is ChannelName.EMAIL,
        current=_version(wording),
    )


def _preview(call: Call, name: TextName, message: MessageText) -> Preview:
    draft = Draft(
        template=name.template,
        channel=name.channel,
        language=name.language,
        text=message.text,
        subject=message.subject if name.channel is ChannelName.EMAIL else "",
    )
    return preview(draft, facts=sample_facts(call.practice, now=call.now), now=call.now)


def _own(name: TextName, typed: MessageText) -> MessageText:
    return typed if name.channel is ChannelName.EMAIL else MessageText(subject="", text=typed.text)


def _check(typed: MessageText) -> None:
    if not typed.text:
        raise InvalidInputError.of("text", "no_text", "is empty; write what is to be said")
    checked_text(typed.text, field="text", limit=MAX_TEMPLATE_LENGTH, multiline=True)


def _said(call: Call, problems: tuple[FieldProblem, ...], field: str) -> list[str]:
    return [call.say.problem(p) for p in problems if p.field == field]


def _is_warning(problem: FieldProblem) -> bool:
    return bool(problem.extra.get("warning"))


def _version(wording: Wording) -> int:
    return wording.own.version if wording.own else 0
