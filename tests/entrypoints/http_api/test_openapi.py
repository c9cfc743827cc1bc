"""The OpenAPI document says what is true, and no document that anybody can write breaks the door."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kept.core.access import Scope
from kept.core.worklist import ItemKind, Subject, item_for_reply
from kept.entrypoints.http_api.app import DESCRIBED
from kept.entrypoints.http_api.openapi import openapi_document, problem_kinds
from kept.entrypoints.http_api.operations import Body, Operation
from kept.entrypoints.http_api.problems import KINDS
from kept.formats.seed_events import BOTH_ITEM, SMS_ITEM
from kept.formats.shapes import Member, Shape, Type
from tests.entrypoints.http_api.world import FULL, Reply, World, world

DOCUMENT = openapi_document(DESCRIBED)
WITH_BODY = [operation for operation in DESCRIBED if operation.body is Body.JSON]


def refs(value: Any) -> Iterator[str]:  # noqa: ANN401  a JSON document
    """Yield everything that a document refers to."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for member in value.values():
            yield from refs(member)
    elif isinstance(value, list):
        for item in value:
            yield from refs(item)


def test_the_document_is_served_and_whole(here: World) -> None:
    reply = here.call("GET", "/api/openapi.json", scope=None)

    document = reply.json
    assert document == json.loads(msgspec.json.encode(DOCUMENT))
    assert document["openapi"] == "3.1.0"
    missing = [ref for ref in refs(document) if ref.rpartition("/")[2] not in document["components"]["schemas"]]
    assert missing == []


def test_every_operation_has_a_name_of_its_own_and_tells_its_errors() -> None:
    names = [operation.name for operation in DESCRIBED]

    assert len(names) == len(set(names))
    for operation in DESCRIBED:
        described = DOCUMENT["paths"][operation.path][operation.method.lower()]
        statuses = {str(KINDS[kind].status) for kind in problem_kinds(operation)}
        assert statuses <= described["responses"].keys()
        assert all(answer["description"] for answer in described["responses"].values())
        assert bool(operation.scope) == ("security" in described)


def test_every_member_is_explained() -> None:
    unexplained = [
        f"{name}.{member}"
        for name, schema in DOCUMENT["components"]["schemas"].items()
        if name in {shape.name for operation in WITH_BODY for shape in operation.shapes}
        for member, described in schema["properties"].items()
        if not described.get("description")
    ]

    assert unexplained == []


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: str(operation.name))
def test_every_example_is_read_without_complaint(here: World, operation: Operation) -> None:
    here.clock.set(here.clock.now().replace(year=2029))
    patient_id = here.call("POST", "/api/patients", json={"name": "Ann Lee", "phone": "+12065550100"}).json["patientId"]
    booked = here.call("POST", "/api/appointments", json={**FULL, "start": "2030-01-07T09:00:00-05:00"})
    item = item_for_reply(ItemKind.WRONG_NUMBER, Subject(address="+12065550100"), reply_id="r1", now=here.clock.now())
    here.put(item)
    ids = {"patients": patient_id, "worklist": item.id, "templates": "reminder.sms.en"}
    named = ids.get(operation.path.split("/")[2], booked.json["appointmentId"])
    headers = {"If-Match": "*"} if operation.precondition == "required" else {}
    path = operation.path.replace("{id}", named)

    statuses = [
        here.call(operation.method, path, json=shape.example, headers=headers).status for shape in operation.shapes
    ]

    assert [status for status in statuses if status not in {200, 201, 202}] == []


def test_the_page_loads_nothing_from_elsewhere(here: World) -> None:
    page = here.call("GET", "/api/docs", scope=None)

    assert page.header("content-type") == "text/html; charset=utf-8"
    assert b"//" not in page.body
    assert "default-src 'none'" in (page.header("content-security-policy") or "")
    parts = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "start.js")
    found = [here.call("GET", f"/api/docs/{part}", scope=None) for part in parts]
    assert [reply.status for reply in found] == [200] * 4
    assert all(part.encode() in page.body for part in parts)
    assert here.call("GET", "/api/docs/index.html", scope=None).status == 404
    assert here.call("GET", "/api/docs/..%2fapp.py", scope=None).status == 404


def test_the_page_can_be_switched_off() -> None:
    here = world(docs=False)

    statuses = [here.call("GET", path).status for path in ("/api/docs", "/api/docs/start.js", "/api/openapi.json")]

    assert statuses == [404, 404, 404]
    here.close()


# ---- any document at all

