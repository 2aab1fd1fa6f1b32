"""A packed row is the same to Python as to the scripts, field by field."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
import redis.asyncio

from metering.money import MAX_MICROS
from metering.store.keys import key
from metering.store.rows import AGREED, MARK, METER, POSTED, ROWS, TARIFF, WORDS, Listed, Packed
from metering.store.scripts import SCRIPT_NAMES, Scripts, build_script, read_script
from metering.tariff import Tariff


@pytest.mark.parametrize("row", [TARIFF, METER], ids=lambda row: row.name)
async def test_what_a_script_packs_both_read_by_name(
    redis_client: redis.asyncio.Redis, row: Packed
) -> None:
    probe = build_script(
        "probe",
        f"""--! keys: {row.name}
--! rows: {row.name}
--! include: store/lib
local given = cmsgpack.unpack(ARGV[1])
redis.call('HSET', K_{row.name}, 'call', pack_{row.name}(given))
return ok(read_{row.name}('call'))
""",
    )
    scripts = Scripts(redis_client)
    scripts.replace(probe)
    numbers = [0, -1, MAX_MICROS, 1_700_000_000_000, 7, 60, 2, 3, 4, 5, 6]
    given: dict[str, Any] = {
        name: "x" * 255 if name in row.texts else numbers[at] for at, name in enumerate(row.fields)
    }
    assert await scripts.run("probe", 3, msgpack.packb(given)) == given
    stored = await redis_client.hget(key(3, row.name), "call")
    assert row.unpack(stored) == given


@pytest.mark.parametrize("row", [each for each in ROWS.values() if isinstance(each, Listed)])
async def test_a_listed_rows_places_are_those_python_counts(
    redis_client: redis.asyncio.Redis, row: Listed
) -> None:
    word = row.name.upper()
    places = ", ".join(f"{name} = {word}_{name.upper()}" for name in row.fields)
    arguments = ", ".join(f"'{name}'" for name in row.fields)
    probe = build_script(
        "probe",
        f"""--! keys: acct
--! rows: {row.name}
--! include: store/lib
return ok({{ {{{places}}}, {word}_SIZE, cmsgpack.unpack(pack_{row.name}({arguments})) }})
""",
    )
    scripts = Scripts(redis_client)
    scripts.replace(probe)
    found, size, packed = await scripts.run("probe", 0)
    assert found == {name: at for at, name in enumerate(row.fields, start=1)}
    assert size == len(row.fields)
    assert row.named(packed) == {name: name for name in row.fields}


def test_a_flat_list_is_read_by_rows_or_by_columns() -> None:
    flat = ["a", 1, 2, 3, 4, "b", 5, 6, 7, 8]
    assert [each["call"] for each in POSTED.rows(flat)] == ["a", "b"]
    assert POSTED.columns(flat)["gained"] == [4, 8]
    with pytest.raises(ValueError, match="argument"):
        MARK.unpack(msgpack.packb([1, 2]))


def test_a_tariff_is_listed_as_its_fields_are() -> None:
    tariff = Tariff("USD", 1, 60, 2, "gift", 3, 4, 5, 6, 7)
    assert AGREED.named(tariff.as_list()) == vars(tariff)
    assert Tariff.from_list(tariff.as_list()) == tariff


def test_no_word_is_left_in_a_script_that_the_server_runs() -> None:
    for name in SCRIPT_NAMES:
        assert not [word for word in WORDS if word in read_script(name).source]
