"""Manifests of a system: what is refused before anything is planned, with file and line, and that nothing secret is told."""

from __future__ import annotations

import pytest

from slipway.settings.load import load_stack
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project
from tests.slipway.settings.conftest import Workshop

FLEET = "systems/fleet/system.yaml"
FILE = "systems/fleet/manifests/a.yaml"
CANARY = "ghp_" + "a1B2" * 9
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: words\n"
NAMED = "metadata: {name: a}"
DEPLOYED = (
    f"apiVersion: apps/v1\nkind: Deployment\n{NAMED}\nspec: {{template: {{spec: {{containers: [{{env: [%s]}}]}}}}}}\n"
)
WHOLE = "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, scope: cluster}"
KEY = "clusters.main.systems.fleet.manifests"


def declare(workshop: Workshop, text: str | bytes, paths: str = "[manifests]") -> None:
    workshop.edit(FLEET, "databases:", f"manifests: {paths}\ndatabases:")
    workshop.write(FILE, text)


def problems(workshop: Workshop) -> list[str]:
    """Of the stack, which knows what it allows."""
    try:
        load_stack(find_project(workshop.root), "test")
    except InvalidSettings as error:
        return [str(each) for each in error.problems]
    return []


def test_documents_and_their_lines(workshop: Workshop) -> None:
    """Empty documents are none, and a folder's files are in the order of their names."""
    declare(workshop, f"---\n# nothing\n---\n{CONFIG}---\n{CONFIG.replace('words', 'more')}")
    workshop.write("systems/fleet/manifests/deep/b.yml", CONFIG.replace("words", "last"))
    workshop.write("systems/fleet/manifests/README.md", "no object")
    stack = load_stack(find_project(workshop.root), "test")
    found = stack.clusters["main"].systems["fleet"].manifests
    assert [(each.title, str(each.pointer), each.line) for each in found] == [
        ("ConfigMap words", f"{FILE}:[0]", 4),
        ("ConfigMap more", f"{FILE}:[1]", 9),
        ("ConfigMap last", "systems/fleet/manifests/deep/b.yml:[0]", 1),
    ]


@pytest.mark.parametrize(
    ("text", "line", "rule"),
    [
        ("", 1, "has no object"),
        ("# only words\n---\n", 1, "has no object"),
        ("- a\n", 1, "is not an object of Kubernetes: it is no mapping of keys"),
        (f"{CONFIG}---\nwords\n", 6, "is not an object of Kubernetes: it is no mapping of keys"),
        ("a: [\n", 2, "is not valid YAML: did not find expected node content"),
        (f"{CONFIG}data: &a {{b: c}}\nmore: *a\n", 6, "more: is a YAML alias (*name); write the value out"),
        (f"{CONFIG}data: {{b: !!str 1}}\n", 5, "data.b: has a YAML tag (!name); write a plain value"),
        (f"{CONFIG}  labels: {{a: yes}}\n", 5, "metadata.labels.a: is true or false to kubectl: write true or false, or put"),
        (f"{CONFIG}mode: 0644\n", 5, "mode: is an octal number: write it in decimal, for example 420 for 0644"),
        (f"{CONFIG}kind: Pod\n", 5, "kind: is set twice, first on line 2"),
        ("kind: ConfigMap\nmetadata: {name: a}\n", 1, "apiVersion: needs apiVersion, for example apps/v1"),
        ("apiVersion: v1\nmetadata: {name: a}\n", 1, "kind: needs kind, for example Deployment"),
        ("apiVersion: v1\nkind: ConfigMap\n", 1, "metadata: needs metadata with a name, for example {name: reports}"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {}}\n", 3, "metadata.name: needs a name"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A_b}\n", 3, "metadata.name: needs a name"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n", 3, "metadata.generateName: gives another name"),
        ("apiVersion: v1\nkind: List\nitems: []\n", 2, "kind: is a list: write each of its items as a document of its own"),
        ("apiVersion: v1\nkind: ConfigMapp\nmetadata: {name: a}\n", 2, "kind: is no kind of v1 in Kubernetes 1.36; did you"),
        ("apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: a}\n", 1, "apiVersion: has no CronJob: it is batch/v1 in"),
        ("apiVersion: slipway.dev/v1\nkind: Release\nmetadata: {name: a}\n", 1, "apiVersion: is of Slipway's own group"),
        (f"{CONFIG}  uid: 1234\n", 5, "metadata.uid: is written by the cluster: remove it"),
        (f"{CONFIG}status: {{}}\n", 5, "status: is written by the cluster: remove it"),
        (f"{CONFIG}  labels: {{a: 1}}\n", 5, "metadata.labels.a: is not text: put it in quotes"),
        (f"{CONFIG}  labels: [a]\n", 5, "metadata.labels: is not a mapping of texts"),
        (f"{CONFIG}  labels: {{app.kubernetes.io/part-of: a}}\n", 5, 'metadata.labels["app.kubernetes.io/part-of"]: is set by the program'),
        (f"{CONFIG}  annotations: {{slipway.dev/source: a}}\n", 5, 'metadata.annotations["slipway.dev/source"]: is set by the program'),
        (f"{CONFIG}  namespace: 3\n", 5, "metadata.namespace: is not the name of a namespace"),
        (f"{CONFIG}---\n{CONFIG}", 9, f"metadata.name: is declared twice: ConfigMap words is in {FILE}:1 too"),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: b}\n", 4, "stringData: is a secret in plain text: declare"),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: Yg==}\n", 4, "data: is a secret in plain text: declare"),
        (f"apiVersion: v1\nkind: Secret\n{NAMED}\ntype: kubernetes.io/service-account-token\n", 4, "type: is a token that never expires"),
        (f"apiVersion: apps/v1\nkind: Deployment\n{NAMED}\nspec:\n  template:\n    metadata: {{labels: {{slipway.dev/slot: blue}}}}\n",
         6, 'spec.template.metadata.labels["slipway.dev/slot"]: is a label of the program\'s own pods'),
        ("apiVersion: keda.sh/v1alpha1\nkind: ScaledJob\nmetadata: {name: a}\nspec:\n  jobTargetRef:\n    template:\n"
         "      metadata: {labels: {slipway.dev/slot: blue}}\n",
         7, 'spec.jobTargetRef.template.metadata.labels["slipway.dev/slot"]: is a label of the program\'s own pods'),
        (b"apiVersion: v1\n\xff\n", 2, "is not UTF-8 text"),
    ],
)  # fmt: skip
def test_what_is_no_object_of_a_system(workshop: Workshop, text: str | bytes, line: int, rule: str) -> None:
    declare(workshop, text)
    (problem,) = workshop.problems()
    assert problem.startswith(f"{FILE}:{line}: {rule}")


