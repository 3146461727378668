"""Permissions on a cluster: roles and bindings of Kubernetes, and what lets people or programs act as others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from adapters.clouds.contract import Problem, Rights, listed
from adapters.safeguards import EACH, every
from framework import Resource

RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
ROLES = (f"{RBAC}:Role", f"{RBAC}:ClusterRole")
BINDINGS = (f"{RBAC}:RoleBinding", f"{RBAC}:ClusterRoleBinding")


def _role_problems(role: Resource) -> Iterator[Problem]:
    for rule in listed(role["rules"]):
        for group in ("verbs", "resources", "apiGroups", "nonResourceURLs"):
            for word in listed(rule[group]):
                if word.unknown:
                    yield word, ""
                elif "*" in (word.text or ""):
                    yield word, "is a wildcard: name what is needed"


def _binding_problems(binding: Resource) -> Iterator[Problem]:
    role = binding["roleRef"]["name"]
    if role.unknown:
        yield role, ""
    elif role.text == "cluster-admin":
        yield role, "is the role that allows everything"
    elif role.text in ("admin", "edit"):
        yield role, "is a role that may change everything, read Secrets and run programs under any service account"
    elif (role.text or "").startswith("system:") and role.text not in _FOR_ALL:
        yield role, "is a role of Kubernetes' own components"


_FOR_ALL = ("system:auth-delegator", "system:public-info-viewer", "system:basic-user", "system:discovery")


def _role_escalations(role: Resource) -> Iterator[Problem]:
    selectors = role["aggregationRule"]["clusterRoleSelectors"]
    for selector in selectors.elements():
        if not selector["matchLabels"].mapping and not list(selector["matchExpressions"].elements()):
            yield selector, "aggregates the permissions of every role"
    powers = (*_ESCALATIONS, *(_EVERYWHERE if role.type == ROLES[1] else ()))
    for label in role["metadata"]["labels"].keys:
        if label.startswith("rbac.authorization.k8s.io/aggregate-to-"):
            yield (
                role["metadata"]["labels"][label],
                "adds its permissions to a built-in role and so to everybody who has that role",
            )
    for rule in listed(role["rules"]):
        verbs = {(each.text or "").lower() for each in rule["verbs"].elements()}
        resources = {(each.text or "").lower() for each in rule["resources"].elements()}
        if "*" in verbs | resources:
            continue
        if taken := sorted(verbs & {"bind", "escalate", "impersonate"}):
            yield rule, f"lets its holder {taken[0]}"
        for found, needed, what in powers:
            if (
                found in resources
                and verbs & needed
                and not (found == "secrets" and list(rule["resourceNames"].elements()))
            ):
                yield rule, f"lets its holder {what}"


_WRITES = frozenset({"create", "update", "patch"})
_CHANGES = _WRITES | {"delete", "deletecollection"}
_CALLS = frozenset({"get", "create", "update", "patch", "delete"})
_WORKLOADS = (
    "cronjobs", "daemonsets", "deployments", "jobs", "replicasets", "replicationcontrollers", "statefulsets",
)  # fmt: skip
_ESCALATIONS = (
    ("secrets", frozenset({"get", "list", "watch"}), "read all secrets: name them in resourceNames"),
    ("secrets", frozenset({"create"}), "get the token of any service account"),
    ("serviceaccounts/token", frozenset({"create"}), "get the token of any service account"),
    ("externalsecrets", _WRITES, "read all secrets of its store"),
    ("secretstores", _WRITES, "read all secrets of its store"),
    ("pods", frozenset({"create"}), "run programs under any service account"),
    *((f"pods/{each}", frozenset({"get", "create"}), "run commands in pods") for each in ("exec", "attach")),
    ("pods/ephemeralcontainers", _WRITES, "run commands in pods"),
    *((f"{each}/proxy", _CALLS, "reach every port past network policies") for each in ("pods", "services")),
    *(
        (f"nodes/{each}", _CALLS, "run commands in every pod past the API server")
        for each in ("proxy", "exec", "run", "attach", "log", "portforward", "configz")
    ),
    ("nodes", frozenset({"update", "patch"}), "draw pods to a node"),
    ("namespaces", frozenset({"update", "patch"}), "lower the standard of a namespace"),
    ("networkpolicies", _CHANGES, "open a namespace"),
    *((each, _WRITES, "lead traffic elsewhere") for each in ("endpoints", "endpointslices")),
    ("certificatesigningrequests/approval", _WRITES, "issue certificates for any identity"),
    ("signers", frozenset({"approve", "sign"}), "issue certificates for any identity"),
    *((each, _WRITES, "change roles") for each in ("roles", "clusterroles")),
    *((each, _WRITES, "give roles") for each in ("rolebindings", "clusterrolebindings")),
    *(
        (f"{kind}{what}", _CHANGES, "change what is refused, and see whatever is created")
        for kind in ("mutating", "validating")
        for what in ("webhookconfigurations", "admissionpolicies", "admissionpolicybindings")
    ),
    *((each, _CHANGES, "answer for the API server") for each in ("apiservices", "customresourcedefinitions")),
    ("envoyproxies", _WRITES, "change the gateway's pods"),
    *((each, frozenset({"create"}), "mount the disks of nodes") for each in ("persistentvolumes", "storageclasses")),
)
"""Resources, verbs, and the escalation that they allow."""
_EVERYWHERE = (
    *((each, _WRITES, "run programs in every namespace") for each in _WORKLOADS),
    ("pods/portforward", _CALLS, "reach every port past network policies"),
    ("configmaps", _WRITES, "change the settings of every program"),
)
"""What escalates only if it is allowed in every namespace."""

_EVERYBODY = {
    "system:masters",
    "system:authenticated",
    "system:unauthenticated",
    "system:serviceaccounts",
    "system:nodes",
    "system:bootstrappers",
}


def _subject_problems(binding: Resource, _known: Collection[str]) -> Iterator[Problem]:
    for subject in listed(binding["subjects"]):
        name = (subject["name"].text or "").lower()
        if name in _EVERYBODY or name == "system:anonymous" or name.startswith("system:serviceaccounts"):
            yield subject["name"], "is everybody, or every authenticated user"
        elif subject["kind"].text == "ServiceAccount" and name == "default":
            yield subject["name"], "is the default service account of every pod that sets none"


def _store_problems(secret: Resource) -> Iterator[Problem]:
    """Return searches that find every entry of a store."""
    for search in every(secret.properties, ("spec", "dataFrom", EACH, "find")):
        words = search["name"]["regexp"]
        if search.mapping and not (words.unknown or re.search(r"\w", words.text or "") or search["tags"].mapping):
            yield search, "takes every entry of its store: name those that it needs"


_SNIPPETS = "-snippet"
"""End of the annotations that put text into the settings of an ingress controller. Source: CVE-2021-25742."""


def _snippets(ingress: Resource) -> Iterator[Problem]:
    annotations = ingress["metadata"]["annotations"]
    for key in (each for each in annotations.keys if each.endswith(_SNIPPETS)):
        yield annotations[key], "runs in the controller, which reads the Secrets of every namespace"


_MONITORS = {
    "kubernetes:monitoring.coreos.com/v1:PodMonitor": ("spec", "podMetricsEndpoints", EACH, "bearerTokenFile"),
    "kubernetes:monitoring.coreos.com/v1:ServiceMonitor": ("spec", "endpoints", EACH, "bearerTokenFile"),
}


def _sent_files(monitor: Resource) -> Iterator[Problem]:
    for file in every(monitor.properties, _MONITORS[monitor.type]):
        if file.present:
            yield file, "sends a file of Prometheus, such as its token, to whatever it asks"


def _route_owners(gateway: Resource, _known: Collection[str]) -> Iterator[Problem]:
    for spaces in every(gateway.properties, ("spec", "listeners", EACH, "allowedRoutes", "namespaces")):
        chosen = spaces["selector"]
        none = spaces["from"].text == "Selector" and not (
            chosen.unknown or chosen["matchLabels"].mapping or any(chosen["matchExpressions"].elements())
        )
        if spaces["from"].text == "All" or none:
            yield spaces, "lets every namespace answer visitors of its domains"


def _converters(definition: Resource, _known: Collection[str]) -> Iterator[Problem]:
    address = definition["spec"]["conversion"]["webhook"]["clientConfig"]["url"]
    if address.present:
        yield address, "sends every object of its kind out of the cluster"


RIGHTS: Mapping[str, Rights] = {
    **dict.fromkeys(ROLES, Rights(wildcards=_role_problems, escalations=_role_escalations)),
    **dict.fromkeys(BINDINGS, Rights(wildcards=_binding_problems, trust=_subject_problems)),
    **dict.fromkeys(_MONITORS, Rights(escalations=_sent_files)),
    "kubernetes:external-secrets.io/v1:ExternalSecret": Rights(wildcards=_store_problems),
    "kubernetes:networking.k8s.io/v1:Ingress": Rights(escalations=_snippets),
    "kubernetes:gateway.networking.k8s.io/v1:Gateway": Rights(trust=_route_owners),
    "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition": Rights(trust=_converters),
}
