"""Asks a provider's plugin for the results of functions, as Pulumi's engine does: with the credentials of the environment.

Engine: sdk/go/common/resource/plugin/provider_plugin.go (Handshake, CheckConfig, Configure, Invoke),
sdk/go/common/workspace/plugins.go (where plugins are).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.ops.failure import CloudFailure
from slipway.settings.secrecy import may_be_secret

START_SECONDS = 60
"""Seconds until a plugin has to print its port. Chosen: the largest one needs a few."""
CALL_SECONDS = 300
"""Seconds for a call. Chosen: a cloud that is asked page by page takes less than one minute."""
MESSAGE_BYTES = 400 * 1024 * 1024
"""Bytes of a message. Source: sdk/go/common/util/rpcutil/serve.go, which the engine and its plugins use."""
PROVIDER_TYPE = "pulumi:providers:"
SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
"""The key and the value that mark a secret. Source: sdk/go/common/resource/sig/sig.go."""


@dataclass(frozen=True)
class Provider:
    """A provider to ask: its package, the version and the server of its plugin, its URN and its configuration."""

    package: str
    version: str = ""
    server: str = ""
    urn: str = ""
    inputs: Mapping[str, Any] | None = None

    @property
    def program(self) -> str:
        return f"pulumi-resource-{self.package}"

    @property
    def installation(self) -> str:
        """Return the command that installs the plugin."""
        words = ["pulumi plugin install resource", self.package, self.version and f"v{self.version}"]
        return " ".join(filter(None, [*words, self.server and f"--server {self.server}"]))


class Plugin:
    """A running plugin of a configured provider."""

    def __init__(self, provider: Provider, channel: Any) -> None:
        from pulumi.runtime.proto import provider_pb2_grpc

        self._provider = provider
        self._stub: Any = provider_pb2_grpc.ResourceProviderStub(channel)

    def configure(self, address: str, folder: Path) -> None:
        """Introduce the engine, and configure the provider. Raises CloudFailure."""
        from pulumi.runtime.proto import provider_pb2

        package, inputs = self._provider.package, dict(self._provider.inputs or {})
        urn = self._provider.urn or f"urn:pulumi:preview::preview::{PROVIDER_TYPE}{package}::default"
        identity: Any = {"urn": urn, "name": urn.rpartition("::")[2], "type": f"{PROVIDER_TYPE}{package}"}
        handshake = provider_pb2.ProviderHandshakeRequest(
            engine_address=address,
            root_directory=str(folder),
            program_directory=str(folder),
            configure_with_urn=True,
        )
        self._called("Handshake", handshake, optional=True)
        wanted = provider_pb2.CheckRequest(news=_struct(inputs), olds=_struct({}), **identity)
        checked = self._called("CheckConfig", wanted, optional=True)
        if checked is not None:
            self._refuse(checked.failures, "its configuration")
        args = checked.inputs if checked is not None else _struct(inputs)
        request = provider_pb2.ConfigureRequest(
            variables={f"{package}:config:{key}": _text(value) for key, value in _plain(args).items()},
            args=args,
            acceptSecrets=True,
            acceptResources=True,
            sends_old_inputs=True,
            sends_old_inputs_to_delete=True,
            id="preview",
            **identity,
        )
        self._called("Configure", request)

    def invoke(self, token: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result of a function; secrets in it have their mark. Raises CloudFailure."""
        from pulumi.runtime.proto import provider_pb2

        given = {key: value for key, value in arguments.items() if value is not None}
        answer = self._called("Invoke", provider_pb2.InvokeRequest(tok=token, args=_struct(given), preview=True))
        self._refuse(answer.failures, token)
        return _plain(getattr(answer, "return"))

    def secret_outputs(self, token: str) -> frozenset[str]:
        """Return the names of what a function returns as secret, by the provider's schema; none without a schema."""
        from pulumi.runtime.proto import provider_pb2

        found = self._called("GetSchema", provider_pb2.GetSchemaRequest(), optional=True)
        schema = json.loads(found.schema or "{}") if found is not None else {}
        outputs = schema.get("functions", {}).get(token, {}).get("outputs") or {}
        return frozenset(_secret_names(outputs, schema.get("types", {}), set()))

    def _called(self, method: str, request: Any, *, optional: bool = False) -> Any:
        import grpc

        try:
            return getattr(self._stub, method)(request, timeout=CALL_SECONDS)
        except grpc.RpcError as error:
            status: Any = error
            if optional and status.code() is grpc.StatusCode.UNIMPLEMENTED:
                return None
            raise CloudFailure(f"the provider {self._provider.package} failed: {_readable(status.details())}") from None

    def _refuse(self, failures: Any, what: str) -> None:
        if failures:
            said = "; ".join(f"{each.property}: {each.reason}" if each.property else each.reason for each in failures)
            raise CloudFailure(f"the provider {self._provider.package} refuses {what}: {_readable(said)}")


