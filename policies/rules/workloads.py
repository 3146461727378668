"""Every workload survives a lost node, peak load and a compromised neighbour.

A Deployment is scaled by a HorizontalPodAutoscaler and guarded by a PodDisruptionBudget that lets nodes be drained;
a container has requests, limits, probes and no permission that it does not use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from adapters import clouds, pod_hardening, scaling
from adapters.cluster_objects import Match, Shortlist, label_pairs, selects, unknown_between
from adapters.containers import WORKLOADS, Container, containers_of, is_quantity, pod_of, template_of
from adapters.operated_pods import OPERATED, drivers_in, taken_back, templates_of
from adapters.pod_security import GROUPS, Problem, evaluate, must_be
from adapters.scaling import AUTOSCALERS, DEPLOYMENT
from adapters.trigger_servers import SCALED_JOB
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule

BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"

JOB, CRON_JOB = "kubernetes:batch/v1:Job", "kubernetes:batch/v1:CronJob"
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
BINDINGS = (
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
)
REPLICAS = "spec.replicas"
NAME = "app.kubernetes.io/name"
UNPROBED = "slipway.dev/unprobed"
"""Annotation of a workload without probes; its text is the reason."""
ZONE = "topology.kubernetes.io/zone"


@resource_rule(
    Declaration(
        name="deployment-replicas",
        description="No Deployment that serves traffic sets its replicas, except at creation or on purpose: its autoscaler does.",
        why="Each update would undo what the autoscaler chose, even under peak load",
        clauses=("kube-score: deployment-targeted-by-hpa-does-not-have-replicas-configured",),
        types=(DEPLOYMENT,),
    )
)
def deployment_replicas(deployment: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check inputs: outputs contain the number that the cluster set. If changes of the number are ignored, it applies
    at creation, so that visitors find the minimum and not one pod."""
    replicas = deployment["spec"]["replicas"]
    if scaling.is_singleton(deployment):
        if not replicas.unknown and not (replicas.missing or replicas.whole_number in (0, 1)):
            verdict.violated(deployment, "is declared a singleton and has more than one pod: spec.replicas", "replicas")
        elif deployment["spec"]["strategy"]["type"].text != "Recreate":
            problem = "is declared a singleton and runs twice during an update: spec.strategy.type is not Recreate"
            verdict.violated(deployment, problem)
    elif scaling.is_fixed(deployment):
        if REPLICAS in deployment.ignored:
            problem = (
                "is declared to have fixed replicas, of which changes are ignored: ignoreChanges has spec.replicas"
            )
            verdict.violated(deployment, problem, "replicas")
        elif replicas.missing:
            verdict.violated(deployment, "is declared to have fixed replicas and has none: spec.replicas", "replicas")
    elif replicas.present and REPLICAS not in deployment.ignored and not scaling.supports(deployment):
        verdict.violated(deployment, "sets spec.replicas, which is its HorizontalPodAutoscaler's", "replicas")


