"""A policy pack in a process of its own, launched and greeted as Pulumi does it.

The pack is not modified. Its process ends with the worker's, however that ends: it holds the reading end of a pipe
that nobody writes to.
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

from rehearsal.errors import PolicyPackError
from rehearsal.pack_config import PackConfigError, PolicyConfig
from rehearsal.pack_pipe import Call, PackPipe

LAUNCHER = Path(__file__).with_name("pack_launcher.py").read_text(encoding="utf-8")
_NO_ENGINE = "127.0.0.1:1"
_NO_LIMIT = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.enable_http_proxy", 0),
]
_LAST_LINES = 12


@dataclass(frozen=True)
class StackContext:
    """What a pack may know of the stack that it judges."""

    project: str
    stack: str
    organization: str
    config: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By full key, `project:name`; secrets are in plain text."""
    secret_keys: Sequence[str] = ()
    dry_run: bool = True

    def environment(self) -> dict[str, str]:
        """Variables that Pulumi sets for a pack, which it must find at its start."""
        return {
            "PULUMI_ORGANIZATION": self.organization,
            "PULUMI_PROJECT": self.project,
            "PULUMI_STACK": self.stack,
            "PULUMI_DRY_RUN": str(self.dry_run).lower(),
            "PULUMI_CONFIG": json.dumps(dict(self.config)),
        }

    def to_proto(self) -> analyzer_pb2.AnalyzerStackConfigureRequest:
        """The same as a message."""
        return analyzer_pb2.AnalyzerStackConfigureRequest(
            project=self.project,
            stack=self.stack,
            organization=self.organization,
            dry_run=self.dry_run,
            config=self.config,
            config_secret_keys=self.secret_keys,
        )


class PackProcess:
    """The running process of a pack; starting it does not wait for it."""

    def __init__(self, directory: Path, context: StackContext) -> None:
        self.directory = directory
        self._port: Future[int] = Future()
        self._last_words: deque[str] = deque(maxlen=_LAST_LINES)
        requests, asked = os.pipe()
        answered, answers = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-c", LAUNCHER, str(requests), str(answers), _NO_ENGINE, "."],
            cwd=directory,
            env={**os.environ, **context.environment()},
            pass_fds=(requests, answers),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        os.close(requests)
        os.close(answers)
        self.pipe = PackPipe(asked, answered)
        assert self._process.stdout
        assert self._process.stderr
        self._listeners = [
            threading.Thread(target=self._hear_port, args=[self._process.stdout], daemon=True),
            threading.Thread(target=self._last_words.extend, args=[self._process.stderr], daemon=True),
        ]
        for listener in self._listeners:
            listener.start()

    def _hear_port(self, output: IO[str]) -> None:
        """The first line is the port; what a policy prints later is read, lest it block, and dropped.

        A process that ends without a port cancels the wait for it.
        """
        with suppress(ValueError):
            self._port.set_result(int(output.readline()))
        for _ in output:
            pass
        self._port.cancel()

    def address(self, seconds: float) -> str:
        """Where the pack listens. Raises `PolicyPackError` if it ends, or takes longer than `seconds`."""
        try:
            return f"127.0.0.1:{self._port.result(seconds)}"
        except FutureTimeout:
            raise PolicyPackError(f"{self.directory.name} did not start within {seconds:g} s") from None
        except CancelledError:
            raise PolicyPackError(f"{self.directory.name} did not start: {self.obituary()}") from None

    def ended(self) -> bool:
        """Whether the process is gone; one that is going gets a moment."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
        return self._process.returncode is not None

    def obituary(self) -> str:
        """How the process ended and what it said last."""
        self.ended()
        self._listeners[1].join(0.5)
        return f"exit status {self._process.returncode}\n{''.join(self._last_words)}".rstrip()

    def close(self) -> None:
        """End the process and wait for that."""
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
    """A pack, greeted: its process, the connection, and what the pack says of itself."""

    def __init__(self, directory: Path, context: StackContext) -> None:
        manifest = _manifest(directory)
        self._context = context
        self.version: str = str(manifest.get("version") or "")
        self.process = PackProcess(directory, context)
        self._channel: grpc.Channel | None = None

    def greet(self, seconds: float) -> None:
        """Connect by gRPC, introduce the stack and ask for the policies; each step has `seconds`."""
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
        """Let calls through: the pack has its configuration."""
        self.process.pipe.open()

    def put(self, call: Call) -> None:
        """Have a call answered in its turn."""
        self.process.pipe.put(call)

    def close(self) -> None:
        """Hang up and end the process."""
        if self._channel:
            self._channel.close()
        self.process.close()


def _manifest(directory: Path) -> Mapping[str, Any]:
    path = directory / "PulumiPolicy.yaml"
    try:
        manifest = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PackConfigError(f"{path}: no policy pack, for it cannot be read: {type(error).__name__}") from error
    runtime = manifest.get("runtime") if isinstance(manifest, Mapping) else None
    name = runtime.get("name") if isinstance(runtime, Mapping) else runtime
    if name != "python":
        raise PackConfigError(f"{path}: runtime: {name!r} cannot be run here; packs in Python can (runtime: python)")
    return manifest


def _optional(call: Callable[[], object]) -> None:
    """Make a call that packs of older SDKs do not know."""
    try:
        call()
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
            raise
