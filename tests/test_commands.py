"""Every kubectl command that a page or a system tells people to type is one that some role may: nobody finds out at night."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from slipway.rehearsal import Step
from tests.rehearsed import rehearsed

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("docs/**/*.md"), *ROOT.glob("systems/*/system.yaml"), ROOT / "README.md"]
COMMAND = re.compile(r"kubectl(?: [^\n`|\"]*(?:\n +)?)+")
ADMINISTRATORS = {
    "kubectl -n legacy exec -i postgres-0 -- env PGUSER=shop PGDATABASE=shop",
    "kubectl -n logging get pods",
    "kubectl -n logging port-forward service/logs-kb-http 5601",
    "kubectl -n logging get secret logs-es-elastic-user -o jsonpath='{.data.elastic}'",
    "kubectl -n monitoring port-forward service/kube-prometheus-stack-grafana 3000:80",
    "kubectl -n slipway-releases get httproutes -o yaml",
    "kubectl -n slipway-releases get lease",
    "kubectl -n slipway-releases get pods",
    "kubectl -n slipway-releases scale deployment controller --replicas 0",
    "kubectl -n slipway-releases logs -l app.kubernetes.io/name=controller",
    "kubectl apply --server-side --force-conflicts -f -",
}
"""What only whoever runs the cluster types: the first logins, the agents, the controller of releases, and what goes
before an installation."""
EXAMPLES = {"shop": "fleet", "<namespace>": "fleet", "": "fleet"}
"""Systems of pages that tell of any system."""
SHORT = {"deploy": "deployments", "deployment": "deployments", "pod": "pods", "job": "jobs", "service": "services"}
GROUPS = {
    "deployments": "apps",
    "replicasets": "apps",
    "jobs": "batch",
    "cronjobs": "batch",
    "endpointslices": "discovery.k8s.io",
    "certificates": "cert-manager.io",
    "releases": "slipway.dev",
    "approvals": "slipway.dev",
}

Right = tuple[str, str, str]
"""API group, resource and verb."""


@dataclass(frozen=True)
class Command:
    text: str
    namespace: str
    words: tuple[str, ...]


def commands() -> Iterator[Command]:
    for page in PAGES:
        for found in COMMAND.findall(page.read_text(encoding="utf-8")):
            text = " ".join(found.split()).rstrip(".,;:)")
            try:
                words = shlex.split(text.split("; ")[0].split(", ")[0])
            except ValueError:
                words = text.split()
            namespace = words[words.index("-n") + 1] if "-n" in words[:-1] else ""
            plain = [word for word in words[1:] if word not in ("-n", namespace)]
            if plain:
                yield Command(text, namespace, tuple(plain))


def kind(word: str) -> tuple[str, str]:
    """Resource and group of `job/x`, `deployment` or `certificates`."""
    name = word.partition("/")[0]
    resource = SHORT.get(name, name if name.endswith("s") else f"{name}s")
    return resource, GROUPS.get(resource, "")


def needed(words: tuple[str, ...]) -> set[Right]:
    """What the API server asks for such a command. Raises KeyError at one that nobody thought of."""
    logs = {("", "pods", "list"), ("", "pods/log", "get")}

    def read(word: str, *verbs: str) -> set[Right]:
        resource, group = kind(word)
        return {(group, resource, verb) for verb in verbs}

    match words:
        case ("get", "secret", name, *_):
            return {("", f"secrets:{name}", "get")}
        case ("get", what, *_):
            return read(what, "get", "list")
        case ("describe", what, *_):
            more = {"deployments": read("replicasets", "list"), "services": read("endpointslices", "list")}
            return read(what, "get") | {("", "events", "list")} | more.get(kind(what)[0], set())
        case ("logs", "-l", *_):
            return logs
        case ("logs", what, *_):
            return logs | (read(what, "get") if "/" in what else {("", "pods", "get")})
        case ("top", "pods", *_):
            return {("metrics.k8s.io", "pods", "list")}
        case ("create", "job", source, *_) if source.startswith("--from=cronjob/"):
            return {("batch", "cronjobs", "get"), ("batch", "jobs", "create")}
        case ("annotate", what, *_):
            return read(what, "get", "patch")
        case ("auth", "whoami"):
            return set()  # Everybody may ask who they are.
        case ("rollout", "restart", *_):
            return {("apps", "deployments", "get"), ("apps", "deployments", "patch")}
        case ("port-forward", *_):
            return {("", "services", "get"), ("", "pods", "list"), ("", "pods/portforward", "create")}
    raise KeyError(" ".join(words))


def granted(namespace: str) -> list[set[Right]]:
    """What each role of people may in the namespace; those of service accounts are nobody's to type."""
    rbac = "kubernetes:rbac.authorization.k8s.io/v1"
    steps = [
        each for each in rehearsed("local").plan.steps if each.inputs.get("metadata", {}).get("namespace") == namespace
    ]
    bound = {
        step.inputs["roleRef"]["name"]
        for step in steps
        if step.type == f"{rbac}:RoleBinding"
        and any(subject["kind"] == "ServiceAccount" for subject in step.inputs["subjects"])
    }
    return [
        _rights(step) for step in steps if step.type == f"{rbac}:Role" and step.inputs["metadata"]["name"] not in bound
    ]


def _rights(role: Step) -> set[Right]:
    return {
        (group, f"{resource}:{name}" if name else resource, verb)
        for rule in role.inputs["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames") or [""]
    }


def by_text() -> dict[str, Command]:
    return {command.text: command for command in commands()}


def test_there_are_commands() -> None:
    """Or the test below would prove nothing."""
    assert len(by_text()) > 30


@pytest.mark.parametrize(
    "command",
    [pytest.param(each, id=text) for text, each in sorted(by_text().items()) if text not in ADMINISTRATORS],
)
def test_some_role_may_type_it(command: Command) -> None:
    namespace = EXAMPLES.get(command.namespace, command.namespace)
    wanted = {(group, what.replace("shop-pass", "fleet-pass"), verb) for group, what, verb in needed(command.words)}
    roles = granted(namespace)
    assert any(wanted <= role for role in roles), f"in {namespace}: {wanted}"


@pytest.mark.parametrize("system", ["fleet", "rent-to-own"])
def test_nobody_reads_secrets_or_enters_pods(system: str) -> None:
    """But for the one pass that opens a closed system to a tester."""
    rights = set().union(*granted(system))
    assert {what for group, what, _ in rights if group == "" and what.startswith("secrets")} == {
        f"secrets:{'marketplace' if system == 'rent-to-own' else system}-pass"
    }
    assert not any(what.startswith("pods/exec") for _, what, _ in rights)
