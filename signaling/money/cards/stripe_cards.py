"""Top-ups by card through Stripe Checkout, with their refunds.

Stripe says things twice, late and in any order. So nothing is remembered here: every top-up has a
number of its own that travels in Stripe's metadata and is the key of its entry in the books, which
book a key once. What cannot be booked yet is refused, and Stripe says it again.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from typing import Any

import stripe
import structlog

from metering.books import Books
from metering.errors import MeteringError, UnknownTopUpError
from signaling.kernel.clock import Clock
from signaling.kernel.http.identity import User
from signaling.kernel.problems import ProblemError, invalid

MIN_MICROS = 1_000_000
MAX_MICROS = 10_000_000_000
TIMEOUT_S = 20.0
RETRIES = 2
SOURCE = "stripe"
NOTE = "Card payment "  # then the number of the top-up
LOOKED_AT = 2_000  # lines of a statement, for a client's payments

# Digits behind the decimal point of Stripe's smallest unit; two where not named.
# https://docs.stripe.com/currencies#zero-decimal
_ZERO_DECIMAL = (
    *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
    *("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
)
_THREE_DECIMAL = ("BHD", "JOD", "KWD", "OMR", "TND")

_PAID = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
_REFUND = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CardSettings:
    """Stripe's keys. `api_base` is another address of Stripe's API (tests)."""

    secret_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    api_base: str | None = None


@dataclass(frozen=True, slots=True)
class CardPayment:
    """A top-up by card, by its number."""

    top_up: str
    at_ms: int
    amount_micros: int
    refunded_micros: int
    refundable_micros: int


class Cards:
    """Cards of one web process."""

    def __init__(
        self,
        settings: CardSettings,
        books: Books,
        *,
        currency: str,
        base_url: str,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._books = books
        self._currency = currency
        self._base_url = base_url
        self._clock = clock
        self._unit_micros = unit_micros(currency)
        self._http = stripe.AIOHTTPClient(timeout=TIMEOUT_S)
        self._stripe = stripe.StripeClient(
            settings.secret_key,
            base_addresses={"api": settings.api_base} if settings.api_base else None,
            http_client=self._http,
            max_network_retries=RETRIES,
        )

    async def close(self) -> None:
        """Free the connections to Stripe."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def checkout(self, user: User, amount_micros: int, key: str) -> str:
        """The address of a payment page for a top-up; the same for the same `key`.

        Raises ProblemError `invalid`, `card_unavailable`.
        """
        self._check(amount_micros)
        top_up = _number(user.id, key)
        metadata = {
            "tipmeet_top_up": top_up,
            "tipmeet_user": user.id,
            "tipmeet_micros": str(amount_micros),
        }
        price = {
            "currency": self._currency.lower(),
            "unit_amount": amount_micros // self._unit_micros,
            "product_data": {"name": "TipMeet balance"},
        }
        params: Any = {
            "mode": "payment",
            "client_reference_id": user.id,
            "line_items": [{"quantity": 1, "price_data": price}],
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
            "success_url": f"{self._base_url}/wallet?card=paid",
            "cancel_url": f"{self._base_url}/wallet?card=cancelled",
        }
        if user.email:
            params["customer_email"] = user.email
        try:
            session = await self._stripe.v1.checkout.sessions.create_async(
                params, {"idempotency_key": f"tipmeet-{top_up}"}
            )
        except stripe.StripeError as error:
            log.warning("checkout not created", error=_said(error))
            raise _unavailable() from error
        if session.url is None:
            raise _unavailable()
        return session.url

    async def webhook(self, payload: bytes, signature: str) -> str | None:
        """Book what Stripe says; the client who got money, if one did.

        Events of other kinds are of no interest.

        Raises ProblemError `bad_signature`, or `unavailable` for what cannot be booked yet.
        """
        try:
            event = stripe.Webhook.construct_event(
                payload, signature, self._settings.webhook_secret
            )
        except (stripe.SignatureVerificationError, ValueError) as error:
            raise ProblemError("bad_signature", "This is not signed by Stripe.") from error
        about = event.data.object.to_dict()
        if event.type in _PAID:
            return await self._paid(about)
        if event.type in _REFUND and about.get("object") == "refund":
            await self._refunded(about)
        return None

    async def refund(self, user_id: str, top_up: str, amount_micros: int, key: str) -> None:
        """Give a part of a card top-up back to the card, once per `key`.

        The money leaves the wallet before Stripe is asked, so it cannot be spent meanwhile; a
        refusal puts it back. Raises ProblemError, MeteringError.
        """
        self._check(amount_micros, least_micros=self._unit_micros)
        number = _number(user_id, f"refund {key}")
        payment = await self._payment_of(user_id, top_up)
        await self._books.wallets.withdraw(
            user_id,
            amount_micros,
            key=f"stripe-refund:{number}",
            source=SOURCE,
            note="Refund to the card",
            top_up_key=_key(top_up),
            now_ms=self._clock(),
        )
        params: Any = {
            "payment_intent": payment,
            "amount": amount_micros // self._unit_micros,
            "metadata": {"tipmeet_refund": number, "tipmeet_user": user_id},
        }
        try:
            await self._stripe.v1.refunds.create_async(
                params, {"idempotency_key": f"tipmeet-refund-{number}"}
            )
        except (stripe.InvalidRequestError, stripe.CardError) as error:
            await self._give_back(user_id, amount_micros, number)
            raise ProblemError("refund_refused", f"Stripe refused: {_said(error)}") from error
        except stripe.StripeError as error:
            # Perhaps it was done: the same request again finds out, and does nothing twice.
            log.warning("refund not confirmed", number=number, error=_said(error))
            raise _unavailable() from error

    async def payments(self, user_id: str) -> list[CardPayment]:
        """A client's card top-ups of late, newest first, with what can still go back to the card.

        Never more than the wallet holds in cash: what was spent is the providers'.
        """
        entries, wallet = await asyncio.gather(
            self._books.statements.lines(user_id, "client", LOOKED_AT),
            self._books.wallets.of(user_id),
        )
        cash_micros = wallet.available_micros - wallet.promo_micros
        found = []
        for entry in entries:
            if entry.kind != "top_up" or not entry.note.startswith(NOTE):
                continue
            top_up = entry.note.removeprefix(NOTE)
            try:
                amount, back = await self._books.wallets.top_up_left(user_id, _key(top_up))
            except UnknownTopUpError:
                continue  # so long ago that Stripe takes no refund of it either
            # Stripe knows no fractions of its smallest unit.
            most = min(amount - back, cash_micros) // self._unit_micros * self._unit_micros
            found.append(CardPayment(top_up, entry.at_ms, amount, back, max(0, most)))
        return found

    async def _paid(self, session: dict[str, Any]) -> str | None:
        metadata = session.get("metadata") or {}
        top_up, user_id = metadata.get("tipmeet_top_up"), metadata.get("tipmeet_user")
        if not top_up or not user_id or session.get("payment_status") != "paid":
            return None  # somebody else's payment on the same account, or not paid yet
        paid_micros = int(session["amount_total"]) * self._unit_micros
        if str(session.get("currency", "")).upper() != self._currency or paid_micros <= 0:
            log.error("payment in another currency, not credited", session=session.get("id"))
            return None
        await self._books.wallets.top_up(
            user_id,
            paid_micros,
            key=_key(top_up),
            source=SOURCE,
            note=f"{NOTE}{top_up}",
            now_ms=self._clock(),
        )
        return str(user_id)

    async def _refunded(self, refund: dict[str, Any]) -> None:
        metadata = refund.get("metadata") or {}
        amount_micros = int(refund["amount"]) * self._unit_micros
        number, failed = metadata.get("tipmeet_refund"), refund.get("status") == "failed"
        if number:  # ours: its money has left the wallet already
            if failed:
                await self._give_back(metadata["tipmeet_user"], amount_micros, number)
            return
        if failed or not refund.get("payment_intent"):
            return
        # Made in Stripe's own pages.
        intent = await self._stripe.v1.payment_intents.retrieve_async(refund["payment_intent"])
        about = intent.to_dict().get("metadata") or {}
        if not about.get("tipmeet_top_up"):
            return
        try:
            await self._books.wallets.withdraw(
                about["tipmeet_user"],
                amount_micros,
                key=f"stripe-refund:{refund['id']}",
                source=SOURCE,
                note="Refund to the card",
                top_up_key=_key(about["tipmeet_top_up"]),
                now_ms=self._clock(),
            )
        except MeteringError as error:
            # The payment's own event may still be on its way, or the money is in a call.
            log.error("refund not booked yet", refund=refund["id"], code=error.code)
            raise ProblemError("unavailable", "This cannot be booked yet.") from error

    async def _payment_of(self, user_id: str, top_up: str) -> str:
        """Stripe's number of the payment behind a top-up of this client."""
        if not (top_up.isascii() and top_up.isalnum()):
            raise invalid("top_up", "This is not the number of a card payment.")
        query = f"metadata['tipmeet_top_up']:'{top_up}'"
        try:
            found = await self._stripe.v1.payment_intents.search_async({"query": query})
        except stripe.StripeError as error:
            raise _unavailable() from error
        for payment in found.data:
            if (payment.to_dict().get("metadata") or {}).get("tipmeet_user") == user_id:
                return payment.id
        raise invalid("top_up", "This client has no such card payment.")

    async def _give_back(self, user_id: str, amount_micros: int, number: str) -> None:
        await self._books.wallets.top_up(
            user_id,
            amount_micros,
            key=f"stripe-refund-back:{number}",
            source=SOURCE,
            note="Refund to the card was refused",
            now_ms=self._clock(),
        )

    def _check(self, amount_micros: int, least_micros: int = MIN_MICROS) -> None:
        if amount_micros % self._unit_micros:
            raise invalid("amount", "A card cannot pay so small a fraction.")
        if not least_micros <= amount_micros <= MAX_MICROS:
            raise invalid("amount", "Choose an amount from 1 to 10,000.")


def unit_micros(currency: str) -> int:
    """Micro-units of the currency's smallest unit at Stripe: 10,000 for a cent."""
    if currency in _ZERO_DECIMAL:
        return 1_000_000
    return 1_000 if currency in _THREE_DECIMAL else 10_000


def _number(user_id: str, key: str) -> str:
    """The same request has the same number, and nobody can make another's."""
    return hashlib.sha256(f"{user_id}\n{key}".encode()).hexdigest()[:32]


def _key(top_up: str) -> str:
    return f"stripe:{top_up}"


def _said(error: stripe.StripeError) -> str:
    return error.user_message or str(error) or type(error).__name__


def _unavailable() -> ProblemError:
    return ProblemError(
        "card_unavailable", "Card payments are not available at the moment. Try again soon."
    )
