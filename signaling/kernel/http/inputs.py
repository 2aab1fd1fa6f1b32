"""The base of what comes in over REST or WebSocket, with the problems of a body in words."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from metering.money import parse_amount
from signaling.kernel.problems import ProblemError


def _amount(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError('Write the amount as text in digits, for example "12.50".')
    return parse_amount(value)


Amount = Annotated[
    int,
    BeforeValidator(_amount, json_schema_input_type=str),
    Field(description='micro-units, written as a decimal string such as "0.30"'),
]


class Input(BaseModel):
    """Base of all bodies: unknown fields are a mistake worth telling."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


def problem_of(error: ValidationError) -> ProblemError:
    """What is wrong with a body, field by field, in words."""
    fields: dict[str, str] = {}
    for issue in error.errors(include_url=False):
        if issue["type"] == "json_invalid":
            return ProblemError("bad_request", "The body is not readable as JSON.")
        field, sentence = _named(".".join(map(str, issue["loc"])), _sentence(issue))
        fields.setdefault(field, sentence)
    if set(fields) == {""}:
        return ProblemError("bad_request", "The body must be a JSON object.")
    return ProblemError("invalid", "Some fields need another look.", fields=fields)


def _named(field: str, sentence: str) -> tuple[str, str]:
    """A check over several fields names the one to blame at its beginning."""
    if field:
        return field, sentence
    name, colon, rest = sentence.partition(": ")
    return (name, rest) if colon else (field, sentence)


def _sentence(issue: Any) -> str:
    about: dict[str, Any] = issue.get("ctx", {})
    match issue["type"]:
        case "missing":
            return "This is needed."
        case "extra_forbidden":
            return "There is no such field."
        case "string_too_short" | "too_short":
            return f"This needs at least {about['min_length']}."
        case "string_too_long" | "too_long":
            return f"This can have {about['max_length']} at most."
        case "greater_than_equal":
            return f"This must be {about['ge']} or more."
        case "less_than_equal":
            return f"This must be {about['le']} or less."
        case "greater_than":
            return f"This must be more than {about['gt']}."
        case "literal_error":
            return f"This must be one of {about['expected']}."
        case "value_error":
            return str(about["error"])
        case _:
            return f"{issue['msg']}."
