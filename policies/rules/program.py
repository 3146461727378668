"""A program may use only types that the pack knows, providers of the stack's own clusters, and safe options.

A rule checks only the types that it knows. Unknown types, hidden children, and resources of a cloud or cluster that the
stack does not declare would pass unchecked, so they are rejected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pulumi_policy import Severity

from adapters import clouds
from adapters.clouds.contract import Provider
from adapters.providers import texts
from framework import (
    Declaration,
    Property,
    Resource,
    Settings,
    Verdict,
    clock,
    context,
    known_types,
    resource_rule,
    stack_rule,
)

PROVIDER = "pulumi:providers:"
STACK = "pulumi:pulumi:Stack"
RELEASE = "kubernetes:helm.sh/v3:Release"
OWN_GROUP = re.compile(r"(?!gateway\.)([a-z]+|[a-z.]+\.k8s\.io)/\w+")
"""API groups of Kubernetes itself, with a version: the SDK has a type `<Kind>Patch` for each of their kinds, which names an
object of `<Kind>`. A kind of others may end in Patch itself."""

ALLOWED_TYPES = {
    "type": "array",
    "default": [],
    "items": {
        "type": "object",
        "properties": {
            "type": {"type": "string", "minLength": 1, "description": "The type, as in its URN."},
            "reason": {"type": "string", "minLength": 1, "description": "Why it is allowed."},
            "owner": {"type": "string", "minLength": 1, "description": "Who is responsible for removing it."},
            "expires": {
                "type": "string",
                "pattern": r"^\d{4}-\d{2}-\d{2}$",
                "description": "The last day on which it is allowed, UTC.",
            },
        },
        "required": ["type", "reason", "owner", "expires"],
        "additionalProperties": False,
    },
    "description": "Types that are allowed until a date although no rule checks them.",
}


@resource_rule(
    Declaration(
        name="known-types",
        description="Every resource has a type and version that the pack knows, or that is allowed until a date.",
        why="No rule checks a type that it does not know",
        clauses=("Slipway: unknown types are refused", "NIST SP 800-53 CM-7(5): allow by exception"),
        severity=Severity.CRITICAL,
        schema={"allowedTypes": ALLOWED_TYPES},
    )
)
def known_type(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check the type of one resource. A component of the program has no provider, and its children are checked."""
    token = resource.token
    if token.startswith(PROVIDER):
        if token.removeprefix(PROVIDER) not in known_types.packages():
            _refuse(resource, "is a provider of a package that the pack does not know", settings, verdict)
    elif known_types.is_known(token):
        _same_object(resource, verdict)
    elif not resource.provider and known_types.is_known_component(token):
        return
    elif resource.provider or token.partition(":")[0] in known_types.packages():
        _refuse(resource, _reason(token), settings, verdict)


def _reason(token: str) -> str:
    package, _, rest = token.partition(":")
    if package not in known_types.packages():
        return "is of a package that the pack does not know, so no rule checks it"
    if rest.endswith(("Patch", "List")) or "/v" not in rest or rest.split(":")[0] in ("helm.sh/v4", "yaml/v2"):
        return "is of a type that no rule checks, and what it creates is in no plan"
    return "is of a type or version that no rule checks"


def _refuse(resource: Resource, problem: str, settings: Settings, verdict: Verdict) -> None:
    allowed = next((each for each in settings["allowedTypes"] if each["type"] == resource.token), None)
    if allowed is None:
        remedy = f"remove it, or list it under known-types.allowedTypes of {context.STACK} in policies/stacks.yaml"
        verdict.violated(resource, f"{problem}: {remedy}")
    elif clock.today() > date.fromisoformat(allowed["expires"]):
        verdict.violated(resource, f"{problem}, and its allowance has expired: allowedTypes in policies/stacks.yaml")
    else:
        verdict.advise(resource, f"{problem}; it is allowed until {allowed['expires']}")


def _same_object(resource: Resource, verdict: Verdict) -> None:
    """Check that the type matches the object: Kubernetes uses the object's own kind, the rules use the type."""
    package, _, rest = resource.token.partition(":")
    if package != "kubernetes" or resource.token == RELEASE:
        return
    group, _, kind = rest.rpartition(":")
    patched = kind.removesuffix("Patch") if OWN_GROUP.fullmatch(group) else kind
    for found, wanted in ((resource["apiVersion"], group.removeprefix("core/")), (resource["kind"], patched)):
        if found.unknown:
            verdict.undecided(resource, found)
        elif found.present and found.text != wanted:
            verdict.violated(resource, f"is not the object that its type names: {found.path} differs")


