"""A receipt worked out line by line, so that anyone can check it with a pencil: pure.

Nothing is computed anew here: the results are the receipt's own, the workings show how they follow
from the tariff. tests/admin_web evaluates them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from admin_web.frame.language import gettext as _
from admin_web.frame.language import ngettext

Money = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Line:
    """One step: what, how (may be empty), result."""

    text: str
    working: str
    result: str


def receipt_lines(
    receipt: Mapping[str, Any], tariff: Mapping[str, Any], *, side: str, money: Money
) -> list[Line]:
    """The steps from connected time to money, for the copy of `side` (client, provider, operator).

    `receipt` and `tariff` are the protocol's objects, `money` formats micro-units.
    """
    connected_s, billed_s = receipt["connected_s"], receipt["billed_s"]
    lines = [
        Line(_("Time connected"), _connected_working(receipt), _seconds(connected_s)),
        Line(
            _("Seconds billed"), _billed_working(tariff, connected_s, billed_s), _seconds(billed_s)
        ),
        Line(
            _("Charge"),
            _charge_working(tariff, billed_s, money),
            money(receipt["charged_micros"]),
        ),
    ]
    if side in ("provider", "operator"):
        bps = tariff["commission_bps"]
        lines += [
            Line(
                _("Commission of the platform"),
                f"{money(receipt['charged_micros'])} × {bps / 100:g}%",
                money(receipt["commission_micros"]),
            ),
            Line(
                _("Share of the provider"),
                f"{money(receipt['charged_micros'])} − {money(receipt['commission_micros'])}",
                money(receipt["provider_micros"]),
            ),
        ]
    if side in ("client", "operator"):
        lines.append(
            Line(
                _("Balance after the call"),
                _balance_working(receipt, money),
                money(receipt["balance_after_micros"]),
            )
        )
    return lines


def _seconds(count: int) -> str:
    return _("%(num)d s") % {"num": count}


def _connected_working(receipt: Mapping[str, Any]) -> str:
    intervals = receipt["intervals"]
    if len(intervals) < 2:
        return _("both sides, whole seconds")
    return ngettext(
        "sum of the %(num)d connected interval below, whole seconds",
        "sum of the %(num)d connected intervals below, whole seconds",
        len(intervals),
    ) % {"num": len(intervals)}


def _billed_working(tariff: Mapping[str, Any], connected_s: int, billed_s: int) -> str:
    threshold_s = tariff["threshold_s"]
    first_s, next_s = tariff["increments"]
    if threshold_s and connected_s <= threshold_s:
        told = {"connected": connected_s, "free": threshold_s}
        if tariff["threshold_mode"] == "gift":
            return _("%(connected)d s is within the first %(free)d s: free") % told
        return _("%(connected)d s is within the %(free)d s to decide: not charged") % told
    parts = []
    counted_s = connected_s
    if threshold_s and tariff["threshold_mode"] == "gift":
        counted_s -= threshold_s
        parts.append(f"{connected_s} − {threshold_s} = {counted_s}")
    elif threshold_s:
        parts.append(
            _("%(connected)d s is more than %(free)d s: charged from the first second")
            % {"connected": connected_s, "free": threshold_s}
        )
    if (first_s, next_s) != (1, 1):
        steps = (billed_s - first_s) // next_s
        parts.append(
            _("in steps: %(first)d + %(count)d × %(next)d = %(billed)d")
            % {"first": first_s, "count": steps, "next": next_s, "billed": billed_s}
        )
    return "; ".join(parts) or _("every connected second")


def _charge_working(tariff: Mapping[str, Any], billed_s: int, money: Money) -> str:
    if tariff["price_micros"] == 0:
        return _("a free call")
    working = f"{money(tariff['price_micros'])} × {billed_s} ÷ {tariff['period_s']}"
    if tariff["price_micros"] * billed_s % tariff["period_s"]:
        return _("%(working)s, rounded down to a millionth") % {"working": working}
    return working


def _balance_working(receipt: Mapping[str, Any], money: Money) -> str:
    before, after = receipt["balance_before_micros"], receipt["balance_after_micros"]
    working = f"{money(before)} − {money(receipt['charged_micros'])}"
    added = after - before + receipt["charged_micros"]
    if added:
        sign = "+" if added > 0 else "−"
        working += f" {sign} {money(abs(added))} " + _("(top-ups during the call)")
    return working
