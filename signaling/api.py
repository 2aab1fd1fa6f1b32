"""The REST API (protocol, section 1): one table of all its routes."""

from __future__ import annotations

from signaling import (
    api_accounts,
    api_admin,
    api_blocks,
    api_calls,
    api_cards,
    api_disputes,
    api_money,
    api_payouts,
    api_services,
    api_statements,
)
from signaling.routing import Route

ROUTES: tuple[Route, ...] = (
    *api_accounts.ROUTES,
    *api_money.ROUTES,
    *api_cards.ROUTES,
    *api_payouts.ROUTES,
    *api_statements.ROUTES,
    *api_services.ROUTES,
    *api_calls.ROUTES,
    *api_disputes.ROUTES,
    *api_blocks.ROUTES,
    *api_admin.ROUTES,
)
