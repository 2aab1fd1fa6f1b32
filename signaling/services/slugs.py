"""Titles of any script as short addresses of plain letters."""

from __future__ import annotations

import re
import unicodedata

SLUG_MAX = 60

_CYRILLIC = (
    "а=a б=b в=v г=g д=d е=e ё=e ж=zh з=z и=i й=i к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh "
    "ц=ts ч=ch ш=sh щ=shch ъ= ы=y ь= э=e ю=iu я=ia і=i є=ie ї=i ґ=g ў=u"
)
_GREEK = "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f"
_GREEK += " χ=ch ψ=ps ω=o"
_LATIN = "ß=ss æ=ae œ=oe ø=o ł=l đ=d ð=d þ=th ı=i ħ=h"
_LETTERS = dict(pair.split("=") for pair in f"{_CYRILLIC} {_GREEK} {_LATIN}".split())


def slug_of(title: str) -> str:
    """The title in a–z, 0–9 and hyphens, at most 60 characters; "service" when nothing is left."""
    # Known letters first: decomposed, й would be и and a mark that is dropped.
    text = "".join(_LETTERS.get(letter, letter) for letter in title.casefold())
    text = unicodedata.normalize("NFKD", text)
    text = "".join(
        _LETTERS.get(letter, letter) for letter in text if not unicodedata.combining(letter)
    )
    words = re.findall(r"[a-z0-9]+", text.replace("'", "").replace("’", ""))
    slug = "-".join(words)[:SLUG_MAX].strip("-")
    return slug or "service"
