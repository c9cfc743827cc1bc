"""Twilio on the loopback, in its own words, and our channel to it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

import msgspec

from kept.adapters.twilio import TwilioApi, TwilioChannel, TwilioSettings
from kept.ports.clock import Clock
from tests.adapters.aws_fakes import CA, Dialect, FakeService, Request

ACCOUNT: Final = "AC" + "0123456789abcdef" * 2
SECRET: Final = "canary-secret"
CALLBACK: Final = "https://kept.example/webhooks/twilio"


def sid(message_id: str) -> str:
    """Return the SID that the fake gives to its message ``m-1``."""
    return f"SM{int(message_id.removeprefix('m-')):032x}"


def _message(request: Request) -> dict[str, object]:
    assert request.line == f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).endswith(f":{SECRET}".encode())
    fields = parse_qs(request.body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in fields.values())
    return {name: values[0] for name, values in fields.items()}


TWILIO: Final = Dialect(
    service="TWILIO",
    message=_message,
    answer=lambda message_id: json.dumps(
        {"account_sid": ACCOUNT, "sid": sid(message_id), "status": "queued", "error_code": None, "body": "canary"}
    ).encode(),
    refusal=lambda code, _: json.dumps(
        {
            "code": int(code),
            "message": "The number +12065550100 is not to be sent: canary",
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": 400,
        }
    ).encode(),
    content_type="application/json",
    authorization="Basic ",
)


def settings_for(fake: FakeService, folder: Path, **changes: object) -> TwilioSettings:
    """Return settings that lead to the fake, and trust it."""
    bundle = folder / "twilio-authority.pem"
    CA.cert_pem.write_to_path(str(bundle))
    settings = TwilioSettings(
        account_sid=ACCOUNT,
        secret=SECRET,
        sender="+12065550199",
        status_callback=CALLBACK,
        endpoint=fake.url,
        ca_file=bundle,
        connect_s=5.0,
        answer_s=5.0,
    )
    return msgspec.structs.replace(settings, **changes)


def twilio_at(fake: FakeService, folder: Path, clock: Clock, **changes: object) -> TwilioChannel:
    """Return our channel to the fake."""
    settings = settings_for(fake, folder, **changes)
    return TwilioChannel(settings, api=TwilioApi(settings, clock=clock), clock=clock)
