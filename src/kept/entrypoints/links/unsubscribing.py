"""The page that ends the messages to one address, for people and for mail programs."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from kept.core.links import UnsubscribeLink
from kept.core.people import Consent
from kept.entrypoints.links.calls import LinkCall
from kept.entrypoints.links.rendering import page
from kept.flow.links import end_messages
from kept.flow.practice import load_practice


def unsubscribe_page(call: LinkCall, link: UnsubscribeLink) -> Response:
    """
    Ask whether the messages to an address are to end, or end them.

    A POST is enough, whatever it holds: a mail program sends one that no page has prepared, without cookie or
    referrer, and follows no redirect.

    Source:
        RFC 8058 §3.1 and §3.2.
    """
    store = call.parts.store
    if call.form is None:
        consent = next(iter(store.load(Consent, [link.consent_id])), None)
    else:
        consent = store.submit(partial(end_messages, link=link, now=call.now)).result()
    is_over = consent is not None and not consent.granted
    frame = call.frame(load_practice(store).practice, link.language)
    return page(frame, "unsubscribe.html", channel=link.channel.value, is_over=is_over)
