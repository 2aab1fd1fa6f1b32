"""The archive's files: gzip of JSON lines, closed by a line with their count, their checksum.

    {"kind": "entry", "p": 7, "id": "1700…-0", "k": "charged", "t": …, "legs": {…}, "calls": […]}
    {"kind": "receipt", "p": 7, "call": "0007-…", "facts": {…}, "refund": {…} | null}
    {"kind": "line", "p": 7, "owner": "client:…", "line": {…}}
    {"kind": "end", "lines": 3, "sha256": "…"}

A file is written under another name, brought to disk, and only then renamed: one that has its name
is whole. After a crash the same entries may be in two files; readers take them once.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Line = dict[str, Any]


class ArchiveWriter:
    """Writes one file. `close` makes it durable and returns its path; None when it was empty."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{name}.jsonl.gz"
        self._part = folder / f"{name}.part"
        self._file = gzip.open(self._part, "wb")  # noqa: SIM115 - closed in close()
        self._digest = hashlib.sha256()
        self.lines = 0

    def write(self, lines: list[Line]) -> None:
        data = b"".join(_encode(line) for line in lines)
        self._digest.update(data)
        self._file.write(data)
        self.lines += len(lines)

    def close(self) -> Path | None:
        end = {"kind": "end", "lines": self.lines, "sha256": self._digest.hexdigest()}
        self._file.write(_encode(end))
        self._file.close()
        if not self.lines:
            self._part.unlink()
            return None
        with self._part.open("rb") as part:
            os.fsync(part.fileno())
        self._part.rename(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return self._path


@dataclass
class ArchiveReport:
    """What an archive holds. `sums`: partition → account → all that its entries posted."""

    files: int = 0
    entries: int = 0
    receipts: int = 0
    lines: int = 0
    problems: list[str] = field(default_factory=list)
    sums: dict[int, dict[str, int]] = field(default_factory=dict)


def read_archive(folder: Path) -> ArchiveReport:
    """Reads every file back, checks checksums and that every entry sums to zero."""
    report = ArchiveReport()
    seen: dict[tuple[int, str], bytes] = {}
    sums: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for path in sorted(folder.glob("*.jsonl.gz")):
        report.files += 1
        try:
            for line in _checked_lines(path):
                if line["kind"] == "entry":
                    _add_entry(report, seen, sums, line)
                elif line["kind"] == "receipt":
                    report.receipts += 1
                else:
                    report.lines += 1
        except (OSError, EOFError, ValueError, KeyError) as error:
            report.problems.append(f"archive {path.name}: {error or 'it is cut off'}")
    report.sums = {partition: dict(legs) for partition, legs in sums.items()}
    return report


def _add_entry(
    report: ArchiveReport,
    seen: dict[tuple[int, str], bytes],
    sums: dict[int, dict[str, int]],
    line: Line,
) -> None:
    place = (line["p"], line["id"])
    digest = hashlib.sha256(_encode(line)).digest()
    if place in seen:
        if seen[place] != digest:
            report.problems.append(f"archive: two different entries {line['id']}")
        return
    seen[place] = digest
    report.entries += 1
    if sum(line["legs"].values()):
        report.problems.append(f"archive: entry {line['id']} does not sum to zero")
    for account, amount in line["legs"].items():
        sums[line["p"]][account] += amount


def _checked_lines(path: Path) -> Iterator[Line]:
    """The lines of one file; ValueError when it is not what was written."""
    digest = hashlib.sha256()
    count = 0
    with gzip.open(path, "rb") as file:
        for raw in file:
            line: Line = json.loads(raw)
            if line["kind"] == "end":
                if line["lines"] != count or line["sha256"] != digest.hexdigest():
                    raise ValueError("its checksum is wrong")
                return
            digest.update(raw)
            count += 1
            yield line
    raise ValueError("it has no end")


def _encode(line: Line) -> bytes:
    return json.dumps(line, sort_keys=True, separators=(",", ":")).encode() + b"\n"
