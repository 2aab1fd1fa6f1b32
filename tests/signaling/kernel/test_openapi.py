"""The API describes itself."""

from __future__ import annotations

import json
import re

from openapi_spec_validator import OpenAPIV31SpecValidator

from signaling.kernel.http.openapi import document
from tests.signaling.actors import Person
from tests.signaling.conftest import Site


async def test_the_api_describes_itself(site: Site) -> None:
    anyone = await site.stack.enter_async_context(Person(site.url))
    described = await anyone.api("GET", "/openapi.json")
    assert described["openapi"] == "3.1.0"
    for route in site.parts.routes():
        operation = described["paths"][f"/api{route.path}"][route.method.lower()]
        assert str(route.status) in operation["responses"]
    references = json.dumps(described)
    for schema in re.findall(r"#/components/schemas/(\w+)", references):
        assert schema in described["components"]["schemas"]
    names = [
        operation["operationId"]
        for path in described["paths"].values()
        for operation in path.values()
    ]
    assert len(names) == len(set(names))


async def test_the_description_is_the_same_every_time(site: Site) -> None:
    first, second = (json.dumps(document(site.parts.routes(), "http://x", "1")) for _ in range(2))
    assert first == second


async def test_the_description_is_valid_openapi(site: Site) -> None:
    anyone = await site.stack.enter_async_context(Person(site.url))
    described = await anyone.api("GET", "/openapi.json")
    problems = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in OpenAPIV31SpecValidator(described).iter_errors()
    ]
    assert problems == []
