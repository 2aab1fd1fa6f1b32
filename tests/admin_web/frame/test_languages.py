"""Readers get their language when there is one, English otherwise."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from admin_web.frame import language

RUSSIAN = """
msgid ""
msgstr ""
"Language: ru\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && "
"(n%100<10 || n%100>=20) ? 1 : 2);\\n"

#: admin_web/words.py:1
msgid "%(num)d second"
msgid_plural "%(num)d seconds"
msgstr[0] "%(num)d секунда"
msgstr[1] "%(num)d секунды"
msgstr[2] "%(num)d секунд"

#: admin_web/frame/lib/time.js:39
msgid "{n} second"
msgid_plural "{n} seconds"
msgstr[0] "{n} секунда"
msgstr[1] "{n} секунды"
msgstr[2] "{n} секунд"

#: admin_web/frame/lib/ui.js:1
msgid "Cancel"
msgstr "Отмена"
"""


@pytest.fixture(autouse=True)
def _russian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A platform with a Russian catalogue of its own."""
    file = tmp_path / "ru" / "LC_MESSAGES" / "tipmeet.po"
    file.parent.mkdir(parents=True)
    file.write_text(RUSSIAN, encoding="utf-8")
    monkeypatch.setattr(language, "LOCALE_DIR", tmp_path)
    language.forget()
    yield
    language.use("en")
    language.forget()


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("", "en"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("en-GB,en;q=0.9,ru;q=0.5", "en"),
        ("xx, ru;q=0.1", "ru"),
        ("ru;q=0, en;q=0.1", "en"),
        ("ru;q=zero,,;;", "en"),
        ("zz-ZZ", "en"),
        ("RU;Q=0.9, en;q=0.2", "ru"),
        ("de, *;q=0.5, en;q=0", "ru"),
        ("*", "en"),
    ],
)
def test_the_browsers_wish_is_followed(header: str, chosen: str) -> None:
    assert language.choose(header) == chosen


def test_a_choice_made_here_wins_over_the_browsers() -> None:
    assert language.choose("ru", asked="en") == "en"
    assert language.choose("en", asked="nonsense") == "en"


def test_a_text_without_a_translation_stays_english() -> None:
    language.use("ru")
    assert language.gettext("No one has translated this sentence.") == (
        "No one has translated this sentence."
    )


@pytest.mark.parametrize(
    ("count", "form"), [(1, "секунда"), (3, "секунды"), (5, "секунд"), (21, "секунда")]
)
def test_russian_counts_as_russians_do(count: int, form: str) -> None:
    language.use("ru")
    text = language.ngettext("%(num)d second", "%(num)d seconds", count) % {"num": count}
    assert text == f"{count} {form}"


def test_scripts_get_their_plural_forms_by_category() -> None:
    texts = language.script_texts("ru")
    assert texts["{n} seconds|one"] == "{n} секунда"
    assert texts["{n} seconds|few"] == "{n} секунды"
    assert texts["{n} seconds|many"] == "{n} секунд"
    assert texts["Cancel"] == "Отмена"
    assert "%(num)d second" not in texts
    assert language.script_texts("en") == {}