@pytest.mark.parametrize("name", ["slipway.dev/singleton", "slipway.dev/unprobed"])
def test_reasons_for_the_rules_are_the_owners(workshop: Workshop, name: str) -> None:
    declare(workshop, f"{CONFIG}  annotations: {{{name}: a reason}}\n")
    assert problems(workshop) == []


@pytest.mark.parametrize(
    "text",
    [
        f"{CONFIG}data:\n  a: {CANARY}\n",
        f"{CONFIG}data:\n  DB_PASSWORD: Tr0ub4dor-and-3\n",
        f"{CONFIG}{CANARY}: [\n",
        f"apiVersion: v1\nkind: {CANARY}\nmetadata: {{name: a}}\n",
        f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData: {{a: '{CANARY}'}}\n",
        DEPLOYED % f"{{name: API_TOKEN, value: {CANARY}}}",
        DEPLOYED % "{name: DB_PASSWORD, value: Tr0ub4dor-and-3}",
    ],
)  # fmt: skip
def test_no_secret_is_written_or_told(workshop: Workshop, text: str) -> None:
    declare(workshop, text)
    found = workshop.problems()
    assert found
    assert all(CANARY not in each and "Tr0ub4dor" not in each for each in found)


@pytest.mark.parametrize(
    ("paths", "rule"),
    [
        ("[nowhere]", "manifests[0]: nowhere names a file or folder that does not exist in fleet/"),
        ("[../fleet]", "manifests[0]: ../fleet is not a YAML file or a folder of such files below the system's folder"),
        ("[manifests, manifests]", "manifests: [manifests, manifests] contains a duplicate"),
    ],
)
def test_files_that_are_not_there(workshop: Workshop, paths: str, rule: str) -> None:
    declare(workshop, CONFIG, paths)
    (problem,) = workshop.problems()
    assert rule in problem


def test_a_folder_without_yaml(workshop: Workshop) -> None:
    declare(workshop, CONFIG, "[empty]")
    workshop.write("systems/fleet/empty/a.txt", "words")
    assert workshop.problems() == ["systems/fleet/empty: has no file that ends with .yaml or .yml"]


ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\n"
WIDGET = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\n"
SCALED_JOB = "apiVersion: keda.sh/v1alpha1\nkind: ScaledJob\nmetadata: {name: a}\n"
ROUTE = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\nspec: "


