"""The OpenAPI 3.1 document, written from the very rows that answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from signaling.kernel.http.identity import COOKIE
from signaling.kernel.http.routing import Route

_REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"\{(\w+)\}")

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `code` is stable, `detail` is for people, `fields` for forms.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "fields": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


def document(routes: Iterable[Route], base_url: str, version: str) -> dict[str, Any]:
    """The document as plain values."""
    routes = tuple(routes)
    models: set[type[BaseModel]] = set()
    for route in routes:
        models |= {model for model in (route.answer, route.body) if model is not None}
    by_name = sorted(models, key=lambda model: model.__name__)
    wanted: list[tuple[type[BaseModel], Any]] = [(model, "validation") for model in by_name]
    _, schemas = models_json_schema(wanted, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(f"/api{route.path}", {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "TipMeet",
            "version": version,
            "description": (
                "Money goes out as integer micro-units and comes in as a decimal string. "
                "Times are Unix milliseconds."
            ),
        },
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}) | {"Problem": _PROBLEM},
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "summary": route.summary,
        "parameters": _parameters(route),
        "responses": {str(route.status): _answer(route), "default": _problem()},
    }
    if route.roles:
        operation["security"] = [{"session": []}]
        operation["description"] = f"For: {', '.join(sorted(route.roles))}."
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(route.body.__name__)}
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    text = {"type": "string"}
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": text}
        for name in _PARAMETER.findall(route.path)
    ]
    parameters += [
        {"name": name, "in": "query", "description": about, "schema": text}
        for name, about in route.query.items()
    ]
    if route.idempotent:
        about = "Names the request: sent again, it is carried out once."
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "description": about,
                "schema": {"type": "string", "maxLength": 128},
            }
        )
    return parameters


def _answer(route: Route) -> dict[str, Any]:
    if route.answer is None or route.status == 204:
        return {"description": "Done."}
    return {"description": route.summary, "content": _json(route.answer.__name__)}


def _problem() -> dict[str, Any]:
    schema = {"$ref": _REF.format(model="Problem")}
    return {
        "description": "What went wrong.",
        "content": {"application/problem+json": {"schema": schema}},
    }


def _json(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(model=model)}}}
