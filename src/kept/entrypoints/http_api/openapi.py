"""The OpenAPI document, made from the operations: what is described is what is done."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

import msgspec

import kept
from kept.entrypoints.http_api.operations import Body, Operation
from kept.entrypoints.http_api.preconditions import Precondition
from kept.entrypoints.http_api.problems import IDEMPOTENCY_KEY, KINDS, MEDIA_TYPE
from kept.formats.seed_events import BOTH_ITEM, SMS_ITEM
from kept.formats.shapes import Member, Shape, Type

Json = dict[str, Any]

_REF: Final = "#/components/schemas/{name}"
_ID_PATTERN: Final = "^[A-Za-z0-9][A-Za-z0-9._:@-]*$"
_PLAIN_TEXT: Final = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
_MULTILINE_TEXT: Final = "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$"
_TAGS: Final = '^(\\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$'
_MAX_ID: Final = 128

_ALWAYS: Final = ("uri-too-long", "headers-too-large", "internal-error")
_GUARDED: Final = ("bad-request", "unauthenticated", "forbidden", "not-acceptable", "validation", "rate-limited")
_OF_BODY: Final = ("malformed-json", "request-timeout", "payload-too-large", "unsupported-media-type")
_OF_KEY: Final = ("idempotency-key-invalid", "idempotency-in-progress", "idempotency-key-reused")

_ABOUT: Final = """
Books appointments that cannot collide, reminds people in the way that reaches them, and tells what happened.

**Keys.** Every request carries `Authorization: Bearer KEY`; `kept key create` makes one. Scopes: `read` for
GET, `desk` for changes, `admin` for the practice; each includes the ones before it.

**Times.** RFC 3339 with an offset; or a local time beside its `timeZone`. A local time that clocks skip or show
twice is asked about, never guessed.

**Errors.** RFC 9457 problem details: `type`, `title`, `status`, `detail`, and where fields are wrong `errors`
with a JSON Pointer (`pointer`) or the `parameter`, a stable `code` and the remedy. 400 cannot be parsed, 422 is
wrong, 409 is taken or not possible in this state, 412 is out of date, 428 lacks If-Match. Nothing is written
when the status is 4xx or 5xx.

