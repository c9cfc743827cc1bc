"""The documentation page: Swagger UI from this machine, with the key typed in by whoever reads it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

from kept.core.errors import NotFoundError
from kept.entrypoints.http_api.answers import HTML, Answer, RawHeaders
from kept.entrypoints.http_api.operations import Call, Operation

_GUARDS: Final[RawHeaders] = (
    (b"cache-control", b"no-cache"),
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
"""Nothing from elsewhere, and no script in the page itself."""

_PAGE: Final = b"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kept: the API</title>
<link rel="icon" type="image/png" href="/api/docs/favicon-32x32.png">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
</head>
<body>
<main id="swagger-ui"></main>
<noscript>This page needs JavaScript; the document is <a href="/api/openapi.json">here</a>.</noscript>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
"""

_START: Final = b"""window.ui = SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
"""

_TYPES: Final = {
    "swagger-ui.css": b"text/css; charset=utf-8",
    "swagger-ui-bundle.js": b"text/javascript; charset=utf-8",
    "favicon-32x32.png": b"image/png",
    "start.js": b"text/javascript; charset=utf-8",
}
"""All that is served below the page; no name from outside ever becomes a path."""


async def page(_: Call) -> Answer:
    """Show the page."""
    return Answer(body=_PAGE, media_type=HTML, guards=_GUARDS)


async def part(call: Call) -> Answer:
    """Serve one of the files that the page is made of."""
    name = call.path["name"]
    if name not in _TYPES:
        raise NotFoundError("file")
    return Answer(body=_file(name), media_type=_TYPES[name], guards=_GUARDS)


@lru_cache(maxsize=len(_TYPES))
def _file(name: str) -> bytes:
    if name == "start.js":
        return _START
    from swagger_ui_bundle import swagger_ui_path  # noqa: PLC0415  looked for when the first reader comes

    return (Path(swagger_ui_path) / name).read_bytes()


OPERATIONS: Final = (
    Operation(
        name="getDocs",
        method="GET",
        path="/api/docs",
        scope=None,
        run=page,
        summary="Show the documentation",
        tag="Operation",
        answers={200: ()},
    ),
    Operation(
        name="getDocsPart",
        method="GET",
        path="/api/docs/{name}",
        scope=None,
        run=part,
        summary="Serve a file of the documentation",
        tag="Operation",
        answers={200: ()},
    ),
)
