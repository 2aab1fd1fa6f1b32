"""What the call page says of money, time, quality and ends: pure functions in the browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

# One browser for the whole file: starting one takes longer than a test.

TARIFF: dict[str, Any] = {
    "currency": "USD",
    "price_micros": 300_000,
    "period_s": 60,
    "threshold_s": 60,
    "threshold_mode": "retroactive",
    "increments": [1, 1],
    "commission_bps": 1500,
    "version": 3,
    "hash": "9f2c41aa",
}


async def ask(page: Page, module: str, expression: str, **values: Any) -> Any:
    """Evaluate an expression over a module `m` and the given values."""
    return await page.evaluate(
        f"""async (v) => {{
          const m = await import("/static/{module}");
          return {expression};
        }}""",
        values,
    )


def meter(seconds: int, **more: Any) -> dict[str, Any]:
    shown = {
        "seconds": seconds,
        "free_left_s": max(0, 60 - seconds),
        "charged_micros": 0 if seconds <= 60 else 5_000 * seconds,
        "balance_micros": 10_000_000 - (0 if seconds <= 60 else 5_000 * seconds),
        "affordable_s": 2_000 - seconds,
    }
    return shown | more


async def test_free_seconds_are_counted_down_and_nothing_is_charged(page: Page) -> None:
    view = await ask(
        page, "talk/meter.js", "m.meterView(v.tariff, v.meter)", tariff=TARIFF, meter=meter(18)
    )
    assert view["phase"] == "free"
    assert view["free"] == "42 s to decide"
    assert view["elapsed"] == "0:18"
    assert view["charged"] == "$0.00"
    assert view["balance"] == "$10.00"
    assert view["earned"] is None


async def test_past_the_threshold_the_first_minute_is_in_the_charge(page: Page) -> None:
    view = await ask(
        page, "talk/meter.js", "m.meterView(v.tariff, v.meter)", tariff=TARIFF, meter=meter(61)
    )
    assert view["phase"] == "charging"
    assert view["free"] is None
    assert view["charged"] == "$0.31"
    assert view["balance"] == "$9.69"


async def test_charge_and_balance_on_screen_add_up_in_every_second(page: Page) -> None:
    for seconds in (61, 62, 63, 64, 199):
        view = await ask(
            page,
            "talk/meter.js",
            "m.meterView(v.tariff, v.meter)",
            tariff=TARIFF,
            meter=meter(seconds),
        )
        shown = [round(100 * float(view[name][1:])) for name in ("charged", "balance")]
        assert sum(shown) == 1000, f"{view['charged']} + {view['balance']} of $10.00"
        assert shown[1] * 10_000 <= 10_000_000 - 5_000 * seconds, "never more than there is"


async def test_a_provider_is_shown_no_balance_and_whole_coins(page: Page) -> None:
    own = meter(61, provider_micros=259_250)
    del own["balance_micros"]
    view = await ask(
        page, "talk/meter.js", "m.meterView(v.tariff, v.meter)", tariff=TARIFF, meter=own
    )
    assert (view["balance"], view["earned"], view["charged"]) == (None, "$0.25", "$0.31")


@pytest.mark.parametrize(
    ("side", "ends_by", "text", "label"),
    [
        (
            "client",
            "spending_cap",
            "Your limit of $5.00 for this call is reached in 1:58.",
            "Until your limit",
        ),
        ("client", "balance", "Your balance is used up in 1:58.", "Time left"),
        (
            "provider",
            "spending_cap",
            "The client’s limit for this call is reached in 1:58.",
            "Until the client’s limit",
        ),
        ("provider", "balance", "Ben’s balance is used up in 1:58.", "Time left"),
    ],
)
async def test_a_limit_is_called_a_limit_and_a_balance_a_balance(
    page: Page, side: str, ends_by: str, text: str, label: str
) -> None:
    said = await ask(
        page,
        "talk/meter.js",
        "[m.warningText(v.about, v.side, 'Ben'), m.leftLabel({ends_by: v.by}, v.side)]",
        about={"byLimit": ends_by == "spending_cap", "left": "1:58", "cap": 5_000_000},
        by=ends_by,
        side=side,
    )
    assert said == [text, label]


async def test_free_is_said_only_where_it_stays_free(page: Page) -> None:
    async def said(**changes: Any) -> list[str]:
        return list(
            await ask(
                page,
                "talk/meter.js",
                "[m.freeRule(v.tariff), m.freeRule(v.tariff, false),"
                " m.chargingText(v.tariff, 'client'), m.chargingText(v.tariff, 'provider'),"
                " m.meterView(v.tariff, v.meter).free]",
                tariff=TARIFF | changes,
                meter=meter(18),
            )
        )

    assert not [text for text in await said() if "free" in text.lower()]
    assert all("free" in text.lower() for text in await said(threshold_mode="gift"))


async def test_the_last_minutes_are_marked(page: Page) -> None:
    low = meter(700, affordable_s=119)
    view = await ask(
        page, "talk/meter.js", "m.meterView(v.tariff, v.meter)", tariff=TARIFF, meter=low
    )
    assert view["left"] == "1:59"
    assert view["low"] is True


async def test_a_free_call_shows_no_money(page: Page) -> None:
    free = TARIFF | {"price_micros": 0}
    view = await ask(
        page,
        "talk/meter.js",
        "m.meterView(v.tariff, v.meter)",
        tariff=free,
        meter=meter(75, charged_micros=0, affordable_s=None),
    )
    assert view["phase"] == "free_call"
    assert (view["charged"], view["balance"], view["left"]) == (None, None, None)
    assert view["elapsed"] == "1:15"


@pytest.mark.parametrize(
    ("changes", "probe", "sentence"),
    [
        (
            {},
            True,
            "I agree to pay $0.30 per minute. If I hang up within 60 seconds, I pay nothing; "
            "if I talk on, the first 60 seconds are charged too.",
        ),
        ({}, False, "I agree to pay $0.30 per minute, charged from the first second."),
        (
            {"threshold_mode": "gift", "threshold_s": 300},
            True,
            "I agree to pay $0.30 per minute after the first 5 minutes, which are free.",
        ),
        (
            {"period_s": 3600, "price_micros": 45_000_000, "threshold_s": 0},
            True,
            "I agree to pay $45.00 per hour, charged from the first second.",
        ),
    ],
)
async def test_consent_names_the_price_and_the_threshold(
    page: Page, changes: dict[str, Any], probe: bool, sentence: str
) -> None:
    said = await ask(
        page,
        "talk/meter.js",
        "m.consentText(v.tariff, v.probe)",
        tariff=TARIFF | changes,
        probe=probe,
    )
    assert said == sentence


async def test_increments_are_said_only_when_they_matter(page: Page) -> None:
    def rule(increments: list[int]) -> Any:
        tariff = TARIFF | {"increments": increments}
        return ask(page, "talk/meter.js", "m.incrementRule(v.tariff)", tariff=tariff)

    assert await rule([1, 1]) == ""
    assert await rule([60, 60]) == "Charged in steps of 1 min."
    assert await rule([60, 1]) == "At least 1 min are charged, then steps of 1 s."


async def test_quality_is_the_worse_of_what_both_ends_measure(page: Page) -> None:
    before = {"at_ms": 0, "packets": 0, "lost": 0, "frames": 0, "rtt_ms": 40}
    after = {"at_ms": 3000, "packets": 300, "lost": 0, "frames": 60, "rtt_ms": 40}

    async def grade(server: dict[str, Any] | None = None, **changes: Any) -> Any:
        return await ask(
            page,
            "talk/quality.js",
            "m.grade(v.before, v.after, v.server)",
            before=before,
            after=after | changes,
            server=server,
        )

    assert await grade() == "good"
    assert await grade(lost=10) == "fair"
    assert await grade(server={"loss": 0.2, "rtt_ms": 10, "bitrate_bps": 1}) == "poor"
    assert await grade(rtt_ms=700) == "poor"
    assert await grade(packets=0) == "none"


async def test_one_bad_second_does_not_change_the_words(page: Page) -> None:
    shown = await ask(
        page,
        "talk/quality.js",
        "((next) => v.grades.map(next))(m.steady())",
        grades=["poor", "good", "poor", "poor", "good", "good"],
    )
    assert shown == ["good", "good", "good", "poor", "poor", "good"]


async def test_every_reason_is_said_from_each_side(page: Page) -> None:
    async def said(reason: str, side: str) -> Any:
        return await ask(
            page,
            "talk/state_words.js",
            "m.reasonText(v.reason, v.side, 'Anna')",
            reason=reason,
            side=side,
        )

    assert await said("client_hung_up", "client") == "You hung up."
    assert await said("client_hung_up", "provider") == "Anna hung up."
    assert await said("no_answer", "client") == "Anna did not answer."
    assert await said("no_answer", "provider") == "You did not answer in time."
    reasons = (
        "client_hung_up provider_hung_up balance_exhausted media_lost spend_cap operator_ended "
        "server_lost declined no_answer cancelled failed"
    )
    for reason in reasons.split():
        for side in ("client", "provider"):
            assert await said(reason, side) != "The call is over."


async def test_opus_is_asked_for_fec_and_dtx_in_any_answer(page: Page) -> None:
    with_fmtp = (
        "m=audio 9 X 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=0\r\n"
    )
    without = "m=audio 9 X 109\r\na=rtpmap:109 opus/48000/2\r\na=mid:0\r\n"
    none = "m=audio 9 X 0\r\na=rtpmap:0 PCMU/8000\r\n"
    said = [
        await ask(page, "talk/sdp.js", "m.speechOptions(v.sdp)", sdp=sdp)
        for sdp in (with_fmtp, without, none)
    ]
    assert "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\n" in said[0]
    assert (
        "a=rtpmap:109 opus/48000/2\r\na=fmtp:109 useinbandfec=1;usedtx=1\r\na=mid:0\r\n" in said[1]
    )
    assert said[2] == none


RECEIPT = {
    "call": "0a1b-c",
    "opened_at_ms": 0,
    "ended_at_ms": 800_000,
    "connected_s": 754,
    "free_s": 0,
    "billed_s": 754,
    "paused_s": 0,
    "intervals": [[0, 754_000]],
    "charged_micros": 3_770_000,
    "reason": "client_hung_up",
}


async def receipt_lines(page: Page, side: str, **receipt: Any) -> list[str]:
    call = {
        "id": "0a1b-c",
        "state": "ended",
        "side": side,
        "service": {"slug": "anna", "title": "Spanish"},
        "client": {"name": "Ben"},
        "provider": {"name": "Anna"},
        "tariff": TARIFF,
        "reason": "client_hung_up",
        "receipt": RECEIPT | receipt,
    }
    lines: list[str] = await ask(
        page,
        "talk/receipt.js",
        "[...m.receiptElement(v.call).querySelectorAll('.receipt-sum p')]"
        ".map((p) => p.textContent)",
        call=call,
    )
    return lines


async def test_a_receipt_shows_the_sum_it_comes_from(page: Page) -> None:
    assert await receipt_lines(page, "client") == ["754 s × $0.30 ÷ 60 s = $3.77"]


async def test_the_providers_receipt_shows_commission_and_earnings(page: Page) -> None:
    lines = await receipt_lines(
        page, "provider", commission_micros=565_500, provider_micros=3_204_500
    )
    assert lines[1:] == [
        "$3.77 × 15 % commission = $0.5655",
        "$3.77 − $0.5655 = $3.2045 for you",
    ]


async def test_a_call_within_the_free_time_says_why_it_cost_nothing(page: Page) -> None:
    lines = await receipt_lines(page, "client", connected_s=42, billed_s=0, charged_micros=0)
    assert lines == ["42 s of connection are within the 60 s to decide: nothing is charged."]
