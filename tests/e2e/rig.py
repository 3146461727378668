"""A Kubernetes node of the rig for the length of a test run."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NAME = "slipway-e2e"
VOLUMES = 32
"""Ready-made folders that claims bind to."""
ROOT = Path(__file__).parents[2]
IMAGES = Path(__file__).parent / "images"
STACK = Path(__file__).parent / "Pulumi.rig.yaml"


class Rig:
    """One node. Every call ends within its time, or fails with what was printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.crds = folder.parent / "crds"
        self.kubeconfig = ""
        self._home = Path(os.environ.get("RIG_HOME", Path.home() / ".cache" / "rig"))
        self._kubectl = str(self._home / "bin" / "kubectl")
        self._command = [str(folder / "rig"), "-n", NAME]
        self._started: list[subprocess.Popen[bytes]] = []

    def up(self) -> None:
        self._rig("up", "node", timeout=3000)
        self.kubeconfig = self._rig("kubeconfig").splitlines()[-1]
        self._open_volumes()

    def bring_gateway(self) -> None:
        self._rig("gateway", timeout=900)

    def _open_volumes(self) -> None:
        """The kubelet gives a folder of the host to no group, so `fsGroup` has no effect there."""
        for number in range(1, VOLUMES + 1):
            folder = self._home / "state" / NAME / "volumes" / str(number)
            folder.mkdir(exist_ok=True)
            folder.chmod(0o777)

    def down(self) -> None:
        """With all that was started on it."""
        self._rig("down")
        for process in self._started:
            process.wait(30)

    def start(self, *words: str) -> None:
        """Runs a program of this machine in the node's network until the node goes down."""
        command = [*self._command, "exec", "--", *words]
        self._started.append(
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )

    def forward(self, address: str) -> str:
        """The address on this machine that leads to one of the node's network."""
        return self._rig("forward", address).splitlines()[-1]

    def image(self, name: str, *, packages: str, files: Sequence[str], entrypoint: str) -> None:
        copies = [word for file in files for word in ("--copy", file)]
        self._rig("image", name, "--packages", packages, *copies, "--entrypoint", entrypoint, timeout=600)

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        environment = {**os.environ, "KUBECONFIG": self.kubeconfig}
        return _run([self._kubectl, *words], 120, environment, stdin)

    def get(self, kind: str, *words: str) -> list[dict[str, Any]]:
        return json.loads(self.kubectl("get", kind, *words, "-o", "json"))["items"]

    def inside(self, *words: str, timeout: float = 300) -> str:
        """Runs a program of this machine in the node's network."""
        return self._rig("exec", "--", *words, timeout=timeout)

    def _rig(self, *words: str, timeout: float = 300) -> str:
        return _run([*self._command, *words], timeout, dict(os.environ), None)


def rehearse(rig: Rig, stack: Path, root: Path = ROOT) -> tuple[int, str]:
    """`slipway rehearse` of a stack's file in a project: its exit status and all that it prints."""
    done = subprocess.run(
        [
            str(ROOT / ".venv" / "bin" / "slipway"),
            "rehearse",
            *("--cwd", str(root)),
            *("--config", str(stack)),
            *("--kubeconfig", rig.kubeconfig),
            *("--crds", str(rig.crds)),
            *("--timeout", "300"),
        ],
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def _run(words: Sequence[str], timeout: float, environment: dict[str, str], stdin: str | None) -> str:
    done = subprocess.run(
        list(words), capture_output=True, text=True, timeout=timeout, env=environment, input=stdin, check=False
    )
    assert done.returncode == 0, f"{' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout.strip()
