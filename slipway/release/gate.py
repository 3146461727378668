"""`python -m slipway.release.gate admit|promote --release NAME --id ID`: what a gate's Job runs.

It asks by being there: the controller sees its Job. It passes when the Release's status opens the gate, and fails when
the release is refused or rolled back. Killed, it is started again and waits again; an API server that is down is awaited,
for the Job has a deadline of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slipway.ops.cluster.api import Api, Document
from slipway.ops.failure import CloudFailure
from slipway.release import ways
from slipway.release.objects import API_VERSION, ReleaseSpec
from slipway.release.status import Status

PASSED, REFUSED, BROKEN = 0, 1, 2
"""Exit status: the gate is open; the release was refused or rolled back; the gate cannot ask. The last one is tried
again."""
PAUSE = 1.0
"""Seconds between two looks. Chosen: as often as the controller looks."""
ABSENT = 30.0
"""Seconds for which a Release that is not there, or is about another id, is awaited. Chosen: the program applies it
before the gate, and a cached read may be older."""
REPEATED = 300.0
"""Seconds after which an unchanged line is printed again. Chosen: readers see that it still waits."""
TERMINATION = Path("/dev/termination-log")
"""Where the last words go. Source: Kubernetes, `terminationMessagePath`."""


@dataclass
class Gate:
    """One gate. `uid` is that of its Job, by which a refusal names whom it refuses."""

    api: Api
    namespace: str
    release: str
    id: str
    name: str
    uid: str | None
    report: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    _shown: dict[str, float] = field(default_factory=dict)
    _absent_since: float | None = None

    def wait(self) -> str | None:
        """Wait until the gate opens and return None; or return why it never will."""
        while True:
            ended, reason = self._look()
            if ended:
                return reason
            self.api.pause(PAUSE)

    def _look(self) -> tuple[bool, str | None]:
        """Return whether waiting is over, and the reason if the gate stays shut."""
        try:
            found = self.api.get(f"/apis/{API_VERSION}/namespaces/{self.namespace}/releases/{self.release}")
        except CloudFailure as failure:
            self._show([f"the API server does not answer: {failure}"])
            return False, None
        if found is None or found["spec"]["id"] != self.id:
            return self._is_absent(found)
        self._absent_since = None
        status = Status.model_validate(found.get("status") or {})
        if status.id == self.id and self.name in status.open_gates:
            return True, None
        if status.id == self.id and self._is_refused(status):
            return True, _why(ReleaseSpec.model_validate(found["spec"]), status)
        self._show(_lines(status, self.id))
        return False, None

    def _is_absent(self, found: Document | None) -> tuple[bool, str]:
        """Return whether the Release has been another one for too long."""
        name = f"Release {self.namespace}/{self.release}"
        other = f"{name} is about another release, {found['spec']['id']}" if found else f"there is no {name}"
        if self._absent_since is None:
            self._absent_since = self.clock()
        self._show([other])
        return self.clock() - self._absent_since > ABSENT, other

    def _is_refused(self, status: Status) -> bool:
        """Return whether the release ended without its version. A refusal of another Job, before this one, is none."""
        if status.phase == "RolledBack":
            return True
        return status.phase == "Refused" and (status.gate == self.uid or self.name != "admit")

    def _show(self, lines: Sequence[str]) -> None:
        """Report lines that are new, or were last reported long ago."""
        now = self.clock()
        for line in lines:
            if now - self._shown.get(line, -REPEATED) >= REPEATED:
                self.report(line)
                self._shown[line] = now
        self._shown = {line: at for line, at in self._shown.items() if line in lines}


def _why(spec: ReleaseSpec, status: Status) -> str:
    """Return why the gate stays shut. What was rolled back stays so, however often it is asked for."""
    reason = status.reason or "The release was refused."
    if status.phase != "RolledBack":
        return reason
    what = f"{spec.system} {status.version or spec.target.version} was rolled back"
    return f"{what}: {reason.rstrip().rstrip('.')}; {ways.on(spec, status)}."


def _lines(status: Status, id: str) -> list[str]:
    if status.id != id:
        return ["waiting for the controller"]
    weights = ", ".join(f"{slot} {share} %" for slot, share in sorted(status.weights.items()) if share)
    where = "closed" if status.closed else weights
    step = f", step {status.step + 1}" if status.phase == "Stepping" else ""
    paused = [f"paused by {status.paused.by}"] if status.paused else []
    return [f"{status.phase}{step}: {where or 'no visitors'}", *paused, *status.waiting]


def run(arguments: Sequence[str], environment: Mapping[str, str], api: Api, message_file: Path = TERMINATION) -> int:
    """Wait at the gate that the arguments name and return the exit status."""
    parser = argparse.ArgumentParser(prog="slipway.release.gate")
    parser.add_argument("gate", choices=("admit", "promote"))
    parser.add_argument("--release", required=True, metavar="NAME")
    parser.add_argument("--id", required=True)
    asked = parser.parse_args(arguments)
    namespace, uid = environment.get("POD_NAMESPACE"), environment.get("JOB_UID")
    if not namespace or (asked.gate == "admit" and not uid):
        return _end(
            BROKEN, f"{'JOB_UID' if namespace else 'POD_NAMESPACE'} is missing in the environment", message_file
        )
    gate = Gate(api, namespace, asked.release, asked.id, asked.gate, uid, lambda line: print(line, flush=True))
    reason = gate.wait()
    if reason is None:
        print(f"{asked.gate}: open", flush=True)
        return PASSED
    return _end(REFUSED, reason, message_file)


def _end(status: int, text: str, message_file: Path) -> int:
    """Print the reason, one line, and leave it as the pod's last words."""
    line = " ".join(text.split())
    print(line, file=sys.stderr, flush=True)
    # Outside a pod there is no such file; the log has the line.
    with contextlib.suppress(OSError):
        message_file.write_text(line, encoding="utf-8")
    return status


def main() -> int:
    """Ask the API server of the pod's cluster."""
    from slipway.release.controller.in_cluster import api

    return run(sys.argv[1:], os.environ, api())


if __name__ == "__main__":
    sys.exit(main())