@stack_rule(
    Declaration(
        name="deployment-availability",
        description=(
            "Every Deployment that serves traffic has an autoscaler, or fixed replicas on purpose, and a disruption "
            "budget that allows evictions."
        ),
        why=(
            "Without the first, peak load is an outage; without the second, a drained node is; and a budget that "
            "allows no eviction blocks every node upgrade"
        ),
        clauses=("runbooks: HPA per service", "kube-score: deployment-has-poddisruptionbudget"),
        types=(DEPLOYMENT, *AUTOSCALERS, BUDGET),
    )
)
def deployment_availability(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each Deployment with the autoscalers and budgets of its namespace."""
    scalers_of = scaling.finder(resources)
    budgets = [each for each in resources if each.type == BUDGET]
    guards = Shortlist(budgets, [label_pairs(each["spec"]["selector"]["matchLabels"]) or () for each in budgets])
    for deployment in (each for each in resources if each.type == DEPLOYMENT and scaling.is_scaled(each)):
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        guarding = {
            each: selects(each["spec"]["selector"], each, labels, deployment)
            for each in guards.sharing(label_pairs(labels))
        }
        fewest = _fewest(deployment, scalers_of(deployment), verdict)
        budget = _one_of(guarding, deployment, "selector", "PodDisruptionBudget selects it", verdict)
        if fewest and budget:
            _evaluate_budget(deployment, budget, fewest, verdict)


def _fewest(deployment: Resource, scalers: dict[Resource, Match], verdict: Verdict) -> Property | None:
    """Return the fewest pods of a Deployment; reports none or several autoscalers, and one beside fixed replicas."""
    if not scaling.is_unscaled(deployment):
        scaler = _one_of(scalers, deployment, "scaleTargetRef", "HorizontalPodAutoscaler scales it", verdict)
        return scaling.bounds_of(scaler)[0] if scaler else None
    for scaler, match in scalers.items():
        if match is Match.YES and not (scaling.is_live_only(deployment) and scaling.is_paused(scaler)):
            verdict.violated(
                deployment, f"has a number of pods without an autoscaler, but {scaler.name} scales it", "replicas"
            )
    return deployment["spec"]["replicas"]


def _one_of(
    candidates: dict[Resource, Match], deployment: Resource, link: str, what: str, verdict: Verdict
) -> Resource | None:
    """Return the one candidate that certainly belongs to the Deployment; several, none or a doubtful one are reported."""
    found = [each for each, match in candidates.items() if match is Match.YES]
    doubtful = [each for each, match in candidates.items() if match is Match.MAYBE]
    if len(found) > 1:
        names = ", ".join(sorted(each.name for each in found))
        verdict.violated(deployment, f"is selected by {names}: more than one {what}", "replicas")
    elif not found and doubtful:
        unknown = unknown_between(doubtful[0], doubtful[0]["spec"][link], deployment)
        verdict.undecided(deployment, unknown, "replicas")
    elif not found:
        verdict.violated(deployment, f"is unprotected: no {what}", "replicas")
    return found[0] if len(found) == 1 else None


ALL = 100
"""Percent."""


def _evaluate_budget(deployment: Resource, budget: Resource, minimum: Property, verdict: Verdict) -> None:
    """Check that at least one pod may be evicted at the autoscaler's minimum."""
    ceiling, floor = budget["spec"]["maxUnavailable"], budget["spec"]["minAvailable"]
    bound, fewest = ceiling if ceiling.present else floor, minimum
    amount = _pods_or_percent(bound)
    if bound.unknown:
        verdict.undecided(deployment, bound, "replicas")
    elif amount is None:
        problem = f"is not protected: {bound.path} of {budget.name} is neither a number of pods nor a percentage"
        verdict.violated(deployment, problem, "replicas")
    elif bound is floor and amount[0] and fewest.unknown:
        verdict.undecided(deployment, fewest, "replicas")
    elif bound is ceiling and amount[1] and amount[0] >= ALL:
        verdict.violated(
            deployment, f"may lose all pods at once: {bound.path} of {budget.name} is all of them", "replicas"
        )
    elif not (amount[0] if bound is ceiling else _spares(amount, fewest.whole_number)):
        problem = f"allows no eviction at its minimum replicas: {bound.path} of {budget.name} blocks every eviction"
        verdict.violated(deployment, problem, "replicas")


def _pods_or_percent(bound: Property) -> tuple[int, bool] | None:
    """Return the number of a bound, and whether it is a percentage."""
    if (pods := bound.whole_number) is not None:
        return (pods, False) if pods >= 0 else None
    percent = re.fullmatch(r"(\d{1,3})%", bound.text or "")
    return (int(percent[1]), True) if percent else None


def _spares(floor: tuple[int, bool], fewest: int | None) -> bool:
    """Return whether `fewest` exceeds the pods that must stay; Kubernetes rounds percentages up."""
    number, is_percent = floor
    needed = -(-number * (fewest or 0) // 100) if is_percent else number
    return number == 0 or (fewest is not None and needed < fewest)


@resource_rule(
    Declaration(
        name="container-hardening",
        description="Every container has requests, limits and probes, and every pod meets the restricted Pod Security Standard.",
        why=(
            "A container without limits starves its node, one without probes gets requests it cannot serve, and "
            "one with root endangers its node"
        ),
        clauses=(
            "Pod Security Standards: restricted",
            "CIS Kubernetes 5.2.2-5.2.13",
            "CIS Kubernetes 5.7.2",
            "CIS Kubernetes 5.7.3",
            "NSA Kubernetes Hardening: pod security",
            *clouds.clauses("container-hardening"),
        ),
        types=(*WORKLOADS, *OPERATED),
        unlisted=True,
        schema={
            "csiDrivers": {
                "type": "array",
                "items": {"type": "string"},
                "default": ["csi.cert-manager.io", "secrets-store.csi.k8s.io"],
                "description": "CSI drivers allowed for inline volumes.",
            },
            "agentFolders": {
                "type": "array",
                "items": {"type": "string"},
                "default": ["/var/log", "/var/lib/vector"],
                "description": "Node folders that an agent of a chart may mount.",
            },
        },
    )
)
def container_hardening(workload: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check the pods of one object: all settings of a workload, but of an operator's object only those that it sets."""
    foreign = [
        (each, "is not one of csiDrivers") for each in drivers_in(workload) if each.text not in settings["csiDrivers"]
    ]
    known = [(where, "" if where.unknown else text) for where, text in foreign]
    _report(workload, Property(None), known, "mounts an inline volume of any driver", "", verdict)
    if workload.type in WORKLOADS:
        _evaluate_workload(workload, verdict)
        return
    reported: set[str] = set()
    for template in templates_of(workload):
        reported |= _evaluate_template(workload, template, verdict)
    rest = [
        (where, text) for where, text in taken_back(workload, settings["agentFolders"]) if where.path not in reported
    ]
    if rest:
        _report(workload, Property(None), rest, "breaks the restricted Pod Security Standard", "", verdict)


def _evaluate_template(operated: Resource, template: Property, verdict: Verdict) -> set[str]:
    """Check the template of an operator's pods; returns the paths of the reported settings."""
    spec, reported = template["spec"], set[str]()
    if not spec.unknown and not any(True for _ in spec["containers"].elements()) and not spec["containers"].unknown:
        verdict.violated(operated, f"does not restrict its pods: {spec.path}.containers is not set")
        return reported
    for part in evaluate(template):
        _report(operated, part.where, part.problems, "breaks the restricted Pod Security Standard in", "", verdict)
        reported |= {where.path for where, _ in part.problems}
    return reported


def _evaluate_workload(workload: Resource, verdict: Verdict) -> None:
    pod = pod_of(workload)
    for group in GROUPS:
        if pod[group].unknown:
            verdict.undecided(workload, pod[group])
    listed = list(containers_of(workload))
    if not listed and not pod["containers"].unknown:
        verdict.violated(workload, f"has no containers to check: {pod.path}.containers is not a list")
    confined = {part.where.path: part.problems for part in evaluate(template_of(workload))}
    problems = confined.pop(pod.path, ())
    _report(workload, pod, list(pod_hardening.of_pod(pod)), "is out of bounds in", "", verdict)
    _report(workload, pod, problems, "breaks the restricted Pod Security Standard in", "", verdict)
    for container in listed:
        where = container.fields
        _report(workload, where, list(_bounds(container)), "lacks resource bounds in", "resources", verdict)
        _report(workload, where, list(_probes(workload, container)), "lacks probes in", "health", verdict)
        rights = [*confined.pop(where.path, ()), *_read_only(container), *pod_hardening.of_container(where)]
        _report(workload, where, rights, "lacks hardening in", "", verdict)
    for path, rest in confined.items():
        _report(workload, Property(None, path), rest, "lacks hardening in", "", verdict)


def _report(
    workload: Resource, part: Property, problems: Sequence[Problem], what: str, key: str, verdict: Verdict
) -> None:
    path = part.path
    wrong = [f"{where.path.removeprefix(f'{path}.')} {text}" for where, text in problems if text]
    if wrong:
        verdict.violated(workload, f"{f'{what} {path}'.rstrip()}: {', '.join(wrong)}", key)
    for unknown in {where.path: where for where, text in problems if not text}.values():
        verdict.undecided(workload, unknown, key)


def _bounds(container: Container) -> Iterator[Problem]:
    for group in ("requests", "limits"):
        for resource in ("cpu", "memory"):
            amount = container["resources"][group][resource]
            if amount.missing:
                yield amount, "is not set"
            elif not amount.unknown and not is_quantity(amount):
                yield amount, "is not an amount above zero"


def _probes(workload: Resource, container: Container) -> Iterator[Problem]:
    if not container.long_running or _is_unprobed(workload, container):
        return
    for name in ("livenessProbe", "readinessProbe"):
        probe = container[name]
        handlers = [probe[each] for each in ("httpGet", "tcpSocket", "exec", "grpc")]
        if probe.missing:
            yield probe, "is not set"
        elif not any(each.unknown or each.mapping for each in handlers):
            yield probe, "asks nothing"


def _is_unprobed(workload: Resource, container: Container) -> bool:
    """Return whether the workload says why its own container, which nobody calls, cannot be asked."""
    reason = workload["metadata"]["annotations"][UNPROBED].text or ""
    own = container["name"].text == workload["metadata"]["labels"][NAME].text
    ports = container["ports"]
    return bool(reason.strip()) and own and not ports.unknown and not any(True for _ in ports.elements())


def _read_only(container: Container) -> Iterator[Problem]:
    yield from must_be(container["securityContext"]["readOnlyRootFilesystem"], (True,), "must be true")


@resource_rule(
    Declaration(
        name="workload-minimum",
        description="Every autoscaler, and every fixed number of replicas, has the minimum that the stack requires.",
        why="With one pod, every lost node and every update of a node is an outage",
        clauses=(
            "runbook: fleet, Kubernetes deployments: 3 and 2 replicas",
            "kube-score: horizontalpodautoscaler-has-enough-replicas",
        ),
        types=(DEPLOYMENT, *AUTOSCALERS),
        schema={
            "minimumReplicas": {
                "type": "integer",
                "minimum": 1,
                "default": 1,
                "description": "Lowest allowed minimum of an autoscaler, or fixed number of replicas.",
            },
            "maximumReplicas": {
                "type": "integer",
                "minimum": 1,
                "default": 100,
                "description": "Highest allowed maximum of an autoscaler.",
            },
        },
    )
)
def workload_minimum(workload: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check one autoscaler, or the number of a Deployment whose replicas are fixed."""
    needed, most = int(settings["minimumReplicas"]), int(settings["maximumReplicas"])
    if workload.type != DEPLOYMENT:
        _evaluate_bounds(workload, 0 if scaling.is_paused(workload) else needed, most, verdict)
    elif scaling.is_fixed(workload) and not scaling.is_singleton(workload):
        _evaluate_number(workload, needed, most, verdict)


def _evaluate_number(deployment: Resource, needed: int, most: int, verdict: Verdict) -> None:
    replicas = deployment["spec"]["replicas"]
    pods = replicas.whole_number
    if replicas.unknown:
        verdict.undecided(deployment, replicas, "replicas")
    elif pods is None:
        verdict.violated(deployment, f"has no fixed number: {replicas.path} is not a whole number", "replicas")
    elif not needed <= pods <= most:
        problem = f"has {pods} fixed replicas, which are not between {needed} and {most}"
        verdict.violated(deployment, problem, "replicas", min(max(pods, needed), most))


def _evaluate_bounds(autoscaler: Resource, needed: int, most: int, verdict: Verdict) -> None:
    """Check an autoscaler; the default minimum is one pod in Kubernetes and none in KEDA."""
    minimum, maximum = scaling.bounds_of(autoscaler)
    pods = minimum.whole_number
    if minimum.unknown:
        verdict.undecided(autoscaler, minimum, "replicas.minimum")
    elif pods is None:
        problem = f"has an invalid minimum: {minimum.path} is not a whole number"
        verdict.violated(autoscaler, problem, "replicas.minimum")
    elif pods < needed:
        verdict.violated(
            autoscaler, f"has a minimum of {pods} pods, fewer than the {needed} required", "replicas.minimum", needed
        )
    elif not maximum.unknown and not pods <= (maximum.whole_number or 0) <= most:
        problem = f"has an invalid maximum: {maximum.path} is not between {pods} and {most}"
        verdict.violated(autoscaler, problem, "replicas.maximum", min(max(pods, maximum.whole_number or 0), most))
    elif stopped := next(_stopped(autoscaler), None):
        verdict.violated(autoscaler, f"does not scale: {stopped.path} stops it", "replicas")


def _stopped(autoscaler: Resource) -> Iterator[Property]:
    """Return the setting that stops an autoscaler from adding pods."""
    annotations, spec = autoscaler["metadata"]["annotations"], autoscaler["spec"]
    paused, fixed = annotations["autoscaling.keda.sh/paused"], annotations[scaling.PAUSED]
    if scaling.is_paused(autoscaler) and fixed.text == "0":
        fixed = annotations[""]
    yield from (each for each in (paused, fixed) if each.present and each.text != "false")
    behavior = spec["behavior"], spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    policies = [each["scaleUp"]["selectPolicy"] for each in behavior]
    yield from (each for each in policies if each.text == "Disabled")


@resource_rule(
    Declaration(
        name="workload-spread",
        description="Pods of every Deployment that serves traffic are spread over zones.",
        why="Pods in one zone all fail together with it",
        clauses=("kube-score: pod-topology-spread-constraints", *clouds.clauses("workload-spread")),
        types=(DEPLOYMENT,),
    )
)
def workload_spread(deployment: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check one Deployment for a topology spread constraint, or a pod anti-affinity with its own pods, by zone."""
    if not scaling.is_scaled(deployment):
        return
    pod = pod_of(deployment)
    keys = [each["topologyKey"] for each in _spreading(pod, deployment)]
    if any(each.text == ZONE for each in keys):
        return
    unknown = next((each for each in keys if each.unknown), None)
    if unknown:
        verdict.undecided(deployment, unknown)
    else:
        verdict.violated(deployment, f"may run in one zone: nothing in {pod.path} spreads its pods by {ZONE}")


def _spreading(pod: Property, deployment: Resource) -> Iterator[Property]:
    """Return the constraints on pods with the Deployment's own labels."""
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    aversion = pod["affinity"]["podAntiAffinity"]
    preferred = aversion["preferredDuringSchedulingIgnoredDuringExecution"]
    lists = [pod["topologySpreadConstraints"], aversion["requiredDuringSchedulingIgnoredDuringExecution"]]
    terms = [term for each in lists for term in ([each] if each.unknown else each.elements())]
    terms += [each["podAffinityTerm"] for each in ([preferred] if preferred.unknown else preferred.elements())]
    for term in terms:
        if term.unknown or selects(term["labelSelector"], deployment, labels, deployment) is not Match.NO:
            yield term


_JOBS: Mapping[str, tuple[str, ...]] = {JOB: (), CRON_JOB: ("jobTemplate", "spec"), SCALED_JOB: ("jobTargetRef",)}
"""Where the specification of a Job is, below `spec` of what makes it."""


@resource_rule(
    Declaration(
        name="workload-deadlines",
        description="Every Job has a deadline, also of a ScaledJob, and runs of a CronJob never overlap.",
        why="A hanging Job holds its locks and its node resources for ever, and its next run starts alongside",
        clauses=("kube-score: cronjob-has-deadline", "Kubernetes: concurrency policy, job termination"),
        types=_JOBS.keys(),
    )
)
def workload_deadlines(job: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check one Job, or what makes some. Jobs of a ScaledJob run side by side on purpose."""
    started = spec = job["spec"]
    for key in _JOBS[job.type]:
        started = started[key]
    problems = list(_deadline(started["activeDeadlineSeconds"]))
    if job.type == CRON_JOB:
        problems += _deadline(spec["startingDeadlineSeconds"])
        problems += must_be(spec["concurrencyPolicy"], ("Forbid", "Replace"), "lets runs overlap")
    _report(job, spec, problems, "has no deadline in", "", verdict)


def _deadline(seconds: Property) -> Iterator[Problem]:
    if seconds.unknown:
        yield seconds, ""
    elif (seconds.whole_number or 0) < 1:
        yield seconds, "is not a number of seconds"


Account = tuple[str, str, str]
"""Provider, namespace and name of a service account."""


@stack_rule(
    Declaration(
        name="service-account-tokens",
        description="Pods get a Kubernetes API token only if their service account has a role.",
        why="A compromised program could use the API as the pod's service account",
        clauses=("CIS Kubernetes 5.1.6", "NSA Kubernetes Hardening: service account tokens"),
        types=(*WORKLOADS, ACCOUNT, *BINDINGS),
    )
)
def service_account_tokens(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each workload with its service account, whose setting is the default, and that account's roles."""
    accounts = {_place_of(each): each for each in resources if each.type == ACCOUNT}
    entitled = {found for each in resources if each.type in BINDINGS for found in _entitled(each)}
    used = {_place_of_pods(each) for each in resources if each.type in WORKLOADS}
    for account in (accounts[place] for place in accounts.keys() - entitled - used):
        if account["automountServiceAccountToken"].value is True:
            problem = "gives pods that are not in the plan an API token: automountServiceAccountToken is true"
            verdict.violated(account, problem)
    for workload in (each for each in resources if each.type in WORKLOADS):
        pod = pod_of(workload)
        name = pod["serviceAccountName"]
        place = _place_of_pods(workload)
        own = pod["automountServiceAccountToken"]
        mounts = own if own.present or place not in accounts else accounts[place]["automountServiceAccountToken"]
        if place in entitled and not name.unknown:
            continue
        for token in _projected(pod):
            verdict.violated(workload, f"gets an API token that it does not need: {token.path}")
        if mounts.value is False:
            continue
        unknown = next((each for each in (mounts, name) if each.unknown), None)
        if unknown:
            verdict.undecided(workload, unknown)
        else:
            problem = (
                f"gets an API token that it does not need: {own.path} is not false and its service account has no role"
            )
            verdict.violated(workload, problem)


def _projected(pod: Property) -> Iterator[Property]:
    """Return the API server tokens of a projected volume; a token for another audience is useless there."""
    for volume in pod["volumes"].elements():
        for source in volume["projected"]["sources"].elements():
            token = source["serviceAccountToken"]
            audience = token["audience"]
            if token.present and not token.unknown and (audience.missing or "kubernetes" in (audience.text or "")):
                yield token


def _place_of_pods(workload: Resource) -> Account:
    """Return the service account of a workload's pods."""
    return workload.provider, _namespace(workload["metadata"]), pod_of(workload)["serviceAccountName"].text or "default"


def _place_of(account: Resource) -> Account:
    return account.provider, _namespace(account["metadata"]), account["metadata"]["name"].text or ""


def _namespace(metadata: Property) -> str:
    return metadata["namespace"].text or "default"


def _entitled(binding: Resource) -> Iterator[Account]:
    """Return the service accounts in a role binding."""
    for subject in binding["subjects"].elements():
        if subject["kind"].text == "ServiceAccount":
            namespace = subject["namespace"].text or _namespace(binding["metadata"])
            yield binding.provider, namespace, subject["name"].text or ""
