"""Every workload bears a lost node, a busy hour and a hostile neighbour.

A Deployment is scaled by a HorizontalPodAutoscaler and guarded by a PodDisruptionBudget that lets nodes be drained;
a container states what it needs, tells when it is well, and has no right that it does not use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from frame import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule
from kinds.cluster_objects import Match, Shortlist, label_pairs, refers, same_text, selects, unknown_between
from kinds.containers import WORKLOADS, Container, containers_of, is_quantity, pod_of

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
AUTOSCALERS = ("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "kubernetes:autoscaling/v1:HorizontalPodAutoscaler")
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"

JOB, CRON_JOB = "kubernetes:batch/v1:Job", "kubernetes:batch/v1:CronJob"
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
BINDINGS = (
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
)
ZONE = "topology.kubernetes.io/zone"

COMPONENT = "app.kubernetes.io/component"
SUPPORT = "support"
"""A workload that no visitor waits for, such as an exporter of metrics: its number of pods is fixed."""

Problem = tuple[Property, str]
"""A property and what is wrong with it; no text if that hangs on its value, which is unknown."""


@resource_rule(
    Declaration(
        name="deployment-replicas",
        description="No Deployment that serves sets its number of replicas: its autoscaler does.",
        why="Each update would undo what the autoscaler chose, in the busiest hour too",
        clauses=("kube-score: deployment-targeted-by-hpa-does-not-have-replicas-configured",),
        types=(DEPLOYMENT,),
    )
)
def deployment_replicas(deployment: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge inputs: outputs carry the number that the cluster filled in."""
    if not _supports(deployment) and deployment["spec"]["replicas"].present:
        verdict.violated(deployment, "sets spec.replicas, which is its HorizontalPodAutoscaler's", "replicas")


