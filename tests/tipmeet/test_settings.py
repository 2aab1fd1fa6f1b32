"""Settings: where they come from, what wins, and what a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tipmeet.settings import Settings, SettingsError, load, relay_secret
from tipmeet.settings_page import settings_page

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No tipmeet.toml and no TIPMEET_* variable of the developer's."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TIPMEET_{name.upper()}", raising=False)


def test_flags_win_over_the_file_and_the_file_over_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIPMEET_WEB_PORT", "1001")
    monkeypatch.setenv("TIPMEET_RING_S", "11")
    monkeypatch.setenv("TIPMEET_THRESHOLD_S", "21")
    (tmp_path / "tipmeet.toml").write_text("web_port = 1002\nring_s = 12\n")
    settings = load(web_port=1003, ring_s=None)
    assert (settings.web_port, settings.ring_s, settings.threshold_s) == (1003, 12, 21)


def test_a_wrong_value_is_named_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIPMEET_WEB_PORT", "no")
    with pytest.raises(SettingsError, match=r"web_port: .*TIPMEET_WEB_PORT"):
        load()


def test_an_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tipmeet.toml").write_text("web_prot = 80\n")
    with pytest.raises(SettingsError, match="web_prot"):
        load()


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "tipmeet.toml").write_text("web_port = \n")
    with pytest.raises(SettingsError, match=r"tipmeet\.toml"):
        load()


def test_announced_addresses_may_be_separated_by_commas_or_spaces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TIPMEET_ANNOUNCED", "192.0.2.1, 2001:db8::1")
    assert load().announced == ("192.0.2.1", "2001:db8::1")


def test_an_announced_name_that_is_no_address_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"'relay\.example' is not an IP address"):
        load(announced="relay.example")


def test_more_relays_than_ports_are_refused() -> None:
    with pytest.raises(SettingsError, match="choose a lower relay_port"):
        load(relay_port=65535, relays=2)


def test_the_relay_secret_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    settings = load(data_dir=tmp_path / "var")
    secret = relay_secret(settings)
    assert len(secret) >= 32
    assert relay_secret(settings) == secret
    assert (tmp_path / "var" / "relay.secret").stat().st_mode & 0o077 == 0


def test_the_settings_page_says_what_the_class_says() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == settings_page(), "run: python -m tipmeet.settings_page > docs/settings.md"