@stack_rule(
    Declaration(
        name="visible-children",
        description="Every component shows its children.",
        why="Resources that are not in the plan cannot be checked",
        clauses=("Slipway: unknown types are refused",),
    )
)
def visible_children(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check components that the pack does not know; the children of a plugin's component are rejected by their types. A
    chart's own objects are fixed by its version, but not those that a plan writes into its values."""
    for release in (each for each in resources if each.type == RELEASE):
        for hidden in (*_objects_in(release["values"]), release["valueYamlFiles"]):
            if hidden.unknown or hidden.mapping or any(hidden.elements()) or hidden.text:
                verdict.violated(release, f"makes objects that are not shown: {hidden.path}")
    parents = {each.parent for each in resources}
    for each in resources:
        package = each.token.partition(":")[0]
        own = not each.provider and package not in known_types.packages() and package != "pulumi"
        if own and each.urn not in parents and not known_types.is_known_component(each.token):
            verdict.violated(each, "is a component without children in this plan: what it creates is not shown")


_OBJECTS = re.compile(
    r"(extra|additional|raw)_?(k8s)?(objects?|manifests?|deploy|resources|templates|yaml)", re.IGNORECASE
)


def _objects_in(values: Property) -> Iterator[Property]:
    """Return whole objects in a chart's values, under the keys that charts have for them."""
    for key in values.keys:
        if _OBJECTS.fullmatch(key):
            yield values[key]
        yield from _objects_in(values[key])


_PROVIDERS: Mapping[str, Provider] = {
    **{package: cloud.provider for package, cloud in clouds.CLOUDS.items()},
    "kubernetes": Provider(
        identity=(),
        others=(
            "kubeconfig", "context", "enableSecretMutable", "enableConfigMapMutable", "enableServerSideApply",
            "suppressDeprecationWarnings",
        ),
        settings={},
    ),
    "random": Provider(identity=(), others=(), settings={}),
}  # fmt: skip
"""Allowed settings of each package's provider: no key, no other endpoint, no foreign role, no directory instead of a
cluster."""


@resource_rule(
    Declaration(
        name="declared-providers",
        description="Every provider belongs to a cluster of the stack and is limited to its account and region.",
        why="Another provider could change an account, a region or a cluster that nobody has reviewed",
        clauses=("CIS Controls 3.12: segment by sensitivity", *clouds.clauses("declared-providers")),
        types=tuple(f"{PROVIDER}{each}" for each in _PROVIDERS),
        severity=Severity.CRITICAL,
    )
)
def declared_providers(provider: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check one provider and, if the stack's configuration is known, compare it with its clusters."""
    package = provider.token.removeprefix(PROVIDER)
    known = (*_PROVIDERS[package].identity, *_PROVIDERS[package].others, "version", "__internal")
    extra = [key for key in provider.properties.keys if key not in known]
    if extra:
        verdict.violated(provider, f"differs from every cluster of the stack: it sets {', '.join(sorted(extra))}")
    if _foreign_plugin(provider["__internal"]):
        verdict.violated(provider, "runs a plugin from another source: it sets pluginDownloadURL")
    if _unprotected(provider["kubeconfig"].text or ""):
        verdict.violated(provider, "does not check whom it talks to: its kubeconfig has a server without TLS")
    is_default = provider.name.startswith("default")
    for key in () if is_default and package == "random" else _PROVIDERS[package].identity:
        if not provider[key].unknown and provider[key].missing:
            verdict.violated(provider, f"is not limited to an account: {key} is not set")
    if is_default and package == "kubernetes":
        verdict.violated(provider, "uses the current context of the kubeconfig: pass a provider of the stack")
    elif not is_default and context.clusters():
        _of_cluster(provider, package, context.clusters(), verdict)


def _foreign_plugin(internal: Property) -> bool:
    if internal.text is not None:
        return "pluginDownloadURL" in internal.text
    return internal["pluginDownloadURL"].present


_WITHOUT_TLS = re.compile(
    r"""insecure-skip-tls-verify["']?\s*:\s*["']?true|server["']?\s*:\s*["']?http://""", re.IGNORECASE
)


def _unprotected(kubeconfig: str) -> bool:
    """Return whether a kubeconfig, in YAML or JSON, has a server that is asked without TLS or without a look at its
    certificate."""
    return bool(_WITHOUT_TLS.search(kubeconfig))


def _of_cluster(provider: Resource, package: str, clusters: Mapping[str, Any], verdict: Verdict) -> None:
    """Check that the provider is named after a cluster and connects to the one that it declares."""
    name = provider.name if provider.name in clusters else provider.name.removesuffix("-systems")
    cluster = clusters.get(name)
    if cluster is None or (package != "kubernetes" and provider.name != name):
        verdict.violated(provider, "belongs to no cluster of the stack")
        return
    for key, setting in _PROVIDERS[package].settings.items():
        wanted = cluster.get(setting) if isinstance(cluster, Mapping) else None
        if (
            provider[key].present
            and not provider[key].unknown
            and wanted
            and list(texts(provider[key])) != [str(wanted)]
        ):
            verdict.violated(provider, f"is for another {setting} than its cluster: {key}")


IGNORABLE: Mapping[str, tuple[str, ...]] = {
    "kubernetes:apps/v1:Deployment": ("spec.replicas",),
    "kubernetes:apps/v1:StatefulSet": ("spec.replicas",),
    "kubernetes:core/v1:Secret": ("data", "stringData"),
    **clouds.table(lambda cloud: cloud.ignorable),
}
"""Inputs that others set for good reason: autoscalers, secret generators, backup services."""
MOVED: Mapping[str, tuple[str, ...]] = {
    "kubernetes:batch/v1:CronJob": ("spec.suspend",),
    "kubernetes:keda.sh/v1alpha1:ScaledObject": ("metadata.annotations",),
}
"""What the controller of releases suspends or pauses in all slots but the live one, of kinds with the annotation
`LIVE_ONLY`. Others are suspended by their plan."""
LIVE_ONLY = "slipway.dev/live-only"
HOLDS_DATA = (
    *clouds.types(lambda cloud: cloud.protected),
    *clouds.types(lambda cloud: cloud.holds_data),
    "kubernetes:core/v1:PersistentVolumeClaim",
    "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch",
    "kubernetes:mongodbcommunity.mongodb.com/v1:MongoDBCommunity",
    "kubernetes:postgresql.cnpg.io/v1:Cluster",
    "kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster",
)
SHORTEST, LONGEST = 60, 7200
"""Minimum and maximum timeout of an operation in seconds. Chosen: a minute, up to two hours for a database."""
LONGEST_GATE = 86_400
"""Maximum timeout of a gate in seconds. Chosen: a day, in which people approve and all steps are held."""
GATE = "slipway.dev/gate"
"""Label of the Jobs that wait for a release."""


@resource_rule(
    Declaration(
        name="resource-options",
        description="No resource option blocks reviewed changes, or deletes data before its replacement exists.",
        why="Options override what the settings of a resource say",
        clauses=("Pulumi: resource options", "runbooks: never drop what holds data without a verified backup"),
    )
)
def resource_options(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check the options that policies receive; `slipway preview` checks the others (`retainOnDelete`, `import`, …)."""
    moved = resource["metadata"]["annotations"][LIVE_ONLY].text == "true" if resource.type in MOVED else False
    allowed = MOVED[resource.type] if moved else IGNORABLE.get(resource.type, ())
    ignored = [each for each in resource.ignored if each not in allowed]
    if ignored:
        verdict.violated(resource, f"blocks reviewed changes: ignoreChanges has {', '.join(ignored)}")
    if resource.options.delete_before_replace and resource.type in HOLDS_DATA:
        verdict.violated(resource, "loses its data before its replacement exists: deleteBeforeReplace is set")
    for operation, seconds in resource.options.timeouts.items():
        longest = LONGEST_GATE if resource["metadata"]["labels"][GATE].present else LONGEST
        if not SHORTEST <= seconds <= longest:
            problem = f"has {int(seconds)} s to {operation}: customTimeouts must be from {SHORTEST} to {longest} s"
            verdict.violated(resource, problem)
