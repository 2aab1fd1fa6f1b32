"""What a page needs to show a statement of a period: the lines, the picker, the way on, the CSV."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from admin_web.frame.page import Visit
from signaling.kernel.problems import ProblemError
from signaling.money.statements.period import PeriodQuery, period_of
from signaling.money.statements.views import StatementView


async def statement_data(
    visit: Visit, read: Callable[[PeriodQuery], Awaitable[StatementView]], csv: str
) -> dict[str, Any]:
    """For `ui.period` and `ui.statement` of macros.html. `csv` is the address of the file.

    A period that is none is said beside the picker, and the whole statement is shown.
    """
    query = {name: visit.request.query.get(name, "") for name in ("from", "to", "after")}
    problem = ""
    try:
        found = await read(period_of(query))
    except ProblemError as refusal:
        if refusal.code != "invalid":
            raise
        problem = " ".join((refusal.fields or {}).values())
        query = dict.fromkeys(query, "")
        found = await read(PeriodQuery())
    period = {name: query[name] for name in ("from", "to") if query[name]}
    following = {**period, "after": found.next}
    return {
        "statement": found.as_json(),
        "problem": problem,
        "csv": f"{csv}?{urlencode(period)}" if period else csv,
        "older": f"?{urlencode(following)}#statement" if found.next else "",
        "newest": f"?{urlencode(period)}#statement" if query["after"] else "",
    }
