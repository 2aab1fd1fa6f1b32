"""People as they are shown to themselves or to the operator."""

from __future__ import annotations

from signaling.kernel.http.identity import Role, User
from signaling.kernel.http.views import Name, View
from signaling.people.audit_log import Action


class UserView(View):
    id: str
    name: str
    email: str | None
    role: Role
    created_at_ms: int


class ActionView(View):
    """Something an operator did."""

    at_ms: int
    operator: Name
    what: str
    about: str
    amount_micros: int
    note: str


def user_view(user: User) -> UserView:
    """A person, to themselves and to the operator."""
    return UserView(
        id=user.id,
        name=user.name,
        email=user.email,
        role=user.role,
        created_at_ms=user.created_at_ms,
    )


def action_view(action: Action) -> ActionView:
    """What an operator did, to operators."""
    return ActionView(
        at_ms=action.at_ms,
        operator=Name(name=action.operator_name),
        what=action.what,
        about=action.about,
        amount_micros=action.amount_micros,
        note=action.note,
    )
