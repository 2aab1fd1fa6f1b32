"""The benchmark's figures as a part of a document."""

from __future__ import annotations

import datetime
import os
import platform
import shlex
import sys
from pathlib import Path
from typing import Any

from bench.relay.measure import DISTURBED
from mediasrv.native import compiled

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
_NAMES = {"tipmeet": "TipMeet", "interpreted": "TipMeet, interpreted"}
_NAMES |= {"janus": "Janus", "janus-loops": "Janus, 1 event loop"}
_NAMES |= {"mediarelay": "MediaRelay", "floor": "C floor"}


def machine() -> dict[str, Any]:
    """Where, when and how this was measured."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "compiled": compiled.found() is not None,
        "load_average": round(os.getloadavg()[0], 2),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "command": shlex.join(["python", "-m", "bench.relay", *sys.argv[1:]]),
    }


def markdown(found: dict[str, Any]) -> str:
    """All tables of one run."""
    where = found["machine"]
    parts = [
        f"`{where['command']}` on {where['date']}: {where['processor']}, {where['cores']} cores, "
        f"Linux {where['kernel']}, Python {where['python']}, the packet path "
        f"{'compiled' if where['compiled'] else 'interpreted'}.",
        "",
        *_loads(found["loads"]),
    ]
    if "flatness" in found:
        parts += ["", *_flatness(found["flatness"])]
    if "calls_per_core" in found:
        parts += ["", *_calls_per_core(found["calls_per_core"])]
    return "\n".join(parts)


def rewrite(path: Path, text: str) -> None:
    """Replaces what is between the marks. Raises ``ValueError`` where there are none."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no {BEGIN} … {END}")
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def _loads(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| packets/s | calls | system | CPU µs/packet | least to most | p50 µs | p99 µs | lost "
        "| of the core | others on it | kB a call |",
        "|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    disturbed = []
    for row in rows:
        for name, figures in row.items():
            if name not in _NAMES:
                continue
            if figures is None:
                lines.append(
                    f"| {row['pps']:,} | {row['calls']} | {_NAMES[name]} | not measured "
                    "| | | | | | | |"
                )
                continue
            if figures["others_share"] > DISTURBED:
                disturbed.append(
                    f"{_NAMES[name]} at {row['pps']:,} ({figures['others_share']:.0%})"
                )
            pps, calls = figures.get("pps", row["pps"]), figures.get("calls", row["calls"])
            lines.append(
                f"| {pps:,.0f} | {calls:g} | {_NAMES[name]} | {figures['us_per_packet']:.1f} "
                f"| {min(figures['rounds_us']):.1f} to {max(figures['rounds_us']):.1f} "
                f"| {_or_dash(figures['p50_us'])} | {_or_dash(figures['p99_us'])} "
                f"| {_or_dash(figures['lost'])} | {figures['core_share']:.0%} "
                f"| {figures['others_share']:.0%} | {figures['bytes_per_call'] / 1000:,.0f} |"
            )
    lines += ["", "| packets/s | TipMeet / Janus | TipMeet / C floor |", "|---:|---:|---:|"]
    for row in rows:
        janus, floor = (row["ratios"][name] for name in ("janus", "floor"))
        lines.append(f"| {row['pps']:,} | {_or_dash(janus, 2)} | {_or_dash(floor, 2)} |")
    if disturbed:
        lines += [
            "",
            f"Disturbed, so no comparison: {', '.join(disturbed)}. So much of the systems' core "
            "others took there (median of the rounds); a system that is kept waiting has late and "
            "lost packets, and fewer wake-ups to pay for each.",
        ]
    return lines


def _flatness(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| packets/s | calls | system | CPU µs/packet | CPU µs/datagram, RTCP counted too |",
        "|---:|---:|---|---:|---:|",
    ]
    for row in rows:
        for name in (name for name in _NAMES if name in row):
            figures = row[name] or {}
            packet, datagram = (figures.get(f"us_per_{x}") for x in ("packet", "datagram"))
            lines.append(
                f"| {row['pps']:,} | {row['calls']} | {_NAMES[name]} "
                f"| {_or_dash(packet, 1)} | {_or_dash(datagram, 1)} |"
            )
    return lines


def _calls_per_core(found: dict[str, Any]) -> list[str]:
    lines = [
        "| system | calls in 80% of a core | of the core | kB a call | stopped by |",
        "|---|---:|---:|---:|---|",
    ]
    for name, best in found.items():
        if best is None:
            lines.append(f"| {_NAMES[name]} | not measured | | | |")
        else:
            lines.append(
                f"| {_NAMES[name]} | {best['calls']} | {best['core_share']:.0%} "
                f"| {best['bytes_per_call'] / 1000:,.0f} | {best['limit']} |"
            )
    return lines


def _or_dash(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"
