"""Visitors and writers that run beside a test, in the node's network."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.rig import Rig


@dataclass
class Crowd:
    """What a program that runs beside a release has written down."""

    out: Path

    @contextmanager
    def running(self, rig: Rig, *words: str) -> Iterator[None]:
        stop = self.out.with_suffix(".stop")
        process = rig.begin("python3", *words, str(stop), str(self.out))
        try:
            yield
        finally:
            stop.touch()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()

    def lines(self) -> list[dict[str, Any]]:
        if not self.out.exists():
            return []
        whole = [line for line in self.out.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return [json.loads(line) for line in whole]

    def seen(self, since: float = 0) -> Counter[str]:
        total: Counter[str] = Counter()
        for line in self.lines():
            if line["at"] >= since:
                total.update({key: count for key, count in line.items() if key != "at"})
        return total

    def failed(self, since: float = 0) -> dict[str, int]:
        return {key: count for key, count in self.seen(since).items() if key.startswith(("failed", "?"))}
