"""A policy pack in its own process, started as Pulumi does it.

The pack is not modified. Its process ends with the worker's, however the worker ends: it has the reading end of a pipe
to which nobody writes.

Engine: pkg/resource/plugin/analyzer_plugin.go (NewPolicyAnalyzer).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import grpc
import yaml
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from slipway.rehearsal.errors import PolicyPackError
from slipway.rehearsal.pack_config import PackConfigError, PolicyConfig
from slipway.rehearsal.pack_pipe import Call, PackPipe

LAUNCHER = Path(__file__).with_name("pack_launcher.py").read_text(encoding="utf-8")
_NO_ENGINE = "127.0.0.1:1"
ARGUMENTS = (_NO_ENGINE, ".")
"""What `pulumi.policy` is started with: the engine's address and the pack's folder."""
_NO_LIMIT = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.enable_http_proxy", 0),
]
_LAST_LINES = 12
"""Lines of a pack's standard error that an error shows. Chosen: the end of a traceback."""


@dataclass(frozen=True)
class StackContext:
    """The properties of the stack that a pack receives."""

    project: str
    stack: str
    organization: str
    config: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By full key, `project:name`; secrets are in plain text."""
    secret_keys: Sequence[str] = ()
    dry_run: bool = True

    def environment(self) -> dict[str, str]:
        """Return the variables that Pulumi sets for a pack at its start."""
        return {
            "PULUMI_ORGANIZATION": self.organization,
            "PULUMI_PROJECT": self.project,
            "PULUMI_STACK": self.stack,
            "PULUMI_DRY_RUN": str(self.dry_run).lower(),
            "PULUMI_CONFIG": json.dumps(dict(self.config)),
        }

    def to_proto(self) -> analyzer_pb2.AnalyzerStackConfigureRequest:
        """Return the context as a message."""
        return analyzer_pb2.AnalyzerStackConfigureRequest(
            project=self.project,
            stack=self.stack,
            organization=self.organization,
            dry_run=self.dry_run,
            config=self.config,
            config_secret_keys=self.secret_keys,
        )


def start_pack(requests: int, answers: int, directory: Path, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start the pack of a folder, which reads requests and writes answers at these descriptors."""
    return subprocess.Popen(
        [sys.executable, "-u", "-c", LAUNCHER, str(requests), str(answers), *ARGUMENTS],
        cwd=directory,
        env=environment,
        pass_fds=(requests, answers),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )


class PackProcess:
    """The running process of a pack; starting it does not wait for it."""

    def __init__(self, directory: Path, context: StackContext, environment: Mapping[str, str]) -> None:
        self.directory = directory
        self._port: Future[int] = Future()
        self._stderr_tail: deque[str] = deque(maxlen=_LAST_LINES)
        requests, asked = os.pipe()
        answered, answers = os.pipe()
        self._process = start_pack(requests, answers, directory, {**os.environ, **context.environment(), **environment})
        os.close(requests)
        os.close(answers)
        self.pipe = PackPipe(asked, answered)
        assert self._process.stdout
        assert self._process.stderr
        self._listeners = [
            threading.Thread(target=self._read_port, args=[self._process.stdout], daemon=True),
            threading.Thread(target=self._stderr_tail.extend, args=[self._process.stderr], daemon=True),
        ]
        for listener in self._listeners:
            listener.start()

    def _read_port(self, output: IO[str]) -> None:
        """Read the port from the first line; later output of policies is read, so that they do not block, and dropped.

        A process that ends without a port cancels the wait for it.
        """
        with suppress(ValueError):
            self._port.set_result(int(output.readline()))
        for _ in output:
            pass
        self._port.cancel()

    def address(self, seconds: float) -> str:
        """Return the address of the pack. Raises `PolicyPackError` if it ends, or takes longer than `seconds`."""
        try:
            return f"127.0.0.1:{self._port.result(seconds)}"
        except FutureTimeout:
            raise PolicyPackError(f"{self.directory.name} did not start within {seconds:g} s") from None
        except CancelledError:
            raise PolicyPackError(f"{self.directory.name} did not start: {self.exit_report()}") from None

    def ended(self) -> bool:
        """Return whether the process has ended; a process that is about to end gets a moment."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
        return self._process.returncode is not None

    def exit_report(self) -> str:
        """Return how the process ended and its last output."""
        self.ended()
        self._listeners[1].join(0.5)
        return f"exit status {self._process.returncode}\n{''.join(self._stderr_tail)}".rstrip()

    def close(self) -> None:
        """End the process and wait for it."""
        assert self._process.stdin
        self._process.stdin.close()
        if not self.ended():
            self._process.kill()
            self._process.wait()
        self.pipe.close()
        for listener in self._listeners:
            listener.join()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream
            stream.close()


class PackSession:
    """A connected pack: its process, the connection, and its description of itself."""

    def __init__(self, directory: Path, context: StackContext, environment: Mapping[str, str] | None = None) -> None:
        """Start the pack; `environment` is added to the variables that Pulumi sets."""
        manifest = _manifest(directory)
        self._context = context
        self.version: str = str(manifest.get("version") or "")
        self.process = PackProcess(directory, context, environment or {})
        self._channel: grpc.Channel | None = None

    def handshake(self, seconds: float) -> None:
        """Connect by gRPC, send the stack's context and fetch the policies; each step has `seconds`."""
        self._channel = grpc.insecure_channel(self.process.address(seconds), options=_NO_LIMIT)
        self.stub = analyzer_pb2_grpc.AnalyzerStub(self._channel)
        directory = str(self.process.directory)
        handshake = analyzer_pb2.AnalyzerHandshakeRequest(
            engine_address=_NO_ENGINE, root_directory=directory, program_directory=directory
        )
        _optional(lambda: self.stub.Handshake(handshake, timeout=seconds))
        _optional(lambda: self.stub.ConfigureStack(self._context.to_proto(), timeout=seconds))
        self.info: analyzer_pb2.AnalyzerInfo = self.stub.GetAnalyzerInfo(Empty(), timeout=seconds)
        self.version = self.version or self.info.version

    def configure(self, config: Mapping[str, PolicyConfig], seconds: float) -> None:
        """Set every policy's level and properties."""
        if config:
            policies = {name: each.to_proto() for name, each in config.items()}
            self.stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=policies), timeout=seconds)

    def open(self) -> None:
        """Let calls through: the pack is configured."""
        self.process.pipe.open()

    def put(self, call: Call) -> None:
        """Queue a call."""
        self.process.pipe.put(call)

    def close(self) -> None:
        """Close the connection and end the process."""
        if self._channel:
            self._channel.close()
        self.process.close()


def _manifest(directory: Path) -> Mapping[str, Any]:
    path = directory / "PulumiPolicy.yaml"
    try:
        manifest = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PackConfigError(f"{path}: the policy pack cannot be read: {type(error).__name__}") from error
    runtime = manifest.get("runtime") if isinstance(manifest, Mapping) else None
    name = runtime.get("name") if isinstance(runtime, Mapping) else runtime
    if name != "python":
        raise PackConfigError(f"{path}: runtime: {name!r} is not supported: use a pack in Python (runtime: python)")
    return manifest


def _optional(call: Callable[[], object]) -> None:
    """Make a call that packs of older SDKs may not have."""
    try:
        call()
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
            raise