@stack_rule(
    Declaration(
        name="deployment-availability",
        description="Every Deployment that serves has an autoscaler, and a disruption budget that can be met.",
        why=(
            "Without the one a busy hour is an outage; without the other a drained node is; and a budget that cannot "
            "be met stops every upgrade of nodes"
        ),
        clauses=("runbooks: HPA per service", "kube-score: deployment-has-poddisruptionbudget"),
        types=(DEPLOYMENT, *AUTOSCALERS, BUDGET),
    )
)
def deployment_availability(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge each Deployment with the autoscalers and budgets of its namespace."""
    autoscalers = [each for each in resources if each.type in AUTOSCALERS]
    scalers = Shortlist(autoscalers, [_known(each["spec"]["scaleTargetRef"]["name"]) or () for each in autoscalers])
    budgets = [each for each in resources if each.type == BUDGET]
    guards = Shortlist(budgets, [label_pairs(each["spec"]["selector"]["matchLabels"]) or () for each in budgets])
    for deployment in (each for each in resources if each.type == DEPLOYMENT and not _supports(each)):
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        scaling = {each: _scales(each, deployment) for each in scalers.sharing(_known(deployment["metadata"]["name"]))}
        guarding = {
            each: selects(each["spec"]["selector"], each, labels, deployment)
            for each in guards.sharing(label_pairs(labels))
        }
        scaler = _one_of(scaling, deployment, "scaleTargetRef", "HorizontalPodAutoscaler scales it", verdict)
        budget = _one_of(guarding, deployment, "selector", "PodDisruptionBudget guards it", verdict)
        if scaler and budget:
            _judge_budget(deployment, budget, scaler["spec"]["minReplicas"], verdict)


def _supports(deployment: Resource) -> bool:
    return deployment["metadata"]["labels"][COMPONENT].text == SUPPORT


def _known(name: Property) -> list[str] | None:
    return None if name.text is None else [name.text]


def _scales(autoscaler: Resource, deployment: Resource) -> Match:
    target = autoscaler["spec"]["scaleTargetRef"]
    if target.unknown:
        return refers(autoscaler, target, deployment)
    kind = same_text(target["kind"], Property("Deployment"))
    return min(kind, refers(autoscaler, target["name"], deployment))


def _one_of(
    candidates: dict[Resource, Match], deployment: Resource, link: str, what: str, verdict: Verdict
) -> Resource | None:
    """The candidate that certainly belongs to the Deployment; more, none or a doubt are reported."""
    found = [each for each, match in candidates.items() if match is Match.YES]
    doubtful = [each for each, match in candidates.items() if match is Match.MAYBE]
    if len(found) > 1:
        names = ", ".join(sorted(each.name for each in found))
        verdict.violated(deployment, f"is claimed by {names}: more than one {what}", "replicas")
    elif not found and doubtful:
        unknown = unknown_between(doubtful[0], doubtful[0]["spec"][link], deployment)
        verdict.undecided(deployment, unknown, "replicas")
    elif not found:
        verdict.violated(deployment, f"stands alone: no {what}", "replicas")
    return found[0] if len(found) == 1 else None


def _judge_budget(deployment: Resource, budget: Resource, minimum: Property, verdict: Verdict) -> None:
    """With the fewest replicas that the autoscaler keeps, one pod at least may be evicted."""
    ceiling, floor = budget["spec"]["maxUnavailable"], budget["spec"]["minAvailable"]
    bound = ceiling if ceiling.present else floor
    fewest = Property(1) if minimum.missing else minimum
    amount = _pods_or_percent(bound)
    if bound.unknown:
        verdict.undecided(deployment, bound, "replicas")
    elif amount is None:
        problem = f"is not guarded: {bound.path} of {budget.name} is neither a number of pods nor a percentage"
        verdict.violated(deployment, problem, "replicas")
    elif bound is floor and amount[0] and fewest.unknown:
        verdict.undecided(deployment, fewest, "replicas")
    elif not (amount[0] if bound is ceiling else _spares(amount, fewest.whole_number)):
        problem = f"can lose no pod when it has the fewest: {bound.path} of {budget.name} blocks every eviction"
        verdict.violated(deployment, problem, "replicas")


def _pods_or_percent(bound: Property) -> tuple[int, bool] | None:
    """The number of a bound, and whether it is a percentage."""
    if (pods := bound.whole_number) is not None:
        return (pods, False) if pods >= 0 else None
    percent = re.fullmatch(r"(\d{1,3})%", bound.text or "")
    return (int(percent[1]), True) if percent else None


def _spares(floor: tuple[int, bool], fewest: int | None) -> bool:
    """Whether `fewest` pods are more than must stay; Kubernetes rounds a percentage of pods up."""
    number, is_percent = floor
    needed = -(-number * (fewest or 0) // 100) if is_percent else number
    return number == 0 or (fewest is not None and needed < fewest)


@resource_rule(
    Declaration(
        name="container-hardening",
        description="Every container has requests, limits and probes, and runs without root or needless rights.",
        why=(
            "A container without bounds starves its node, one without probes takes requests that it cannot answer, "
            "one with root opens its node"
        ),
        clauses=("Pod Security Standards: restricted", "CIS Kubernetes 5.2", "NSA Kubernetes Hardening: pod security"),
        types=WORKLOADS,
    )
)
def container_hardening(workload: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge every container of one workload, initialising ones too."""
    pod = pod_of(workload)
    for group in ("containers", "initContainers"):
        if pod[group].unknown:
            verdict.undecided(workload, pod[group])
    containers = list(containers_of(workload))
    if not containers and not pod["containers"].unknown:
        verdict.violated(workload, f"has no containers to judge: {pod.path}.containers is not a list of them")
    _report(workload, pod, list(_shared_with_the_node(pod)), "", verdict)
    for container in containers:
        for check, key in ((_bounds, "resources"), (_probes, "health"), (_rights, "")):
            _report(workload, container.fields, list(check(container)), key, verdict)


def _report(workload: Resource, part: Property, problems: Sequence[Problem], key: str, verdict: Verdict) -> None:
    path = part.path
    wrong = [f"{where.path.removeprefix(f'{path}.')} {text}" for where, text in problems if text]
    if wrong:
        verdict.violated(workload, f"leaves {path} at large: {', '.join(wrong)}", key)
    for unknown in {where.path: where for where, text in problems if not text}.values():
        verdict.undecided(workload, unknown, key)


def _shared_with_the_node(pod: Property) -> Iterator[Problem]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod[name].present:
            yield from _must_be(pod[name], (False,), "is not false")
    yield from _without(pod["volumes"], "hostPath", "is a folder of the node")


def _without(listed: Property, key: str, otherwise: str) -> Iterator[Problem]:
    """Nothing in a list has `key`, unless it is zero."""
    if listed.unknown:
        yield listed, ""
    elif listed.present and not listed.listing:
        yield listed, "is no list"
    for each in listed.elements():
        if each[key].unknown:
            yield each[key], ""
        elif each[key].present and each[key].value != 0:
            yield each[key], otherwise


def _bounds(container: Container) -> Iterator[Problem]:
    for group in ("requests", "limits"):
        for resource in ("cpu", "memory"):
            amount = container["resources"][group][resource]
            if amount.missing:
                yield amount, "is not set"
            elif not amount.unknown and not is_quantity(amount):
                yield amount, "is no amount above zero"


def _probes(container: Container) -> Iterator[Problem]:
    if not container.long_running:
        return
    for name in ("livenessProbe", "readinessProbe"):
        probe = container[name]
        handlers = [probe[each] for each in ("httpGet", "tcpSocket", "exec", "grpc")]
        if probe.missing:
            yield probe, "is not set"
        elif not any(each.unknown or each.mapping for each in handlers):
            yield probe, "asks nothing"


def _rights(container: Container) -> Iterator[Problem]:
    yield from _must_be(container.security("runAsNonRoot"), (True,), "is not true")
    user = container.security("runAsUser")
    if not (user.missing or user.unknown) and not user.whole_number:
        yield user, "is not the id of a user other than root"
    yield from _must_be(container["securityContext"]["allowPrivilegeEscalation"], (False,), "is not false")
    privileged = container["securityContext"]["privileged"]
    if privileged.present:
        yield from _must_be(privileged, (False,), "is not false")
    profile = container.security("seccompProfile")["type"]
    yield from _must_be(profile, ("RuntimeDefault", "Localhost"), "confines nothing")
    yield from _capabilities(container["securityContext"]["capabilities"])
    yield from _must_be(container["securityContext"]["readOnlyRootFilesystem"], (True,), "is not true")
    yield from _without(container["ports"], "hostPort", "is a port of the node")


def _must_be(setting: Property, allowed: tuple[object, ...], otherwise: str) -> Iterator[Problem]:
    if setting.unknown:
        yield setting, ""
    elif setting.missing or not isinstance(setting.value, type(allowed[0])) or setting.value not in allowed:
        yield setting, otherwise


def _capabilities(capabilities: Property) -> Iterator[Problem]:
    dropped = list(capabilities["drop"].elements())
    if capabilities["drop"].unknown:
        yield capabilities["drop"], ""
    elif not any(each.text == "ALL" for each in dropped):
        unknown = next((each for each in dropped if each.unknown), None)
        yield (unknown, "") if unknown else (capabilities["drop"], "does not hold ALL")
    add = capabilities["add"]
    for added in add.elements() if add.listing or add.missing else [add]:
        yield from _must_be(added, ("NET_BIND_SERVICE",), "is a capability beyond NET_BIND_SERVICE")


@resource_rule(
    Declaration(
        name="workload-minimum",
        description="Every autoscaler keeps the number of pods that the stack asks for.",
        why="With one pod, every lost node and every update of a node is an outage",
        clauses=(
            "runbook: fleet, Kubernetes deployments: 3 and 2 replicas",
            "kube-score: horizontalpodautoscaler-has-enough-replicas",
        ),
        types=AUTOSCALERS,
        schema={
            "minimumReplicas": {
                "type": "integer",
                "minimum": 1,
                "default": 1,
                "description": "Fewest pods that an autoscaler may keep.",
            }
        },
    )
)
def workload_minimum(autoscaler: Resource, settings: Settings, verdict: Verdict) -> None:
    """Judge one autoscaler; Kubernetes keeps one pod where it says nothing."""
    needed = int(settings["minimumReplicas"])
    minimum = autoscaler["spec"]["minReplicas"]
    pods = 1 if minimum.missing else minimum.whole_number
    if minimum.unknown:
        verdict.undecided(autoscaler, minimum, "replicas.minimum")
    elif pods is None:
        verdict.violated(
            autoscaler, f"keeps nobody knows how many: {minimum.path} is no whole number", "replicas.minimum"
        )
    elif pods < needed:
        verdict.violated(autoscaler, f"keeps {pods} pods, fewer than the {needed} needed", "replicas.minimum")


@resource_rule(
    Declaration(
        name="workload-spread",
        description="Pods of every Deployment that serves are spread over zones.",
        why="Pods that stand together in one zone go down together with it",
        clauses=("kube-score: pod-topology-spread-constraints", "AWS Well-Architected: REL10-BP01"),
        types=(DEPLOYMENT,),
    )
)
def workload_spread(deployment: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge one Deployment: a constraint of spreading, or an aversion to pods like its own, by zone."""
    if _supports(deployment):
        return
    pod = pod_of(deployment)
    keys = [each["topologyKey"] for each in _spreading(pod, deployment)]
    if any(each.text == ZONE for each in keys):
        return
    unknown = next((each for each in keys if each.unknown), None)
    if unknown:
        verdict.undecided(deployment, unknown)
    else:
        verdict.violated(deployment, f"may stand in one zone: nothing of {pod.path} spreads its own pods by {ZONE}")


def _spreading(pod: Property, deployment: Resource) -> Iterator[Property]:
    """What keeps pods with the Deployment's own labels apart."""
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    aversion = pod["affinity"]["podAntiAffinity"]
    preferred = aversion["preferredDuringSchedulingIgnoredDuringExecution"]
    lists = [pod["topologySpreadConstraints"], aversion["requiredDuringSchedulingIgnoredDuringExecution"]]
    terms = [term for each in lists for term in ([each] if each.unknown else each.elements())]
    terms += [each["podAffinityTerm"] for each in ([preferred] if preferred.unknown else preferred.elements())]
    for term in terms:
        if term.unknown or selects(term["labelSelector"], deployment, labels, deployment) is not Match.NO:
            yield term


@resource_rule(
    Declaration(
        name="workload-deadlines",
        description="Every Job ends by a deadline, and no CronJob overtakes itself.",
        why="A Job that hangs holds its locks and its place for ever, and the next run of it joins in",
        clauses=("kube-score: cronjob-has-deadline", "Kubernetes: concurrency policy, job termination"),
        types=(JOB, CRON_JOB),
    )
)
def workload_deadlines(job: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge one Job or CronJob."""
    spec = job["spec"]
    problems = list(_deadline((spec if job.type == JOB else spec["jobTemplate"]["spec"])["activeDeadlineSeconds"]))
    if job.type == CRON_JOB:
        problems += _deadline(spec["startingDeadlineSeconds"])
        problems += _must_be(spec["concurrencyPolicy"], ("Forbid", "Replace"), "lets runs overlap")
    _report(job, spec, problems, "", verdict)


def _deadline(seconds: Property) -> Iterator[Problem]:
    if seconds.unknown:
        yield seconds, ""
    elif (seconds.whole_number or 0) < 1:
        yield seconds, "is no number of seconds"


Account = tuple[str, str, str]
"""Provider, namespace and name of a service account."""


@stack_rule(
    Declaration(
        name="service-account-tokens",
        description="Pods get a token of the cluster's API only if their account has a role there.",
        why="A program that is taken over would speak to the cluster's API in the pod's name",
        clauses=("CIS Kubernetes 5.1.6", "NSA Kubernetes Hardening: service account tokens"),
        types=(*WORKLOADS, ACCOUNT, *BINDINGS),
    )
)
def service_account_tokens(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge each workload with its account, which decides where the pod says nothing, and that account's roles."""
    accounts = {_place_of(each): each for each in resources if each.type == ACCOUNT}
    entitled = {found for each in resources if each.type in BINDINGS for found in _entitled(each)}
    for workload in (each for each in resources if each.type in WORKLOADS):
        pod = pod_of(workload)
        name = pod["serviceAccountName"]
        place = (workload.provider, _namespace(workload["metadata"]), name.text or "default")
        own = pod["automountServiceAccountToken"]
        mounts = own if own.present or place not in accounts else accounts[place]["automountServiceAccountToken"]
        if mounts.value is False or (place in entitled and not name.unknown):
            continue
        unknown = next((each for each in (mounts, name) if each.unknown), None)
        if unknown:
            verdict.undecided(workload, unknown)
        else:
            problem = f"gets a token that it has no use for: {own.path} is not false and its account has no role"
            verdict.violated(workload, problem)


def _place_of(account: Resource) -> Account:
    return account.provider, _namespace(account["metadata"]), account["metadata"]["name"].text or ""


def _namespace(metadata: Property) -> str:
    return metadata["namespace"].text or "default"


def _entitled(binding: Resource) -> Iterator[Account]:
    """The service accounts that a binding gives a role."""
    for subject in binding["subjects"].elements():
        if subject["kind"].text == "ServiceAccount":
            namespace = subject["namespace"].text or _namespace(binding["metadata"])
            yield binding.provider, namespace, subject["name"].text or ""