ODD_TEXTS = st.sampled_from(
    ("", " ", "\0", "\ud800", "a" * 300, "2026-05-04T09:00:00-04:00", "2026-03-08T02:30:00", "09:00", "24:00", "UTC")
) | st.sampled_from(
    ("America/New_York", "../x", "+12065550100", "a@b.co", "a@b.co\n", "pat_1", "prv_1", "{practice}", "CONFIRMED")
)
ODD_NUMBERS = st.sampled_from([0, -1, 1, 30, 2**31, 2**53, 2**63, 2**64, 10**90, 0.5, 1e300, -0.0, 1_770_000_000])
JUNK = st.recursive(
    st.none() | st.booleans() | ODD_NUMBERS | st.integers() | ODD_TEXTS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD_TEXTS | st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def near(shape: Shape) -> st.SearchStrategy[Any]:
    """Return documents that look like a shape, more or less."""
    members = {name: likely(member, shape.example.get(name)) | JUNK for name, member in shape.members.items()}
    good = st.just(dict(shape.example))
    some = st.fixed_dictionaries({}, optional=members)
    extra = st.dictionaries(st.text(max_size=8), JUNK, max_size=1)
    return st.tuples(good | some, some, extra).map(lambda parts: {**parts[0], **parts[1], **parts[2]}) | JUNK


def likely(member: Member, example: object) -> st.SearchStrategy[Any]:
    """Return values that a member may well have."""
    found: st.SearchStrategy[Any] = st.just(example) if example is not None else ODD_TEXTS
    if member.choices:
        found |= st.sampled_from(member.choices)
    if member.shape:
        found |= near(member.shape)
    if Type.INTEGER in member.types:
        found |= st.integers(member.least, member.most)
    if Type.LIST in member.types:
        found |= st.lists(near(SMS_ITEM) | near(BOTH_ITEM), max_size=4)
    return found


def assert_as_described(operation: Operation, reply: Reply) -> None:
    """Assert that an answer is one that the document promises."""
    assert reply.status < 500, reply.body
    described = DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"]
    assert str(reply.status) in described, reply.body
    if reply.status < 400:
        views = operation.answers[reply.status]
        assert any(can_be(reply.body, view) for view in views), reply.body
    else:
        assert reply.header("content-type") == "application/problem+json"
        assert {"type", "title", "status", "detail", "traceId"} <= reply.json.keys()


def can_be(body: bytes, view: type[msgspec.Struct]) -> bool:
    try:
        msgspec.json.decode(body, type=view)
    except msgspec.ValidationError:
        return False
    return True


@pytest.fixture(scope="module")
def lasting() -> Iterator[World]:
    """One world for all examples of a test: what one of them leaves behind, the next meets."""
    made = world()
    yield made
    made.close()


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: str(operation.name))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_document_breaks_the_door(lasting: World, operation: Operation, data: st.DataObject) -> None:
    document = data.draw(st.one_of([near(shape) for shape in operation.shapes]))
    headers = {"Content-Type": "application/json"}
    if operation.precondition != "none":
        headers["If-Match"] = data.draw(st.sampled_from(["*", '"1"', 'W/"1"', "1", ""]))
    named = data.draw(st.sampled_from(["pat_1", "apt_n1", "apt_n2", "nobody"]))

    reply = lasting.call(
        operation.method,
        operation.path.replace("{id}", named),
        body=json.dumps(document).encode(),
        headers=headers,
        scope=Scope.ADMIN,
    )

    assert_as_described(operation, reply)


READS = [operation for operation in DESCRIBED if operation.method == "GET" and operation.scope]


@pytest.mark.parametrize("operation", READS, ids=lambda operation: str(operation.name))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_query_breaks_the_door(lasting: World, operation: Operation, data: st.DataObject) -> None:
    names = [*(operation.query.members if operation.query else ()), "odd"]
    values = ODD_TEXTS | st.dates().map(str) | st.integers().map(str) | st.text(max_size=10)
    pairs = data.draw(st.lists(st.tuples(st.sampled_from(names), values), max_size=4))
    query = "&".join(f"{name}={quote(value.encode('utf-8', 'replace'))}" for name, value in pairs)
    named = data.draw(st.sampled_from(["pat_1", "apt_n1", "nobody", "%00", "%ff", "..%2f.."]))

    reply = lasting.call("GET", operation.path.replace("{id}", named), query=query)

    assert reply.status == 404 or reply.header("content-type")
    if "%" not in named:
        assert_as_described(operation, reply)
