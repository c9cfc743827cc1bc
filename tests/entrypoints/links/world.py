"""A practice whose patients have links, and a patient with a browser without script."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import msgspec
from starlette.applications import Starlette

from kept.core.booking import Appointment
from kept.core.contacts import EmailAddress
from kept.core.links import Links, links_at
from kept.core.people import ChannelName, Consent, consent_id
from kept.core.people import Patient as Person
from kept.core.practice import Practice
from kept.entrypoints.links import LinkParts, link_routes
from kept.ports.store import Transaction
from tests.entrypoints.web.world import Browser, Shown, World, defaults

KEY = b"a key of thirty-two bytes or more"
LINKS = links_at("http://127.0.0.1:8080", (KEY,))
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ANN = EmailAddress("ann@example.com")
ANN_EMAIL = consent_id(ChannelName.EMAIL, ANN)


class Patient:
    """Somebody with a phone, a browser and a link."""

    def __init__(self, world: LinkWorld) -> None:
        self.browser = Browser()
        self.browser.app = Starlette(routes=list(link_routes(world.link_parts)))

    def look(self, url: str, **headers: str) -> Shown:
        """Open an address; redirects are followed."""
        return self.browser.look(_path(url), **headers)

    def ask(self, method: str, url: str, body: bytes = b"", /, **headers: str) -> Shown:
        """Send one request."""
        return self.browser.ask(method, _path(url), headers=headers, body=body)

    def press(self, shown: Shown, button: str, **fields: str) -> Shown:
        """Press a button on a page, and follow where it leads."""
        form, pressed = next(
            (f, b) for f in shown.page.all("form") for b in f.all("button") if b.text.startswith(button)
        )
        values = {**defaults(form), **fields}
        if pressed.get("name"):
            values[pressed.get("name") or ""] = pressed.get("value") or ""
        sent = self.browser.post(_path(urljoin(shown.url, form.get("action") or "")), values)
        return self.look(urljoin(sent.url, sent.headers["location"])) if sent.status == 303 else sent

    def follow(self, shown: Shown, text: str) -> Shown:
        """Follow a link on a page."""
        link = next(a for a in shown.page.all("a") if a.text.startswith(text))
        return self.look(urljoin(shown.url, link.get("href") or ""))


class LinkWorld(World):
    """Everything behind the links."""

    def __init__(self, folder: Path, *, links: Links = LINKS) -> None:
        super().__init__(folder)
        self.link_parts = LinkParts(store=self.store, clock=self.clock, links=links, wake=self._wake)
        self.patient = Patient(self)

    def furnish(self) -> None:
        """Set the practice up, with a number to call."""
        super().furnish()
        self.change_practice(phone="(206) 555-0100")

    def change_practice(self, **fields: object) -> None:
        """Set the practice up otherwise."""

        def step(tx: Transaction) -> None:
            practice = tx.get(Practice, "practice")
            assert practice is not None
            tx.put(msgspec.structs.replace(practice, **fields))

        self.do(step)

    def speak(self, patient_id: str, language: str) -> None:
        """Note the language of a patient."""

        def step(tx: Transaction) -> None:
            person = tx.get(Person, patient_id)
            assert person is not None
            tx.put(msgspec.structs.replace(person, language=language))

        self.do(step)

    def link(self, appointment_id: str = "a1") -> str:
        """Return the link that a message about a visit would carry now."""
        return LINKS.visit_url(self.stored(appointment_id))

    def end_link(self) -> str:
        """Return the link under which Ann can end mails."""
        return LINKS.unsubscribe_url(ChannelName.EMAIL, ANN_EMAIL, language="en", now=self.clock.now())

    def consent(self) -> Consent:
        """Return what is on record of Ann's address."""
        return self.store.load(Consent, [ANN_EMAIL])[0]

    def everything(self) -> list[str]:
        """Return all that is stored."""
        return sorted(map(repr, self.store._entities.values()))  # noqa: SLF001  all of it, whatever it is


def visit_of(world: LinkWorld, days: float = 1, appointment_id: str = "a1", patient: str = "ann") -> Appointment:
    """Book a visit at ten past ten of the place's clocks, some days from now."""
    start = world.clock.now().replace(minute=0) + days * DAY
    return world.book(appointment_id, patient, start)


@contextmanager
def opened_links(folder: Path) -> Iterator[LinkWorld]:
    """Yield a furnished world with one visit tomorrow at ten, and close it."""
    world = LinkWorld(folder)
    world.furnish()
    visit_of(world)
    try:
        yield world
    finally:
        world.ledger.close()


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
