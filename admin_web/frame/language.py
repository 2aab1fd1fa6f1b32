"""The reader's language: chosen once per request, then used by every `_()`, in scripts too.

English is written in the sources. A translation is `locale/<language>/LC_MESSAGES/tipmeet.po` in
this package, read when first needed (no build step); texts of scripts are in the same file.
"""

from contextvars import ContextVar
from functools import cache
from gettext import c2py
from pathlib import Path
from typing import Final

from babel.core import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

SOURCE_LANGUAGE: Final = "en"
LOCALE_DIR: Final = Path(__file__).parent.parent / "locale"
_HEADER_MAX: Final = 400  # characters read: what comes after is nobody's real preference
_current: ContextVar[str] = ContextVar("language", default=SOURCE_LANGUAGE)


@cache
def languages() -> tuple[str, ...]:
    """The languages there are, the source's first."""
    found = sorted(path.parent.parent.name for path in LOCALE_DIR.glob("*/LC_MESSAGES/tipmeet.po"))
    return (SOURCE_LANGUAGE, *found)


def choose(accept_language: str, *, asked: str | None = None) -> str:
    """The best language for an Accept-Language header (RFC 9110, 12.5.4); `asked` goes first."""
    if asked in languages():
        return asked
    accepted = parse_accept_header(accept_language[:_HEADER_MAX], LanguageAccept)
    return accepted.best_match(languages(), SOURCE_LANGUAGE)


def use(language: str) -> None:
    """Makes `language` the one of the running request."""
    _current.set(language)


def forget() -> None:
    """Reads the catalogues anew when they are next needed."""
    for kept in (languages, _catalog, script_texts):
        kept.cache_clear()


def current() -> str:
    return _current.get()


@cache
def babel_locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")


@cache
def _catalog(language: str) -> Catalog | None:
    path = LOCALE_DIR / language / "LC_MESSAGES" / "tipmeet.po"
    if language == SOURCE_LANGUAGE or not path.is_file():
        return None
    with path.open("rb") as file:
        return read_po(file, locale=language)


def gettext(text: str) -> str:
    """The text in the request's language, itself when there is no translation."""
    catalog = _catalog(current())
    message = catalog.get(text) if catalog else None
    translated = message.string if message and not message.fuzzy else None
    return translated if isinstance(translated, str) and translated else text


def ngettext(one: str, many: str, count: int) -> str:
    """The form of the text for `count`."""
    catalog = _catalog(current())
    message = catalog.get(one) if catalog else None
    if catalog and message and not message.fuzzy and isinstance(message.string, tuple | list):
        form = message.string[_plural_index(catalog, count)]
        if form:
            return str(form)
    return one if count == 1 else many


def _plural_index(catalog: Catalog, count: int) -> int:
    """Index of the plural form, as the catalogue's own Plural-Forms header computes it."""
    return int(c2py(catalog.plural_expr)(count))


@cache
def script_texts(language: str) -> dict[str, str]:
    """Translations of the texts in scripts, for the page's JSON block; empty for the source's.

    A text with plural forms is filed under "<plural text>|<category>", the categories being CLDR's
    ("one", "few", "many", "other") as `Intl.PluralRules` names them.
    """
    catalog = _catalog(language)
    if catalog is None:
        return {}
    texts: dict[str, str] = {}
    plural_form = babel_locale(language).plural_form
    for message in catalog:
        if message.fuzzy or not any(name.endswith(".js") for name, _line in message.locations):
            continue
        if isinstance(message.id, str):
            if message.id and isinstance(message.string, str) and message.string:
                texts[message.id] = message.string
            continue
        if not isinstance(message.string, tuple | list):
            continue
        for sample in range(101):
            form = message.string[_plural_index(catalog, sample)]
            texts.setdefault(f"{message.id[1]}|{plural_form(sample)}", str(form))
    return texts
