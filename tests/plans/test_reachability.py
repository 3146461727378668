"""The network that the policies leave: exactly what the definitions declare, pair by pair."""

from __future__ import annotations

from collections.abc import Iterator

from components.manifests import names
from components.system.broker.component import uses_queue
from slipway.ops.cluster import jobs
from slipway.rehearsal import Plan
from slipway.settings.egress import Egress
from slipway.settings.references import FromDatabase, FromService
from slipway.settings.services import Service
from slipway.settings.stacks import DeployedSystem
from tests.plans.reachability import INTERNET, Connection, End, connections, ends
from tests.rehearsed import ROOT, rehearsed_with

STACK = ROOT / "tests" / "e2e" / "Pulumi.rig.yaml"
"""With databases as pods, so that they are ends too."""
GATEWAY = End("gateway", "envoy-gateway-system")
PROMETHEUS = End("prometheus", "monitoring")
STRANGER = End("pod of another namespace", "elsewhere")
OUTSIDE = End("internet", address=INTERNET, ports=frozenset({443, 27017}))
FLAGS = (8013, 8016)


def planned() -> tuple[Plan, list[DeployedSystem]]:
    made = rehearsed_with("rig", STACK, policies=False)
    return made.plan, list(made.stack.clusters["main"].systems.values())


def brokers(systems: list[DeployedSystem]) -> list[End]:
    """Pods that an operator makes are in no plan."""
    return [
        End(
            "broker", deployed.namespace, {"app.kubernetes.io/name": f"{deployed.name}-queue"}, frozenset({5671, 15691})
        )
        for deployed in systems
        if deployed.definition.queue is not None
    ]


def _port(service: Service) -> int:
    assert service.port is not None, "the five systems have no worker"
    return service.port


def declared(deployed: DeployedSystem) -> Iterator[Connection]:
    """What a definition says, in words of its own."""
    definition, home = deployed.definition, deployed.namespace
    slots = [slot for slot in ("blue", "green") if deployed.deployment.slot(slot).version]
    databases = [name for name, each in definition.databases.items() if each.hosting == "managed"]
    for slot in slots:
        for name, service in definition.services.items():
            caller = f"{home}/deployment {name}-{slot}"
            values = [*definition.environment.values(), *service.environment.values()]
            for called in {*service.calls, *(value.service for value in values if isinstance(value, FromService))}:
                server = f"{home}/deployment {called}-{slot}"
                yield Connection(caller, server, _port(definition.services[called]))
            for database in {value.database for value in values if isinstance(value, FromDatabase)}:
                yield Connection(caller, f"{home}/statefulset {names.kubernetes_name(database)}", 5432)
            if uses_queue(definition, service):
                yield Connection(caller, f"{home}/broker", 5671)
            if definition.flags:
                for port in FLAGS:
                    yield Connection(caller, f"{home}/deployment flagd", port)
            if service.routes:
                yield Connection(str(GATEWAY), caller, _port(service))
            if service.metrics is not None:
                yield Connection(str(PROMETHEUS), caller, service.metrics.port or _port(service))
            for outside in service.egress:
                if isinstance(outside, Egress) and outside.port in OUTSIDE.ports:
                    yield Connection(caller, str(OUTSIDE), outside.port)
        for name in definition.sites:
            yield Connection(str(GATEWAY), f"{home}/deployment {name}-{slot}", 8080)
    for database in databases:
        exporter, server = (names.kubernetes_name(database) + end for end in ("-exporter", ""))
        yield Connection(f"{home}/deployment {exporter}", f"{home}/statefulset {server}", 5432)
        yield Connection(str(PROMETHEUS), f"{home}/deployment {exporter}", 9187)
    if definition.flags:
        yield Connection(str(PROMETHEUS), f"{home}/deployment flagd", 8014)
    if definition.queue is not None:
        yield Connection(str(PROMETHEUS), f"{home}/broker", 15691)


def test_pods_reach_what_is_declared_and_nothing_else() -> None:
    """Of five systems, both slots, the gateway, Prometheus, a stranger and the internet."""
    plan, systems = planned()
    namespaces = {deployed.namespace for deployed in systems}
    pods = [end for end in ends(plan) if end.namespace in namespaces and not end.name.startswith("job ")]
    others = [*brokers(systems), GATEWAY, PROMETHEUS, STRANGER, OUTSIDE]
    found = {
        each for each in connections(plan, [*pods, *others]) if each.caller.split("/")[0] in {*namespaces, *OPEN}
    } - AMONG_OPEN
    wanted = {connection for deployed in systems for connection in declared(deployed)}
    assert found - wanted == set()
    assert wanted - found == set()
    assert len(wanted) > 70


