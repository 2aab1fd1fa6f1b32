"""What search engines, like link previews, learn of a service: pure."""

from collections.abc import Mapping
from typing import Any, Final

from metering.money import format_amount

_SUMMARY_CHARACTERS: Final = 160
_DAYS: Final = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}


def summary(service: Mapping[str, Any]) -> str:
    """The description on one line, cut at a word, for previews."""
    text = " ".join(service["description"].split()) or service["kind"]
    if len(text) <= _SUMMARY_CHARACTERS:
        return text
    return text[:_SUMMARY_CHARACTERS].rsplit(" ", 1)[0] + " …"


def service(view: Mapping[str, Any]) -> dict[str, Any]:
    """The page as a schema.org Service; `view` is the protocol's PublicService."""
    unit = {60: "MIN", 3600: "HUR"}[view["period_s"]]  # UN/CEFACT codes
    price = format_amount(view["price_micros"])
    return {
        "@context": "https://schema.org",
        "@type": "Service",
        "name": view["title"],
        "serviceType": view["kind"],
        "description": summary(view),
        "url": view["url"],
        "provider": {"@type": "Person", "name": view["provider"]["name"]},
        "availableChannel": {
            "@type": "ServiceChannel",
            "serviceUrl": view["url"],
            "availableLanguage": view["languages"],
        },
        "hoursAvailable": [
            {
                "@type": "OpeningHoursSpecification",
                "dayOfWeek": f"https://schema.org/{_DAYS[day]}",
                "opens": opens,
                "closes": "23:59" if closes == "24:00" else closes,
            }
            for day, stretches in view["hours"].items()
            for opens, closes in stretches
        ],
        "offers": {
            "@type": "Offer",
            "price": price,
            "priceCurrency": view["currency"],
            "priceSpecification": {
                "@type": "UnitPriceSpecification",
                "price": price,
                "priceCurrency": view["currency"],
                "unitCode": unit,
            },
        },
    }