**Retries.** POST honours `Idempotency-Key`: the same request again under the same key, within 24 hours, is
answered and not done again. `X-Correlation-Id` is taken, echoed and logged.
"""


def openapi_document(operations: Iterable[Operation]) -> Json:
    """Return the document that describes these operations."""
    listed = tuple(operations)
    views = [view for operation in listed for found in operation.answers.values() for view in found]
    _, schemas = msgspec.json.schema_components(views, ref_template=_REF)
    schemas |= {"Problem": _problem_schema()}
    for shape in (*(s for operation in listed for s in operation.shapes), SMS_ITEM, BOTH_ITEM):
        _add_shape(shape, schemas)
    items = schemas["BatchEvent"]["properties"]["appointments"]
    items["items"] = {"anyOf": [{"$ref": _REF.format(name=s.name)} for s in (SMS_ITEM, BOTH_ITEM)]}
    paths: dict[str, Json] = {}
    for operation in listed:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Kept", "version": kept.__version__, "description": _ABOUT.strip()},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key."}},
        },
    }


def _operation(operation: Operation) -> Json:
    described: Json = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": [*_parameters(operation)],
        "responses": _responses(operation),
    }
    about = [operation.about] if operation.about else []
    if operation.scope:
        about.append(f"Scope: `{operation.scope.value}`.")
        described["security"] = [{"key": []}]
    if about:
        described["description"] = " ".join(about)
    if operation.body is Body.JSON:
        described["requestBody"] = {"required": True, "content": {"application/json": _body(operation.shapes)}}
    return described


def _body(shapes: tuple[Shape, ...]) -> Json:
    refs = [{"$ref": _REF.format(name=shape.name)} for shape in shapes]
    examples = {shape.name: {"summary": shape.about, "value": shape.example} for shape in shapes if shape.example}
    return {"schema": refs[0] if len(refs) == 1 else {"anyOf": refs}, "examples": examples}


def _parameters(operation: Operation) -> Iterable[Json]:
    if "{id}" in operation.path:
        schema = {"type": "string", "maxLength": _MAX_ID, "pattern": _ID_PATTERN}
        yield {"name": "id", "in": "path", "required": True, "schema": schema}
    members = operation.query.members if operation.query else {}
    for name, member in members.items():
        schema = _member_schema(member, is_nullable=False)
        description = schema.pop("description", "")
        yield {
            "name": name,
            "in": "query",
            "required": member.required,
            "schema": schema,
            "description": description,
        }
    if operation.precondition is not Precondition.NONE:
        is_required = operation.precondition is Precondition.REQUIRED
        about = "ETag of the version that the change was decided on, with its quotes."
        yield _header("If-Match", about, is_required=is_required, example='"3"')
    if operation.takes_key:
        about = "1 to 255 visible ASCII characters; the same request under the same key is done once."
        yield _header(IDEMPOTENCY_KEY, about, is_required=False, example="7c1e2f")
    if operation.scope:
        yield _header(
            "X-Correlation-Id",
            "Your id for this request: 1 to 64 of A-Z a-z 0-9 . _ -; another is ignored.",
            is_required=False,
            example="call-17",
        )


def _header(name: str, about: str, *, is_required: bool, example: str) -> Json:
    schema: Json = {"type": "string"}
    if name == IDEMPOTENCY_KEY:
        schema |= {"minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
    if name == "If-Match":
        schema |= {"pattern": _TAGS}
    found = {"name": name, "in": "header", "required": is_required, "schema": schema}
    return {**found, "description": about, "example": example}


def _responses(operation: Operation) -> Json:
    responses: Json = {}
    for status, views in operation.answers.items():
        refs = [{"$ref": _REF.format(name=view.__name__)} for view in views]
        schema = refs[0] if len(refs) == 1 else {"anyOf": refs}
        content = {"application/json": {"schema": schema}} if refs else {"text/plain": {"schema": {"type": "string"}}}
        responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": content}
    for kind in problem_kinds(operation):
        told = f"{KINDS[kind].title} (`{kind}`)"
        known = responses.setdefault(str(KINDS[kind].status), {"description": "", "content": {}})
        known["description"] = f"{known['description']}; or: {told}" if known["description"] else told
        known["content"][MEDIA_TYPE] = {"schema": {"$ref": _REF.format(name="Problem")}}
    return dict(sorted(responses.items()))


def problem_kinds(operation: Operation) -> tuple[str, ...]:
    """Return every kind of problem that an operation may answer with."""
    kinds = [*_ALWAYS, *operation.problems]
    if operation.scope:
        kinds += [*_GUARDED, "storage-unavailable"]
    if operation.body is not Body.NONE:
        kinds += [*_OF_BODY, "state-conflict"]
    if operation.precondition is not Precondition.NONE:
        kinds += ["stale-version"]
    if operation.precondition is Precondition.REQUIRED:
        kinds += ["precondition-required"]
    if operation.takes_key:
        kinds += [*_OF_KEY]
    return tuple(dict.fromkeys(kinds))


def _add_shape(shape: Shape, schemas: Json) -> None:
    for member in shape.members.values():
        if member.shape:
            _add_shape(member.shape, schemas)
    schema: Json = {
        "type": "object",
        "title": shape.name,
        "description": shape.about,
        "properties": {name: _member_schema(m, is_nullable=not m.required) for name, m in shape.members.items()},
        "additionalProperties": False,
    }
    required = [name for name, member in shape.members.items() if member.required]
    if required:
        schema["required"] = required
    if shape.needs:
        schema["anyOf"] = [{"required": [name]} for name in shape.needs]
    if shape.example:
        schema["examples"] = [shape.example]
    schemas[shape.name] = schema


def _member_schema(member: Member, *, is_nullable: bool) -> Json:
    choices = [_type_schema(kind, member) for kind in member.types]
    if is_nullable:
        choices.append({"type": "null"})
    schema = choices[0] if len(choices) == 1 else {"anyOf": choices}
    schema = {**schema, "description": member.about}
    return schema if member.example is None else {**schema, "examples": [member.example]}


def _type_schema(kind: Type, member: Member) -> Json:
    if kind is Type.ID:
        return {"type": "string", "minLength": 1, "maxLength": _MAX_ID, "pattern": _ID_PATTERN}
    if kind is Type.NOTATION:
        return {"type": "string"}
    if kind is Type.TEXT:
        if member.choices:
            return {"type": "string", "enum": [*member.choices]}
        pattern = _MULTILINE_TEXT if member.multiline else _PLAIN_TEXT
        return {"type": "string", "maxLength": member.limit, "pattern": pattern}
    if kind is Type.INTEGER:
        return {"type": "integer", "minimum": member.least, "maximum": member.most}
    if kind is Type.LIST:
        return {"type": "array", "maxItems": member.limit}
    if kind is Type.OBJECT and member.shape:
        return {"$ref": _REF.format(name=member.shape.name)}
    return {"type": kind.value}


def _problem_schema() -> Json:
    text = {"type": "string"}
    return {
        "type": "object",
        "title": "Problem",
        "description": "Problem details (RFC 9457).",
        "required": ["type", "title", "status", "detail", "traceId"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": {**text, "description": "What is wrong and how to mend it."},
            "code": {**text, "description": "Stable machine word."},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["code", "detail"],
                    "properties": {"pointer": text, "parameter": text, "header": text, "code": text, "detail": text},
                },
            },
            "traceId": {**text, "description": "Tell us this one when you ask about it."},
        },
    }
