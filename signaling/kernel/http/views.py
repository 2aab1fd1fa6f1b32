"""The base of what the API shows: the same for REST, WebSocket, pages.

Fields that are not for everybody (a provider's share, a client's balance) are left unset, and unset
fields are left out.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

# As what somebody looks at a call: one of its parties, or the operator.
Viewer = Literal["client", "provider", "operator"]


class View(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(frozen=True)

    def as_json(self) -> dict[str, Any]:
        """Plain values for a JSON encoder, without the fields that were left unset."""
        return self.model_dump(mode="json", exclude_unset=True)


class Name(View):
    name: str
