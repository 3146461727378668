"""A Kubernetes node of the rig for the length of a test run."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from slipway.settings.cluster_services import API_GROUPS
from tests import installed

ROOT = Path(__file__).parents[2]
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
NAME = f"slipway-e2e-{hashlib.sha256(bytes(ROOT)).hexdigest()[:8]}{WORKER}"
"""The node of this checkout and of this process: tests of several may run beside each other."""
SCRATCH = Path(tempfile.gettempdir()) / NAME
"""Files that programs in the node's network read."""
ABSENT = frozenset(
    group for name, groups in API_GROUPS.items() if name not in ("gateway", "releases") for group in groups
)
"""Groups whose controllers do not run there, whatever a stack says."""
OF_OWNERS = ("cert-manager", "monitoring")
"""Namespaces of controllers that `Pulumi.rig.yaml` calls present."""
NOT_BY_THE_CLOCK = "reason=FailedCreate,involvedObject.kind!=CronJob"
"""Selects events of pods that are refused, and not of Jobs that a clock would begin, which `no-schedules.yaml` refuses."""
VOLUMES = 32
"""Ready-made folders that claims bind to."""
IMAGES = Path(__file__).parent / "images"
STACK = Path(__file__).parent / "Pulumi.rig.yaml"


class Rig:
    """One node. Every call ends within its time, or fails with what was printed."""

    def __init__(self, folder: Path, name: str = NAME) -> None:
        self.folder, self._name = folder, name
        self.crds = folder.parent / "crds"
        self.kubeconfig = ""
        self._home = Path(os.environ.get("RIG_HOME", Path.home() / ".cache" / "rig"))
        self.kubectl_program = str(self._home / "bin" / "kubectl")
        self.envoy = self._home / "bin" / "envoy"
        self._command = [str(folder / "rig"), "-n", name]
        self._started: list[subprocess.Popen[bytes]] = []
        self._has_gateway = False

    def up(self) -> None:
        self._rig("up", "node", timeout=3000)
        self.kubeconfig = self._rig("kubeconfig").splitlines()[-1]
        self._open_volumes()
        for namespace in OF_OWNERS:
            self.kubectl("create", "namespace", namespace)

    def bring_gateway(self) -> None:
        """Its controller leads alone, and on a busy machine would lose its lease to nobody and do nothing any more."""
        if self._has_gateway:
            return
        self._rig("gateway", timeout=900)
        place = ("-n", "envoy-gateway-system")
        config = json.loads(self.kubectl(*place, "get", "configmap", "envoy-gateway-config", "-o", "json"))
        settings = yaml.safe_load(config["data"]["envoy-gateway.yaml"])
        settings["provider"]["kubernetes"]["leaderElection"] = {"disable": True}
        config["data"]["envoy-gateway.yaml"] = yaml.safe_dump(settings)
        self.kubectl("replace", "-f", "-", stdin=json.dumps(config))
        self.kubectl(*place, "rollout", "restart", "deployment", "envoy-gateway")
        self._has_gateway = True

    def _open_volumes(self) -> None:
        """The kubelet gives a folder of the host to no group, so `fsGroup` has no effect there."""
        for number in range(1, VOLUMES + 1):
            folder = self._home / "state" / self._name / "volumes" / str(number)
            folder.mkdir(exist_ok=True)
            folder.chmod(0o777)

    def down(self) -> None:
        """With all that was started on it."""
        self._rig("down")
        for process in self._started:
            process.wait(30)

    def start(self, *words: str) -> None:
        """Runs a program of this machine in the node's network until the node goes down."""
        self._begin(*self._command, "exec", "--", *words)

    def _begin(self, *command: str) -> None:
        silent = subprocess.DEVNULL
        self._started.append(subprocess.Popen(command, stdin=silent, stdout=silent, stderr=silent))

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """A program of this machine in the node's network, whose output is read when it ended."""
        return subprocess.Popen(
            [*self._command, "exec", "--", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )

    def forward(self, address: str) -> str:
        """The address on this machine that leads to one of the node's network."""
        return self._rig("forward", address).splitlines()[-1]

    @contextmanager
    def forwarded(self, namespace: str, pod: str, port: int) -> Iterator[str]:
        """The address on this machine that leads to a port inside a pod."""
        words = [self.kubectl_program, "-n", namespace, "port-forward", f"pod/{pod}", f":{port}"]
        environment = {**os.environ, "KUBECONFIG": self.kubeconfig}
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout is not None
            try:
                yield process.stdout.readline().split()[2]
            finally:
                process.terminate()

    def image(self, name: str, *, packages: str, files: Sequence[str], entrypoint: str) -> None:
        copies = [word for file in files for word in ("--copy", file)]
        self._rig("image", name, "--packages", packages, *copies, "--entrypoint", entrypoint, timeout=600)

    def tag(self, name: str, others: Sequence[str]) -> None:
        """The node then has an image under other names too; at once, since nothing is copied."""
        if not others:
            return
        outer = (self._home / "state" / self._name / "run" / "sandbox.pid").read_text().strip()
        init, *_ = Path(f"/proc/{outer}/task/{outer}/children").read_text().split()
        socket = f"/proc/{init}/root/run/containerd/containerd.sock"
        images = [str(self._home / "bin" / "ctr"), "--address", socket, "--namespace", "k8s.io", "images"]
        _run([*images, "tag", "--force", name, *others], 120, dict(os.environ), None)

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        environment = {**os.environ, "KUBECONFIG": self.kubeconfig}
        return _run([self.kubectl_program, *words], 120, environment, stdin)

    def get(self, kind: str, *words: str) -> list[dict[str, Any]]:
        return json.loads(self.kubectl("get", kind, *words, "-o", "json"))["items"]

    def restart_api_server(self, away: float) -> None:
        """Kill the API server, and start it again as it was after so many seconds. Returns once it is ready."""
        state = str(self._home / "state" / self._name)
        (server,) = (
            folder
            for folder in Path("/proc").glob("[0-9]*")
            if (words := _words(folder)) and words[0] == "kube-apiserver" and state in " ".join(words)
        )
        words, beside = _words(server), (server / "stat").read_text().rpartition(")")[2].split()[1]
        os.kill(int(server.name), signal.SIGKILL)
        time.sleep(away)
        self._begin(
            "nsenter", "-t", beside, "-m", "-n", "-p", "-u", "-i", str(self._home / "bin" / words[0]), *words[1:]
        )
        end = time.monotonic() + 60
        while True:
            try:
                self.kubectl("get", "--raw", "/readyz", "--request-timeout=2s")
                return
            except AssertionError:
                assert time.monotonic() < end, "the API server does not come back"
                time.sleep(1)

    def proxy(self) -> dict[str, Any]:
        """A pod of the proxies that all systems share; gateways of other classes have their own."""
        (pod, *_) = self.get(
            "pods", "-n", "envoy-gateway-system", "-l", "gateway.envoyproxy.io/owning-gatewayclass=slipway"
        )
        return pod

    def inside(self, *words: str, timeout: float = 300) -> str:
        """Runs a program of this machine in the node's network."""
        return self._rig("exec", "--", *words, timeout=timeout)

    def _rig(self, *words: str, timeout: float = 300) -> str:
        return _run([*self._command, *words], timeout, dict(os.environ), None)


def clear(folder: Path) -> None:
    """Take down what an interrupted run of this checkout has left: whoever is interrupted has no time for it."""
    command = str(folder / "rig")
    for line in _run([command, "status"], 60, dict(os.environ), None).splitlines():
        if (name := line.partition(" ")[0]).startswith(NAME):
            _run([command, "-n", name, "down"], 300, dict(os.environ), None)


def rehearse(
    rig: Rig, stack: Path, root: Path = ROOT, *, options: Sequence[str] = ("--yes",), crds: bool = False
) -> tuple[int, str]:
    """`slipway rehearse` of a stack's file in a project: its exit status and all that it prints."""
    return ended(rehearsing(rig, stack, root, options=options, crds=crds))


def rehearsing(
    rig: Rig,
    stack: Path,
    root: Path = ROOT,
    *,
    options: Sequence[str] = ("--yes",),
    crds: bool = False,
    kubeconfig: str = "",
) -> subprocess.Popen[str]:
    """The same under way. A Ctrl-C reaches it from whatever shell the tests were started."""
    words = [
        str(installed.command()),
        "rehearse",
        *("--cwd", str(root)),
        *("--config", str(stack)),
        *("--kubeconfig", kubeconfig or rig.kubeconfig),
        *("--timeout", "300"),
        *(word for group in sorted(ABSENT) for word in ("--absent", group)),
        *(("--crds", str(rig.crds)) if crds else ()),
        *options,
    ]
    with receiving(signal.SIGINT):
        return subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )


def ended(run: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit status of a run, and what it printed since anybody read it."""
    output, _ = run.communicate(timeout=1200)
    return run.returncode, output


@contextmanager
def receiving(sent: signal.Signals) -> Iterator[None]:
    """What is started within ignores the signal no longer, as it would where a shell began this in the background."""
    before = signal.signal(sent, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(sent, before)


def _words(process: Path) -> list[str]:
    """The command line of a process; empty once it has ended."""
    try:
        return (process / "cmdline").read_bytes().decode().split("\0")[:-1]
    except OSError:
        return []


def _run(words: Sequence[str], timeout: float, environment: dict[str, str], stdin: str | None) -> str:
    done = subprocess.run(
        list(words), capture_output=True, text=True, timeout=timeout, env=environment, input=stdin, check=False
    )
    assert done.returncode == 0, f"{' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout.strip()