@pytest.mark.parametrize(
    ("text", "rights", "rule"),
    [
        (SCALED_JOB, "{}", None),
        (ROLE, "{}", f":2: kind: is a kind of the whole cluster: the stack may allow it by {KEY}.kinds, for example "
         f"[{WHOLE}]"),
        (ROLE, "{kinds: [" + WHOLE + "]}", None),
        (ROLE.replace("name: a", "name: a, namespace: fleet"),
         "{kinds: [" + WHOLE + "]}",
         ":3: metadata.namespace: is set, but a ClusterRole is in no namespace: remove it"),
        (WIDGET, "{}", f":2: kind: is a kind that no chart of Slipway installs: the stack may allow it by {KEY}.kinds"),
        (WIDGET, "{kinds: [{apiVersion: example.com/v2, kind: Widget}]}", ":2: kind: is a kind that no chart of Slipway installs"),
        (WIDGET, "{kinds: [{apiVersion: example.com/v1, kind: Widget}]}", None),
        (WIDGET.replace("name: a", "name: a, namespace: fleet"), "{kinds: [{apiVersion: example.com/v1, kind: Widget}]}", None),
        (WIDGET.replace("name: a", "name: a, namespace: fleet"),
         "{kinds: [{apiVersion: example.com/v1, kind: Widget, scope: cluster}]}", ":3: metadata.namespace: is set, but a Widget is in no"),
        (f"{CONFIG}  namespace: legacy\n", "{}",
         f":5: metadata.namespace: is not the system's own: remove it, or let the stack allow it by {KEY}"),
        (f"{CONFIG}  namespace: legacy\n", "{namespaces: [legacy]}", None),
        (f"{CONFIG}  namespace: fleet\n", "{}", None),
        (f"{CONFIG}  namespace: monitoring\n", "{}", ":5: metadata.namespace: is a namespace of the cluster's own services: remove it"),
        (f"{CONFIG}  namespace: pier\n", "{}", ":5: metadata.namespace: is the namespace of system 'harbour': remove it"),
        (ROUTE + "{}\n", "{}", ":4: spec.hostnames: needs hostnames: without them the route takes every system's visitors"),
        (ROUTE + "{hostnames: [shop.example.com]}\n", "{}", ":4: spec.hostnames[0]: is not one of the system's domains"),
        (ROUTE + "{hostnames: [fleet.example.com]}\n", "{}", None),
        (ROUTE + "{hostnames: [b.a.fleet.example.com]}\n", "{}", ":4: spec.hostnames[0]: is not one of the system's domains"),
    ],
)  # fmt: skip
def test_what_a_stack_allows(workshop: Workshop, text: str, rights: str, rule: str | None) -> None:
    """Kinds of the whole cluster, kinds that only it knows, and other namespaces, each by system."""
    declare(workshop, text)
    workshop.write(
        "systems/harbour/system.yaml",
        "title: A\nowner: {team: a}\nnamespace: pier\nservices: {a: {image: pier/api, port: 80}}\n",
    )
    workshop.edit(
        "Pulumi.test.yaml",
        "        fleet:\n",
        f"        harbour: {{}}\n        fleet:\n          manifests: {rights}\n",
    )
    found = problems(workshop)
    assert found == [] if rule is None else (len(found) == 1 and found[0].startswith(FILE + rule)), found


@pytest.mark.parametrize(
    ("rights", "rule"),
    [
        ("{kinds: [{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole}]}", "kinds[0]: has the wrong scope: objects of Clus"),
        ("{kinds: [{apiVersion: v1, kind: ConfigMap, scope: cluster}]}", "kinds[0]: has the wrong scope: objects of ConfigMap are in"),
        ("{namespaces: [kube-system]}", "namespaces[0]: kube-system is a namespace of the cluster's own services: nobody"),
        ("{kinds: [{kind: Widget}]}", "kinds[0].apiVersion: is required"),
        ("{namespace: [a]}", "namespace: is not a known key; did you mean 'namespaces'?"),
    ],
)  # fmt: skip
def test_rights_that_contradict_what_is_known(workshop: Workshop, rights: str, rule: str) -> None:
    workshop.edit("Pulumi.test.yaml", "        fleet:\n", f"        fleet:\n          manifests: {rights}\n")
    (problem,) = problems(workshop)
    assert problem.startswith("Pulumi.test.yaml:13: ")
    assert rule in problem


MONITOR = """apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: words}
spec: {selector: {matchLabels: {app: words}}, podMetricsEndpoints: [{port: http}]}
"""


@pytest.mark.parametrize("kind", ["PodMonitor", "ServiceMonitor"])
def test_a_monitor_of_ones_own_counts_as_scraping(workshop: Workshop, kind: str) -> None:
    """Alerts may name what it scrapes; a file without monitors scrapes nothing."""
    workshop.edit(FLEET, "databases:", "metrics: [{name: Words, metric: words_total}]\ndatabases:")
    declare(workshop, CONFIG)
    (problem,) = workshop.problems()
    assert "words_total is not scraped" in problem
    workshop.write(FILE, MONITOR.replace("PodMonitor", kind))
    workshop.stack()