OPEN = {GATEWAY.namespace, PROMETHEUS.namespace, STRANGER.namespace}
AMONG_OPEN = {
    Connection(str(end), str(OUTSIDE), port) for end in (GATEWAY, PROMETHEUS, STRANGER) for port in OUTSIDE.ports
}
"""Namespaces that are none of a system's."""


def test_jobs_reach_databases_alone() -> None:
    """The one that makes roles calls its own database; nobody calls it."""
    plan, systems = planned()
    pods = ends(plan)
    jobs = {f"{end.namespace}/{end.name}" for end in pods if end.name.startswith("job ")}
    calls = [each for each in connections(plan, [*pods, OUTSIDE, *brokers(systems)]) if each.caller in jobs]
    systems_jobs = {job for job in jobs if "-roles-" in job}
    assert {each.caller for each in calls if each.caller in systems_jobs} == systems_jobs
    for each in calls:
        if each.caller in systems_jobs:
            database = each.caller.split(" ")[1].split("-roles-")[0]
            assert each.server == f"{each.caller.split('/')[0]}/statefulset {database}"
            assert each.port == 5432


def one_off_pods(plan: Plan, systems: list[DeployedSystem]) -> dict[str, End]:
    """The pod of `slipway run --service` of each service, by the Deployment that it is made from."""
    homes = {deployed.namespace: deployed.definition.services for deployed in systems}
    found: dict[str, End] = {}
    for step in plan.steps:
        metadata = step.inputs.get("metadata", {})
        service = metadata.get("labels", {}).get(names.NAME)
        if step.type.endswith(":Deployment") and service in homes.get(metadata.get("namespace"), {}):
            name = f"{service}-run"
            made = jobs.from_deployment(step.inputs, name, ["bin/reindex"], 60)["spec"]["template"]
            assert not any("ports" in each for each in made["spec"]["containers"])
            deployment = f"{metadata['namespace']}/deployment {metadata['name']}"
            listens = frozenset(port for port in homes[metadata["namespace"]][service].exposed.values())
            found[deployment] = End(
                f"{metadata['name']} run", metadata["namespace"], made["metadata"]["labels"], listens
            )
    return found


def test_a_one_off_pod_reaches_what_its_service_reaches() -> None:
    """Each of them, and nothing else; of pods like itself, which listen to nobody, no other system can call it."""
    plan, systems = planned()
    runs = one_off_pods(plan, systems)
    assert len(runs) == sum(
        len(deployed.definition.services)
        * sum(1 for each in ("blue", "green") if deployed.deployment.slot(each).version)
        for deployed in systems
    )
    servers = [end for end in ends(plan) if not end.name.startswith("job ")]
    found = connections(plan, [*servers, *runs.values(), *brokers(systems), STRANGER, OUTSIDE])
    pods = {str(end) for end in runs.values()}
    calls = {(each.caller, each.server, each.port) for each in found if each.server not in pods}
    for deployment, run in runs.items():
        own = {call[1:] for call in calls if call[0] == str(run)}
        assert own == {call[1:] for call in calls if call[0] == deployment} != set()
    assert not any(each.caller == str(STRANGER) for each in found if each.server in pods)


def test_nothing_else_selects_a_one_off_pod() -> None:
    """No Service sends it requests, and no controller, autoscaler or disruption budget counts it."""
    plan, systems = planned()
    runs = one_off_pods(plan, systems)
    selectors = [
        (step, step.inputs["spec"]["selector"].get("matchLabels", step.inputs["spec"]["selector"]))
        for step in plan.steps
        if step.type.rpartition(":")[2] in ("Service", "Deployment", "StatefulSet", "PodDisruptionBudget")
        and step.inputs.get("spec", {}).get("selector")
    ]
    assert len(selectors) > 50
    for run in runs.values():
        for step, labels in selectors:
            if step.inputs["metadata"]["namespace"] == run.namespace:
                assert not labels.items() <= run.labels.items(), step.urn


def test_a_policy_more_is_noticed() -> None:
    """Without the policy that closes a namespace a stranger gets in: the computation sees it."""
    plan, _ = planned()
    opened = [step for step in plan.steps if not (step.type.endswith(":NetworkPolicy") and "fleet/" in step.name)]
    ways = connections(Plan(**{**vars(plan), "steps": tuple(opened)}), [*ends(plan), STRANGER])
    assert any(each.caller == str(STRANGER) and each.server.startswith("fleet/") for each in ways)