@contextlib.contextmanager
def running(provider: Provider, folder: Path) -> Iterator[Plugin]:
    """Yield the plugin of a provider, started in `folder` and configured; it ends with the block. Raises CloudFailure."""
    import grpc

    place = _place(provider)
    if place is None:
        version = f" {provider.version}" if provider.version else ""
        raise CloudFailure(
            f"the plugin of {provider.package}{version} is not installed: install it with `{provider.installation}`"
        )
    options = [("grpc.max_receive_message_length", MESSAGE_BYTES), ("grpc.enable_http_proxy", 0)]
    with (
        _engine() as address,
        _started(provider, place, address, folder) as port,
        grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel,
    ):
        plugin = Plugin(provider, channel)
        plugin.configure(address, folder)
        yield plugin


def _place(provider: Provider) -> Path | None:
    """Return the plugin's program: on the PATH first, as the engine does, then in Pulumi's folder, the newest one if the
    program pins no version."""
    found = shutil.which(provider.program)
    if found and os.environ.get("PULUMI_IGNORE_AMBIENT_PLUGINS", "").lower() not in ("1", "true"):
        return Path(found)
    plugins = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi") / "plugins"
    folders = [plugins / f"resource-{provider.package}-v{provider.version}"]
    if not provider.version:
        folders = sorted(plugins.glob(f"resource-{provider.package}-v[0-9]*"), key=_numbers, reverse=True)
    return next((each / provider.program for each in folders if (each / provider.program).is_file()), None)


def _numbers(folder: Path) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", folder.name.rpartition("-v")[2])]


@contextlib.contextmanager
def _started(provider: Provider, place: Path, address: str, folder: Path) -> Iterator[int]:
    """Yield the port of a started plugin. It is in a session of its own: Ctrl-C ends it with the command."""
    try:
        process = subprocess.Popen(
            [place, address],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise CloudFailure(f"the plugin of {provider.package} cannot be started: {error.strerror}") from None
    assert process.stdout is not None
    try:
        ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
        port = process.stdout.readline().strip() if ready else b""
        if not port.isdigit():
            raise CloudFailure(f"the plugin of {provider.package} did not start: it printed no port")
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield int(port)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def _engine() -> Iterator[str]:
    """Yield the address of an engine that takes what plugins log, and shows none of it."""
    import grpc
    from google.protobuf import empty_pb2
    from pulumi.runtime.proto import engine_pb2_grpc

    class Engine(engine_pb2_grpc.EngineServicer):
        def Log(self, request: Any, context: Any) -> empty_pb2.Empty:
            return empty_pb2.Empty()

    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None)


def _secret_names(schema: Mapping[str, Any], types: Mapping[str, Any], seen: set[str]) -> Iterator[str]:
    """Yield the names of secret properties of an object, also of the types that it refers to."""
    for name, each in (schema.get("properties") or {}).items():
        if each.get("secret"):
            yield name
        reference = next(iter(re.findall(r'"\$ref": "#/types/([^"]+)"', json.dumps(each))), "")
        if reference and reference not in seen:
            seen.add(reference)
            yield from _secret_names(types.get(reference, {}), types, seen)


def _readable(text: str | None) -> str:
    """Return what a provider said, on one line; not if a secret may be in it."""
    line = " ".join((text or "it gave no reason").split())
    return "what it said may hold a secret, and is not shown" if may_be_secret(line) else line


def _struct(content: Mapping[str, Any]) -> Any:
    from google.protobuf.struct_pb2 import Struct

    struct = Struct()
    struct.update(content)
    return struct


def _plain(struct: Any) -> dict[str, Any]:
    """Return a property map as plain values; whole numbers are integers."""
    from google.protobuf import json_format

    return _integers(json_format.MessageToDict(struct))


def _integers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _integers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_integers(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
