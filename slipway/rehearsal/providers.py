"""Provider references: the default provider of each package, and the inputs that the engine adds to explicit ones.

Engine: pkg/resource/deploy/default_providers.go (handleRequest, shouldDenyRequest).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import resource_pb2

from slipway.rehearsal import urns, values
from slipway.rehearsal.plan import UNKNOWN
from slipway.rehearsal.wire import MonitorError

INTERNAL = "__internal"
DISABLED = "pulumi:disable-default-providers"
PLUGIN = "pulumi-plugin.json"
"""The file that says which plugin an SDK needs, in the package that `pulumi package gen-sdk` writes."""


@dataclass(frozen=True)
class Package:
    """A provider package as a request names it; `parameter` is the version of a parameterised one."""

    name: str
    version: str = ""
    url: str = ""
    base: str = ""
    parameter: str = ""

    @property
    def default_name(self) -> str:
        """Return the name of the package's default provider: `default_<major>_<minor>_<patch>`."""
        version = self.parameter or self.version
        parts = ["default", *version.replace("-", ".").replace("+", ".").split(".")] if version else ["default"]
        if self.url:
            parts.append("".join(char if char.isalnum() or char in "._/" else "_" for char in self.url))
        return "_".join(parts)


class Providers:
    """The providers of one run. A reference is `<URN>::<id>`, and at preview every id is unknown."""

    def __init__(self, stack: str, project: str, config: Mapping[str, str]) -> None:
        self._stack, self._project, self._config = stack, project, config
        self._packages: dict[str, Package] = {}
        self._inputs: dict[str, Struct] = {}
        self._unknown: set[str] = set()
        self._defaults: set[str] = set()

    def request(self, package: str, version: str, url: str, reference: str = "") -> Package:
        """Return the package that a request refers to; a package reference takes precedence over name, version and
        URL."""
        if reference:
            return self._registered(reference)
        installed_version, installed_url = installed(package)
        return Package(package, version or installed_version, url.rstrip("/") or installed_url)

    def default(self, package: Package, token: str) -> str:
        """Return the reference of the package's default provider, which is created at its first use."""
        if self._is_denied(package.name):
            raise MonitorError(
                f"Default provider for '{package.name}' disabled. '{token}' must use an explicit provider."
            )
        type_ = urns.PROVIDER_PREFIX + package.name
        urn = urns.create_urn(self._stack, self._project, "", type_, package.default_name)
        if urn not in self._inputs:
            self._defaults.add(urn)
            self._inputs[urn] = self.configured(package)
            self.complete(self._inputs[urn], package)
        return f"{urn}::{UNKNOWN}"

    def configured(self, package: Package) -> Struct:
        """Return what the stack configures for the default provider of a package."""
        prefix = f"{package.name}:"
        inputs = Struct()
        inputs.update({key.removeprefix(prefix): text for key, text in self._config.items() if key.startswith(prefix)})
        return inputs

    def complete(self, inputs: Struct, package: Package) -> None:
        """Add the inputs that the engine adds to a provider: its version, and an `__internal` map."""
        if not (package.version or package.url or package.parameter):
            return
        internal = inputs.fields[INTERNAL].struct_value
        internal.SetInParent()
        if package.version or package.parameter:
            inputs.fields["version"].string_value = package.parameter or package.version
        if package.url:
            internal["pluginDownloadURL"] = package.url
        if package.parameter:
            internal["name"] = package.base

    def add(self, urn: str, inputs: Struct) -> None:
        """Record an explicit provider."""
        self._inputs[urn] = inputs
        if any(values.contains_unknowns(item) for key, item in inputs.fields.items() if key != "version"):
            self._unknown.add(urn)

    def inputs(self, reference: str) -> Struct | None:
        """Return the inputs of a referenced provider, or None if the program never registered it."""
        return self._inputs.get(reference.rpartition("::")[0])

    def is_default(self, urn: str) -> bool:
        """Return whether the engine created this provider because a resource named none."""
        return urn in self._defaults

    def is_unconfigured(self, reference: str) -> bool:
        """Return whether an explicit provider's configuration has unknowns, in which case the engine does not call
        it."""
        return reference.rpartition("::")[0] in self._unknown

    def register_package(self, request: resource_pb2.RegisterPackageRequest) -> str:
        """Register a parameterised or extended package; equal packages share one reference."""
        parameter = request.parameterization if request.HasField("parameterization") else None
        package = Package(
            name=parameter.name if parameter else request.name,
            version=request.version,
            url=request.download_url,
            base=request.name,
            parameter=parameter.version if parameter else "",
        )
        reference = hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()
        self._packages[reference] = package
        return reference

    def _registered(self, reference: str) -> Package:
        if reference not in self._packages:
            raise MonitorError(f"unknown provider package '{reference}'")
        return self._packages[reference]

    def _is_denied(self, package: str) -> bool:
        denied = self._config.get(DISABLED, "")
        return package != "pulumi" and bool(denied) and bool({"*", package} & set(map(str.strip, json.loads(denied))))


@cache
def installed(package: str) -> tuple[str, str]:
    """Return version and plugin server of the installed SDK of a package; empty if it is not installed."""
    try:
        distribution = metadata.distribution(f"pulumi-{package}")
    except (metadata.PackageNotFoundError, ValueError):
        return "", ""
    file = Path(str(distribution.locate_file(f"pulumi_{package.replace('-', '_')}/{PLUGIN}")))
    if not file.is_file():
        return distribution.version, ""
    plugin = json.loads(file.read_text(encoding="utf-8"))
    return plugin.get("version", distribution.version), plugin.get("server", "")
