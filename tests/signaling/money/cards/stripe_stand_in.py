"""A local HTTP stand-in of the few calls of Stripe's API that TipMeet makes. For tests only."""

from __future__ import annotations

import itertools
import json
import secrets
from typing import Any

import stripe
from aiohttp import web
from aiohttp.test_utils import TestServer

WEBHOOK_SECRET = "whsec_test"
API_KEY = "sk_test_tipmeet"


class StripeStandIn:
    """Checkout sessions, payments and refunds as Stripe keeps them; events as Stripe signs them."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.by_key: dict[str, dict[str, Any]] = {}
        self.fail_with: tuple[int, str] | None = None
        self._ids = itertools.count(1)
        app = web.Application()
        app.router.add_post("/v1/checkout/sessions", self._create_session)
        app.router.add_get("/v1/payment_intents/search", self._search)
        app.router.add_get("/v1/payment_intents/{id}", self._payment)
        app.router.add_post("/v1/refunds", self._create_refund)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def pay(self, session: dict[str, Any], status: str = "paid") -> dict[str, Any]:
        """The customer pays; the event that says so."""
        session["payment_status"] = status
        return event("checkout.session.completed", session)

    def refund_in_dashboard(self, session: dict[str, Any], amount: int) -> dict[str, Any]:
        """A person gives money back in Stripe's own pages; the event that says so."""
        return event("refund.created", self._refund(session["payment_intent"], amount, {}))

    def _refund(self, intent: str, amount: int, metadata: dict[str, str]) -> dict[str, Any]:
        refund = {
            "id": f"re_{next(self._ids)}",
            "object": "refund",
            "amount": amount,
            "currency": "usd",
            "status": "succeeded",
            "payment_intent": intent,
            "metadata": metadata,
        }
        self.refunds[refund["id"]] = refund
        return refund

    async def _create_session(self, request: web.Request) -> web.Response:
        if refused := await self._refused(request):
            return refused
        form = await request.post()
        key = request.headers["Idempotency-Key"]
        if key not in self.by_key:
            number = next(self._ids)
            price = "line_items[0][price_data]"
            self.by_key[key] = self.sessions[f"cs_{number}"] = {
                "id": f"cs_{number}",
                "object": "checkout.session",
                "url": f"https://checkout.example/{number}",
                "payment_intent": f"pi_{number}",
                "payment_status": "unpaid",
                "client_reference_id": form["client_reference_id"],
                "amount_total": int(str(form[f"{price}[unit_amount]"])),
                "currency": form[f"{price}[currency]"],
                "metadata": metadata_of(form),
            }
        return web.json_response(self.by_key[key])

    async def _create_refund(self, request: web.Request) -> web.Response:
        if refused := await self._refused(request):
            return refused
        form = await request.post()
        key = request.headers["Idempotency-Key"]
        if key not in self.by_key:
            intent, amount = str(form["payment_intent"]), int(str(form["amount"]))
            self.by_key[key] = self._refund(intent, amount, metadata_of(form))
        return web.json_response(self.by_key[key])

    async def _search(self, request: web.Request) -> web.Response:
        found = [
            self._intent(session)
            for session in self.sessions.values()
            if f"'{session['metadata']['tipmeet_top_up']}'" in request.query["query"]
        ]
        return web.json_response({"object": "search_result", "data": found, "has_more": False})

    async def _payment(self, request: web.Request) -> web.Response:
        for session in self.sessions.values():
            if session["payment_intent"] == request.match_info["id"]:
                return web.json_response(self._intent(session))
        return web.json_response({"error": {"type": "invalid_request_error"}}, status=404)

    def _intent(self, session: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": session["payment_intent"],
            "object": "payment_intent",
            "metadata": session["metadata"],
        }

    async def _refused(self, request: web.Request) -> web.Response | None:
        assert request.headers["Authorization"] == f"Bearer {API_KEY}"
        if self.fail_with is None:
            return None
        status, message = self.fail_with
        error = {"type": "invalid_request_error", "message": message}
        return web.json_response({"error": error}, status=status)


def metadata_of(form: Any) -> dict[str, str]:
    return {
        name.removeprefix("metadata[").removesuffix("]"): str(value)
        for name, value in form.items()
        if name.startswith("metadata[")
    }


def event(kind: str, about: dict[str, Any]) -> dict[str, Any]:
    """An event as Stripe sends it."""
    return {
        "id": f"evt_{secrets.token_hex(6)}",
        "object": "event",
        "type": kind,
        "data": {"object": dict(about)},
    }


def signed(body: dict[str, Any], secret: str = WEBHOOK_SECRET) -> tuple[bytes, dict[str, str]]:
    """An event's bytes and headers, signed by the library's own scheme."""
    text = json.dumps(body)
    signature = stripe.WebhookSignature.generate_signature_header(text, secret)
    headers = {"Stripe-Signature": signature, "Content-Type": "application/json; charset=utf-8"}
    return text.encode(), headers
