"""Whether the books are in order, checked on demand."""

from __future__ import annotations

from dataclasses import dataclass

from metering.audit.audit import audit as audit_books
from metering.books import Books
from signaling.kernel.http.identity import OPERATOR
from signaling.kernel.http.routing import ApiRequest, Route
from signaling.kernel.http.views import View
from signaling.kernel.room import Room


class AuditView(View):
    ok: bool
    problems: list[str]
    checked: dict[str, int]


@dataclass(frozen=True)
class BooksCheck:
    """The handler."""

    books: Books

    async def check(self) -> AuditView:
        """Whether the books are in order, checked now."""
        report = await audit_books(self.books.partitions)
        return AuditView(ok=report.ok, problems=list(report.problems), checked=dict(report.checked))

    async def audit(self, _: ApiRequest) -> AuditView:
        return await self.check()

    def room(self) -> Room:
        """Its rows."""
        return Room(
            routes=(
                Route(
                    "GET",
                    "/admin/audit",
                    self.audit,
                    "Check the books now",
                    AuditView,
                    roles=OPERATOR,
                ),
            )
        )
