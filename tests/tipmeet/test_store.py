"""The embedded store keeps what it acknowledged and lets nobody else into its folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from tipmeet.processes.store import EmbeddedStore, StoreError, store_url
from tipmeet.settings import load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var"


def test_what_was_written_is_there_after_a_clean_stop(folder: Path) -> None:
    store = EmbeddedStore(folder)
    store.start()
    with redis.Redis.from_url(store.url) as client:
        client.set("money", 42)
    store.stop()
    assert not store.running()
    store.start()
    try:
        with redis.Redis.from_url(store.url) as client:
            assert client.get("money") == b"42"
            config = client.config_get("append*")
            assert config["appendonly"] == "yes"
            assert config["appendfsync"] == "everysec"
    finally:
        store.stop()


def test_what_a_barrier_acknowledged_survives_sigkill(folder: Path) -> None:
    store = EmbeddedStore(folder)
    store.start()
    with redis.Redis.from_url(store.url) as client:
        client.set("money", 42)
        assert client.execute_command("WAITAOF", 1, 0, 5000)[0] == 1
    store.kill()
    store.start()
    try:
        with redis.Redis.from_url(store.url) as client:
            assert client.get("money") == b"42"
    finally:
        store.stop()


def test_a_second_store_in_the_same_folder_is_refused_in_words(folder: Path) -> None:
    store = EmbeddedStore(folder)
    store.start()
    try:
        with pytest.raises(StoreError, match="another TipMeet already uses"):
            EmbeddedStore(folder).start()
        assert store.running()
    finally:
        store.stop()


def test_a_store_that_cannot_start_says_why(folder: Path) -> None:
    store = EmbeddedStore(folder, config={"maxmemory-policy": "nonsense"})
    with pytest.raises(StoreError, match="maxmemory-policy"):
        store.start()
    assert not store.running()


def test_a_command_uses_the_running_store_or_starts_one_for_itself(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TIPMEET_REDIS_URL", raising=False)
    settings = load(data_dir=folder)
    with store_url(settings) as url, redis.Redis.from_url(url) as client:
        client.set("made", "for now")
    store = EmbeddedStore(folder)
    store.start()
    try:
        with store_url(settings) as url, redis.Redis.from_url(url) as client:
            assert url == store.url
            assert client.get("made") == b"for now"
        assert store.running(), "a command must not stop a store it did not start"
    finally:
        store.stop()
