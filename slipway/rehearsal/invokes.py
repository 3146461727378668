"""Answers to function calls. A rehearsal runs no provider: it answers the functions of the engine itself, the decoder of
manifests, and what the project's `rehearsal.yaml` has an answer for.

Engine: pkg/resource/deploy/source_eval.go (Invoke), pkg/resource/deploy/builtins.go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct

from slipway.rehearsal import manifests, urns, values
from slipway.rehearsal.answers import FILE, Asked
from slipway.rehearsal.providers import INTERNAL, Providers
from slipway.rehearsal.redaction import Redactor
from slipway.rehearsal.registered_resources import Registry
from slipway.rehearsal.wire import InvokeRequest, MonitorError

UNANSWERED = "{token} was not called: a rehearsal asks no provider, so its result is unknown, unless {entry}"
NEEDED = "{line}{token} was not called: a rehearsal asks no provider, and the program needs the result at once: {entry}{hint}"
ENTRY = "{file} has it, for example functions: {{{token}: [{{arguments: {arguments}, result: {{…}}}}]}}"
RECORD = "; `slipway preview --record` asks the provider"
UNKNOWN_ARGUMENT = "an argument is known after an update only"
SECRET_ARGUMENT = "an argument is, or looks like, a secret"
SECRET_PROVIDER = (
    "its provider is configured with a secret: give it by the environment instead, as the provider's page says"
)
PARAMETERISED = "its package is made from a parameter"
RENDERED = "; the result is the rendered objects, {{result: [{{apiVersion: …}}]}}, or {{result: []}} to leave them out of the plan"
RENDERERS = ("kubernetes:helm:template", "kubernetes:kustomize:directory")
"""Functions of Pulumi's Kubernetes provider that run programs; without their result a component has no children."""


def get_resource(request: InvokeRequest, registry: Registry) -> Struct:
    """Return the state of a resource of this run: the SDK uses it to turn a reference back into a resource object."""
    urn = request.args.fields["urn"].string_value
    found = registry.get(urn)
    if found is None:
        raise MonitorError(f"unknown resource {urn}")
    answer = Struct()
    answer.update({"urn": urn, "id": found.id, "provider": found.provider})
    answer.fields["state"].struct_value.CopyFrom(found.outputs)
    return answer


def decode(request: InvokeRequest, registry: Registry) -> Struct:
    """Return the objects of a manifest. The SDK reads files itself and passes their text alone."""
    text = request.args.fields["text"].string_value
    try:
        return as_struct({"result": manifests.decoded(text)})
    except manifests.DecodeError as error:
        file = manifests.file_with(text, Path.cwd())
        raise MonitorError(f"{file or request.tok}: {error}") from None


ANSWERS: Mapping[str, Callable[[InvokeRequest, Registry], Struct]] = {
    "pulumi:pulumi:getResource": get_resource,
    "kubernetes:yaml:decode": decode,
}


def arguments_of(args: Struct) -> dict[str, Any]:
    return json_format.MessageToDict(args)


def as_struct(content: Mapping[str, Any]) -> Struct:
    struct = Struct()
    struct.update(content)
    return struct


def asked(request: InvokeRequest, providers: Providers, redactor: Redactor) -> Asked:
    """Return a call that nobody answers, with the provider that could, or why that cannot be asked. What is secret stays
    out of it: a masked text is another one."""
    package = providers.request(
        urns.package_of(request.tok), request.version, request.pluginDownloadURL, request.packageRef
    )
    inputs = providers.inputs(request.provider) if request.provider else providers.configured(package)
    configured = Struct(fields={key: value for key, value in (inputs or Struct()).fields.items() if key != INTERNAL})
    version = configured.fields.pop("version").string_value if "version" in configured.fields else package.version
    urn = request.provider.rpartition("::")[0]
    obstacle = PARAMETERISED if package.parameter else _obstacle(request.args, configured, redactor)
    if obstacle:
        return Asked(request.tok, {}, package.name, obstacle=obstacle)
    return Asked(
        request.tok,
        arguments_of(request.args),
        package.name,
        version,
        package.url,
        urn,
        arguments_of(configured),
    )


def _obstacle(arguments: Struct, inputs: Struct, redactor: Redactor) -> str:
    if values.contains_unknowns(arguments):
        return UNKNOWN_ARGUMENT
    if _is_secret(arguments, redactor):
        return SECRET_ARGUMENT
    return SECRET_PROVIDER if _is_secret(inputs, redactor) or values.contains_unknowns(inputs) else ""


def _is_secret(struct: Struct, redactor: Redactor) -> bool:
    """Return whether a text is marked as secret or known to be."""
    text = json.dumps(arguments_of(struct), ensure_ascii=False)
    return values.SECRET_SIGNATURE in text or redactor.masked(text) != text


def unanswered(token: str) -> str:
    """Return what is said of a call whose result is unknown."""
    return UNANSWERED.format(token=token, entry=_entry(token, {})) + RECORD


def needed(token: str, args: Struct, line: str) -> str:
    """Return what is said of a call without an answer whose result the program needs at once, on one line."""
    hint = RENDERED.format() if token in RENDERERS else ""
    arguments = {} if token in RENDERERS else arguments_of(args)
    entry = _entry(token, arguments).replace(f"{FILE} has it", f"add it to {FILE}", 1)
    return NEEDED.format(line=line, token=token, entry=entry, hint=hint) + RECORD


def _entry(token: str, arguments: Mapping[str, Any]) -> str:
    written = json.dumps(arguments, ensure_ascii=False, default=str)
    return ENTRY.format(file=FILE, token=json.dumps(token), arguments=written)
