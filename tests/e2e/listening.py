"""A stream and a WebSocket that stay open for ten minutes behind the shared proxies, whatever tests do meanwhile."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.rehearsal import Plan
from tests.e2e import alone, built_images
from tests.e2e.rig import IMAGES, SCRATCH, Rig

SYSTEM = "radio"
HOST = "radio.example.com"
MINUTES = 10
COUNT = MINUTES * 60 * 2
"""Lines, and words of the WebSocket: one in half a second."""
DEFINITION = {
    "title": "Radio",
    "owner": {"team": "radio"},
    "domains": {"web": HOST},
    "services": {
        SYSTEM: {
            "image": SYSTEM,
            "port": 8080,
            "replicas": {"minimum": 1, "maximum": 1},
            "resources": {"cpu": "10m", "memory": "32Mi"},
            "routes": [{"domain": "web", "path": "/"}, {"domain": "web", "path": "/stream", "stream": True}],
        }
    },
}
"""With the limits that a system has by default."""


@dataclass(frozen=True)
class Listening:
    """What has come so far."""

    out: Path
    began: float

    def events(self, by: str) -> list[dict[str, Any]]:
        text = self.out.read_text() if self.out.exists() else ""
        whole = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [each for each in whole if each["by"] == by]

    def ended(self, by: str, slack: float) -> str:
        """How it ended, waited for until its time and some seconds more are over."""
        while True:
            ended = next((each["ended"] for each in self.events(by) if "ended" in each), "")
            if ended:
                return ended
            assert time.time() < self.began + MINUTES * 60 + slack, f"{by} has no end: {self.events(by)[-1:]}"
            time.sleep(1)


def begin(rig: Rig, plan: Plan, address: str) -> Listening:
    """Bring the system to the five, and listen until the node goes down."""
    name = f"registry.example.com/{SYSTEM}:1.0.0"
    rig.tag(built_images.app(plan), [name])
    alone.bring(rig, SYSTEM, DEFINITION)
    SCRATCH.mkdir(exist_ok=True)
    out = SCRATCH / f"{SYSTEM}.jsonl"
    out.unlink(missing_ok=True)
    rig.start("python3", str(IMAGES / "listener.py"), address, HOST, str(MINUTES * 60), str(out))
    return Listening(out, time.time())
