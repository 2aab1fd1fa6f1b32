"""What a tariff, a state, an account entry are called in words: pure, in the reader's language.

Texts are looked up when the function is called, so each request gets its own language.
"""

from typing import Any, Final

from babel.core import Locale, UnknownLocaleError

from admin_web.frame.language import current, ngettext
from admin_web.frame.language import gettext as _

STATE_TONE: Final = {
    "live": "ok",
    "opening": "info",
    "ringing": "info",
    "connecting": "info",
    "interrupted": "warn",
    "paused": "warn",
    "on_hold": "warn",
    "ended": "neutral",
    "declined": "neutral",
    "no_answer": "neutral",
    "cancelled": "neutral",
    "failed": "danger",
}


def availability(status: str) -> str:
    """What a visitor reads beside the dot."""
    texts = {"on_duty": _("On duty now"), "busy": _("In a call"), "off_duty": _("Off duty")}
    return texts.get(status, status)


def state(name: str) -> str:
    """A call's state."""
    texts = {
        "opening": _("Opening"),
        "ringing": _("Ringing"),
        "connecting": _("Connecting"),
        "live": _("Live"),
        "interrupted": _("Interrupted"),
        "paused": _("Clock paused"),
        "on_hold": _("On hold"),
        "ended": _("Ended"),
        "declined": _("Declined"),
        "no_answer": _("Not answered"),
        "cancelled": _("Cancelled"),
        "failed": _("Failed"),
    }
    return texts.get(name, name)


def reason(name: str) -> str:
    """Why a call ended."""
    texts = {
        "client_hung_up": _("The client hung up"),
        "provider_hung_up": _("The provider hung up"),
        "balance_exhausted": _("The client's balance was used up"),
        "media_lost": _("The connection was lost"),
        "spend_cap": _("The client's spending cap was reached"),
        "operator_ended": _("Ended by the operator"),
        "server_lost": _("The server was lost"),
        "declined": _("The provider declined"),
        "no_answer": _("Nobody answered"),
        "cancelled": _("The client cancelled"),
        "failed": _("The call could not be set up"),
    }
    return texts.get(name, name)


def entry(kind: str) -> str:
    """A line of a statement: the kinds that metering writes."""
    texts = {
        "top_up": _("Top-up"),
        "voucher": _("Voucher"),
        "promo": _("Promotional credit"),
        "promo_expired": _("Promotional credit expired"),
        "call": _("Call"),
        "refund": _("Refund"),
        "adjustment": _("Adjustment"),
        "payout_requested": _("Payout requested"),
        "payout_paid": _("Payout paid"),
        "payout_rejected": _("Payout rejected"),
        "withdrawal": _("Withdrawal"),
        "reversal": _("Refund to the card"),
        "charged": _("Charges of live calls"),
        "ended": _("Last charge of a call"),
        "moved": _("Providers' shares sent home"),
        "home": _("Provider's share came home"),
        "expired": _("Promotional credit expired"),
    }
    return texts.get(kind, kind.replace("_", " ").capitalize())


def payout_state(name: str) -> str:
    return {"requested": _("Requested"), "paid": _("Paid"), "rejected": _("Rejected")}[name]


def dispute_state(name: str) -> str:
    """A reported problem's state."""
    texts = {"open": _("Reported"), "refunded": _("Refunded"), "rejected": _("Rejected")}
    return texts[name]


def action(what: str) -> str:
    """What an operator did."""
    texts = {
        "payout_paid": _("paid a payout"),
        "payout_rejected": _("rejected a payout"),
        "call_refunded": _("refunded a call"),
        "dispute_rejected": _("rejected a report"),
        "card_refunded": _("refunded a card payment"),
    }
    return texts.get(what, what.replace("_", " "))


def days(seconds: int) -> str:
    """604800 → "7 days"; less than a day is said in hours."""
    if seconds < 86_400:
        hours = max(1, seconds // 3600)
        return ngettext("%(num)d hour", "%(num)d hours", hours) % {"num": hours}
    count = seconds // 86_400
    return ngettext("%(num)d day", "%(num)d days", count) % {"num": count}


def note(line: Any) -> str:
    """A line's note; the note of a call is why it ended."""
    text = str(line["note"])
    return reason(text) if line["kind"] == "call" else text


def seconds(count: int) -> str:
    """60 → "60 seconds"; whole minutes above one are said as minutes."""
    if count >= 120 and count % 60 == 0:
        return minutes(count // 60)
    return ngettext("%(num)d second", "%(num)d seconds", count) % {"num": count}


def minutes(count: int) -> str:
    return ngettext("%(num)d minute", "%(num)d minutes", count) % {"num": count}


def talk_time(affordable_s: int) -> str:
    """What a balance buys, rounded down: never more than is there."""
    if affordable_s < 60:
        return seconds(affordable_s)
    if affordable_s < 7200:
        return minutes(affordable_s // 60)
    hours = affordable_s // 3600
    return ngettext("%(num)d hour", "%(num)d hours", hours) % {"num": hours}


def free_rule(tariff: Any, *, free_probe: bool = True) -> str:
    """What costs nothing, and when charging starts, in sentences.

    `tariff` has price_micros, threshold_s and threshold_mode (a Tariff or a PublicService of the
    protocol). With `free_probe` false the caller has had the free start with this service already.
    """
    if tariff["price_micros"] == 0:
        return _("This call is free.")
    threshold_s = tariff["threshold_s"]
    gift = tariff["threshold_mode"] == "gift"
    if not free_probe and not gift:
        return _(
            "You had your time to decide with this service today, "
            "so this call is charged from the first second."
        )
    if not free_probe:
        return _(
            "You have already used your free start with this service today, "
            "so this call is charged from the first second."
        )
    if threshold_s == 0:
        return _("Charging starts with the first second.")
    if gift:
        return _("The first %(time)s are free. Charging starts after them.") % {
            "time": seconds(threshold_s)
        }
    return _(
        "%(time)s to decide: hang up in time and pay nothing. "
        "Talk on and the call is charged from the first second."
    ) % {"time": seconds(threshold_s)}


def increments_rule(tariff: Any) -> str:
    """How time is rounded, in a sentence."""
    if tariff["price_micros"] == 0:
        return ""
    first_s, next_s = tariff["increments"]
    if (first_s, next_s) == (1, 1):
        return _("Billed by the second.")
    if first_s == next_s:
        return _("Billed in steps of %(step)s.") % {"step": seconds(next_s)}
    return _("At least %(first)s are billed, then in steps of %(step)s.") % {
        "first": seconds(first_s),
        "step": seconds(next_s),
    }


def weekday(day: str) -> str:
    """mon … sun → Monday … Sunday."""
    return {
        "mon": _("Monday"),
        "tue": _("Tuesday"),
        "wed": _("Wednesday"),
        "thu": _("Thursday"),
        "fri": _("Friday"),
        "sat": _("Saturday"),
        "sun": _("Sunday"),
    }[day]


def language_name(written: str) -> str:
    """A language as its provider wrote it; a bare code ("en") is spelt out for the reader."""
    if not (written.isascii() and written.isalpha() and len(written) in (2, 3)):
        return written
    try:
        name = Locale.parse(written.lower()).get_display_name(current())
    except (UnknownLocaleError, ValueError):
        return written
    return name[:1].upper() + name[1:] if name else written


def role(name: str) -> str:
    return {
        "client": _("Client"),
        "provider": _("Provider"),
        "operator": _("Operator"),
        "guest": _("Guest"),
    }.get(name, name)
