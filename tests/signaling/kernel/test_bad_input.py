"""Whatever comes in over REST and WebSocket is answered in words; nothing breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.signaling.actors import Person, Refused
from tests.signaling.conftest import Site

JUNK: list[Any] = [
    None,
    True,
    -1,
    2**63,
    1e308,
    "",
    "x" * 5000,
    "\u0000",
    "\ud800",
    "../../../etc/passwd",
    "{dir}:users",
    [],
    {},
    [[[[]]]],
    {"a": {"b": []}},
]

FRAMES: list[str] = [
    "",
    "null",
    "[]",
    '"text"',
    "{",
    "{}",
    '{"id": 1}',
    '{"id": null, "type": "ping"}',
    '{"type": "ping"}',
    '{"id": "' + "x" * 65 + '", "type": "ping"}',
    "[" * 50_000,
    '{"id": "junk", "type": ' + "[" * 5000,
    '{"id": "junk", "type": "ping", "x": NaN}',
    '{"id": "junk", "type": {"a": 1}}',
    '{"id": "\\ud800", "type": "nothing"}',
    "x" * 70_000,
    '{"id": "junk", "type": "ping", "pad": "' + "x" * 70_000 + '"}',
]


async def test_unreadable_frames_are_answered_and_the_socket_lives(site: Site) -> None:
    ann = await site.person("ann", "client")
    assert ann.ws is not None
    for frame in FRAMES:
        await ann.ws.send_str(frame)
    await ann.ws.send_bytes(b"\x00\xff")
    assert (await ann.ask("ping"))["type"] == "ok"


async def test_every_request_with_every_kind_of_junk_is_refused(site: Site) -> None:
    people = [await site.person(f"p{role}", role) for role in ("client", "provider", "operator")]
    for person in people:
        for kind, command in site.parts.commands().items():
            for name in command.body.model_fields:
                for junk in JUNK:
                    if isinstance(junk, bool) and name in ("on", "consent", "audio", "video"):
                        continue
                    with pytest.raises(Refused) as refused:
                        await person.ask(kind, **{name: junk})
                    assert refused.value.code not in ("internal", "unavailable")
    assert (await people[0].ask("ping"))["type"] == "ok"


async def test_every_body_with_every_kind_of_junk_is_taken_or_refused(site: Site) -> None:
    people = [await site.person(f"p{role}", role) for role in ("client", "provider", "operator")]
    for route in site.parts.routes():
        if route.body is None:
            continue
        path = f"{site.url}/api{route.path}".replace("{id}", "nobody")
        person = next((p for p in people if p.user["role"] in route.roles), people[0])
        bodies = [json.dumps(junk) for junk in JUNK]
        bodies += [json.dumps({name: junk}) for name in route.body.model_fields for junk in JUNK]
        bodies += ["", "{", "[" * 20_000, '{"a": NaN}', "\ufeff{}", "x" * 70_000]
        for body in bodies:
            async with person.http.request(
                route.method,
                path,
                data=body.encode(),
                headers={"Content-Type": "application/json", "Idempotency-Key": "k"},
            ) as answer:
                assert answer.status < 500, (route.path, body[:100])
                if answer.status == 201:
                    assert route.path == "/guests"  # a guest may well be called "{dir}:users"
                    continue
                problem = await answer.json(content_type="application/problem+json")
                assert {"type", "title", "status", "detail", "code"} <= set(problem)


async def test_odd_paths_methods_and_queries_are_problems_too(site: Site) -> None:
    ann = await site.person("ann", "client", connected=False)
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("PUT", "/session", 405),
        ("GET", "/calls/0000-nothing", 404),
        ("GET", "/calls/%00", 404),
        ("GET", "/calls/" + "x" * 2000, 404),
        ("GET", "/public/services/%F0%9F%8E%B2", 404),
        ("GET", "/calls?before=-1", 422),
        ("GET", "/calls?before=" + "9" * 40, 422),
        ("GET", "/calls?before=²", 422),
    ):
        async with ann.http.request(
            method, f"{site.url}/api{path}", headers={"Content-Type": "application/json"}
        ) as answer:
            assert answer.status == status, path
            assert answer.content_type == "application/problem+json"


async def test_a_forged_cookie_is_nobody(site: Site) -> None:
    eve = await site.stack.enter_async_context(Person(site.url))
    for token in ("", "x", "x" * 4000, "%00", '"quoted"'):
        async with eve.http.get(
            f"{site.url}/api/session", headers={"Cookie": f"tipmeet_session={token}"}
        ) as answer:
            assert answer.status == 401


@settings(max_examples=100, deadline=None)
@given(st.text() | st.integers() | st.floats() | st.lists(st.text()) | st.none())
def test_no_value_breaks_the_reading_of_a_service(value: object) -> None:
    from pydantic import ValidationError

    from signaling.kernel.http.inputs import problem_of
    from signaling.services.inputs import ServiceInput

    for name in ServiceInput.model_fields:
        body = {"title": "Chess", "kind": "Teacher", "price": "1"} | {name: value}
        try:
            ServiceInput.model_validate(body)
        except ValidationError as error:
            problem = problem_of(error)
        else:
            continue
        assert problem.fields
