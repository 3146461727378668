"""A small system with two slots, its controller, Prometheus and visitors, in namespaces of their own."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml

from slipway.release.objects import (
    BYPASS_HEADER,
    SLOT_HEADER,
    Analysis,
    Check,
    Evidence,
    HttpRequest,
    Queries,
    ReleaseSpec,
    RouteStates,
    SecretKey,
    SlotName,
    SlotQueries,
    Step,
    Target,
    manifest,
)
from slipway.release.status import Status
from tests.e2e import controller_image
from tests.e2e.rig import IMAGES, ROOT, Rig

SYSTEM, PLACE, HOST = "edge-shop", "edge-releases", "shop.example.com"
SHOP_IMAGE, PROMETHEUS_IMAGE = "registry.example.com/shop:e2e", "docker.io/prom/prometheus:e2e"
DEFINITIONS = ROOT / "components" / "cluster" / "releases" / "manifests" / "definitions.yaml"
RIGHTS = ROOT / "slipway" / "release" / "controller" / "rights.yaml"
TOKEN = "smoke-tests-only"
RATE, THREADS, INTERVAL = 200, 30, 3
"""Visitors a second, their connections, and seconds of a sample. Chosen: they, the proxy and the service take less than one of
two processors, so that all else keeps its time."""
USER = {"runAsUser": 10001, "runAsNonRoot": True}
BOUND = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
Document = dict[str, Any]
Found = TypeVar("Found")
SLOTS: tuple[SlotName, SlotName] = ("blue", "green")


def until(look: Callable[[], Found], what: str, seconds: float = 120) -> Found:
    """The first answer that is something."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.3)
    return found


class Shop:
    """The system in the cluster."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig, self.out, self.stop = rig, folder / "crowd", folder / "stop"
        self._numbers = itertools.count(int(time.time()))
        self.address = ""

    def make_images(self, folder: Path) -> None:
        controller_image.make(self.rig, folder / "image")
        for name, packages, files, entrypoint in (
            (SHOP_IMAGE, "python3", [f"{IMAGES / 'shop.py'}:/app/shop.py"], "python3 /app/shop.py"),
            (PROMETHEUS_IMAGE, "prometheus", [], "prometheus"),
        ):
            self.rig.image(name, packages=packages, files=files, entrypoint=entrypoint)

    def begin(self) -> None:
        self.rig.kubectl("apply", "--server-side", "-f", str(DEFINITIONS))
        for namespace in (SYSTEM, PLACE):
            self.rig.kubectl("create", "namespace", namespace)
        self.apply(
            [*_system(), *prometheus(PLACE, {"gateway.envoyproxy.io/owning-gateway-namespace": SYSTEM}), *_rights()]
        )
        self.address = until(self._address, "an address of the gateway")
        for slot in SLOTS:
            self.rig.kubectl("-n", SYSTEM, "rollout", "status", f"deployment/api-{slot}", "--timeout=120s")
        self.apply([_controller()])
        for name in ("controller", "prometheus"):
            self.rig.kubectl("-n", PLACE, "rollout", "status", f"deployment/{name}", "--timeout=120s")

    def apply(self, documents: Sequence[Document]) -> None:
        text = yaml.safe_dump_all(documents)
        self.rig.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text)

    def release(self, slot: SlotName, steps: Sequence[Step], *, gates: bool = False, **changed: Any) -> str:
        """Want a version in a slot, and ask for it by both gates: Jobs that really wait, or suspended ones."""
        id = f"{next(self._numbers):012x}"
        values: dict[str, Any] = {"progress_seconds": 60, "checks": [home()], **changed}
        self.apply([manifest("Release", SYSTEM, "shop", _spec(id, slot, steps, self.address, values))])
        self.apply([_gate(gate, id, waits=gates) for gate in ("admit", "promote")])
        return id

    @property
    def status(self) -> Status:
        found = json.loads(self.rig.kubectl("-n", SYSTEM, "get", "release", "shop", "-o", "json"))
        return Status.model_validate(found.get("status") or {})

    def until(self, id: str, *phases: str, step: int | None = None, seconds: float = 120) -> Status:
        """The status once the release is in one of the phases."""

        def look() -> Status | None:
            found = self.status
            return found if found.id == id and found.phase in phases and step in (None, found.step) else None

        try:
            found = until(look, " or ".join(phases), seconds)
        except AssertionError:
            raise AssertionError(f"never {phases}: {self.status.model_dump_json(indent=1)}\n{self.log()}") from None
        assert found is not None
        return found

    def settled(self, id: str, seconds: float = 30) -> Status:
        """The status of an end once the gateway is seen to follow it."""
        found = self.until(id, "Promoted", "RolledBack", seconds=seconds)
        if found.phase == "Promoted":
            until(lambda: self.status.in_force, "the traffic in force", seconds)
        return self.status

    def command(self, verb: str) -> float:
        """A person's word, and when it was given."""
        command_ = json.dumps({"id": str(next(self._numbers)), "verb": verb, "by": "anna", "reason": "e2e"})
        self.rig.kubectl("-n", SYSTEM, "annotate", "--overwrite", "release", "shop", f"slipway.dev/command={command_}")
        return time.time()

    def fault(self, slot: SlotName, what: str) -> float:
        """Break a slot, or repair it by ``."""
        for pod in self.pods(SYSTEM, f"app=api-{slot}"):
            ip = pod["status"].get("podIP")
            if ip:
                self.rig.inside("curl", "-s", "--max-time", "5", f"http://{ip}:8080/-/fault={what}")
        return time.time()

    def recreate(self, slot: SlotName) -> None:
        """New pods, whose state is as they were made."""
        self.rig.kubectl("-n", SYSTEM, "rollout", "restart", f"deployment/api-{slot}")
        self.rig.kubectl("-n", SYSTEM, "rollout", "status", f"deployment/api-{slot}", "--timeout=120s")

    def pods(self, namespace: str, label: str) -> list[Document]:
        return self.rig.get("pods", "-n", namespace, "-l", label)

    def log(self) -> str:
        words = ("-n", PLACE, "logs", "-l", "app=controller", "--tail=15", "--prefix")
        return self.rig.kubectl(*words)

    def message_of(self, job: str) -> str:
        """What a pod of a Job that failed has left; empty before it does."""
        pods = self.pods(SYSTEM, f"batch.kubernetes.io/job-name={job}")
        ended = [
            each["state"].get("terminated") or {} for pod in pods for each in pod["status"].get("containerStatuses", ())
        ]
        return " ".join(each.get("message", "") for each in ended if each.get("exitCode"))

    def holder(self) -> str:
        return self._lease().get("holderIdentity") or ""

    def renewed(self) -> float:
        """When the Lease was last renewed."""
        return datetime.fromisoformat(self._lease()["renewTime"]).timestamp()

    def _lease(self) -> Document:
        found = json.loads(self.rig.kubectl("-n", PLACE, "get", "lease", "slipway-releases", "-o", "json"))
        return found["spec"]

    def signal(self, pod: str, number: signal.Signals) -> None:
        """Send a signal to the process of one replica, past the kubelet."""
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if f"POD_NAME={pod}\0".encode() in (folder / "environ").read_bytes():
                    os.kill(int(folder.name), number)

    @contextmanager
    def crowd(self) -> Iterator[None]:
        """Visitors at a constant rate."""
        words = (
            str(IMAGES / "crowd.py"),
            f"http://{self.address}/",
            HOST,
            str(RATE),
            str(THREADS),
            str(self.stop),
            str(self.out),
        )
        process = self.rig.begin("python3", *words)
        try:
            until(lambda: self.seen(time.time() - 2)["blue"], "visitors")
            yield
        finally:
            self.stop.touch()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()

    def lines(self, since: float) -> list[dict[str, Any]]:
        if not self.out.exists():
            return []
        whole = [line for line in self.out.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return [found for line in whole if (found := json.loads(line))["at"] >= since]

    def seen(self, since: float) -> Counter[str]:
        """What visitors saw since a time."""
        total: Counter[str] = Counter()
        for line in self.lines(since):
            total.update({key: count for key, count in line.items() if key != "at"})
        return total

    def failed(self, since: float) -> dict[str, int]:
        return {key: count for key, count in self.seen(since).items() if key.startswith("failed")}

    def back_after(self, since: float, slot: SlotName) -> float:
        """Seconds from a time until no visitor saw another slot any more."""
        others = [line["at"] for line in self.lines(since) if any(line.get(each, 0) for each in SLOTS if each != slot)]
        return max([at - since for at in others], default=0.0)

    def _address(self) -> str:
        found = json.loads(self.rig.kubectl("-n", SYSTEM, "get", "gateway", "shop", "-o", "json"))
        addresses = found.get("status", {}).get("addresses") or [{}]
        return addresses[0].get("value", "")


def home(**changed: Any) -> Check:
    """A smoke test of the candidate."""
    return Check(name="home", request=HttpRequest(host=HOST, path="/"), **changed)


def failing(job: str) -> Document:
    """A Job that fails at once."""
    container = {"name": "sql", "image": SHOP_IMAGE, "command": ["false"], "securityContext": BOUND}
    pod = {"restartPolicy": "Never", "containers": [container], "securityContext": USER}
    spec = {"backoffLimit": 0, "template": {"spec": pod}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": job, "namespace": SYSTEM}, "spec": spec}


def _spec(id: str, slot: SlotName, steps: Sequence[Step], address: str, changed: dict[str, Any]) -> ReleaseSpec:
    cluster = 'envoy_cluster_name=~"httproute/edge-shop/api/rule/(0/backend/{}|{}(/.*)?)"'

    def queries(backend: int) -> SlotQueries:
        where, window = cluster.format(backend, backend + 1), f"[{INTERVAL + 1}s]"
        total = f"sum(increase(envoy_cluster_upstream_rq_total{{{where}}}{window}))"
        errors = f'sum(increase(envoy_cluster_upstream_rq_xx{{{where},envoy_response_code_class="5"}}{window}))'
        buckets = f"sum by (le) (rate(envoy_cluster_upstream_rq_time_bucket{{{where}}}{window}))"
        return SlotQueries(requests=total, errors=errors, p95=f"histogram_quantile(0.95, {buckets}) / 1000")

    values: dict[str, Any] = {
        "id": id,
        "system": "shop",
        "stack": "rig",
        "owner": "shop",
        "target": Target(slot=slot, version=f"2.0.{int(id, 16) % 1000}"),
        "steps": list(steps),
        "evidence": Evidence(quiet=False),
        "bypass": SecretKey(secret="shop-pass", key="token"),
        "gateway": f"{address}:80",
        "analysis": Analysis(error_percent=1, p95_seconds=0.5, minimum_requests=30),
        "queries": Queries(interval_seconds=INTERVAL, slots={"blue": queries(0), "green": queries(1)}),
        "deployments": {each: [f"api-{each}"] for each in SLOTS},
        "routes": [_route(), _pass()],
    }
    return ReleaseSpec(**{**values, **changed})


def _head() -> Document:
    return {"parentRefs": [{"name": "shop", "sectionName": "http"}], "hostnames": [HOST]}


def _backend(slot: str, weight: int) -> Document:
    """With a filter of its own, by which Envoy Gateway makes each slot a cluster of its own."""
    slot_header = {
        "type": "RequestHeaderModifier",
        "requestHeaderModifier": {"set": [{"name": SLOT_HEADER, "value": slot}]},
    }
    return {"name": f"api-{slot}", "port": 80, "weight": weight, "filters": [slot_header]}


def _route() -> RouteStates:
    """Every state has all rules, in the same order, and those that do not apply need a header that nobody sends: so the
    gateway knows each rule's backends before visitors get there. A rule that is new answers 500 until they are known."""
    page = {"group": "gateway.envoyproxy.io", "kind": "HTTPRouteFilter", "name": "page"}
    targets = {
        "by-weight-any": {"backendRefs": [_backend("blue", 50), _backend("green", 50)]},
        "blue": {"backendRefs": [_backend("blue", 1)]},
        "green": {"backendRefs": [_backend("green", 1)]},
        "maintenance": {"filters": [{"type": "ExtensionRef", "extensionRef": page}]},
    }

    def state(applies: str) -> Document:
        rules = []
        for name, target in targets.items():
            match: Document = {"path": {"type": "PathPrefix", "value": "/"}}
            if name != applies:
                match["headers"] = [{"type": "Exact", "name": "x-shop-unused", "value": name}]
            rules.append({"name": name if name == applies else f"unused-{name}", "matches": [match], **target})
        return {**_head(), "rules": rules}

    return RouteStates(
        name="api",
        blue=state("blue"),
        green=state("green"),
        split=state("by-weight-any"),
        closed=state("maintenance"),
    )


def _pass() -> RouteStates:
    def rule(slot: str) -> Document:
        headers = [
            {"type": "RegularExpression", "name": BYPASS_HEADER, "value": ".+"},
            {"type": "Exact", "name": SLOT_HEADER, "value": slot},
        ]
        match = {"path": {"type": "PathPrefix", "value": "/"}, "headers": headers}
        return {"name": f"pass-{slot}", "matches": [match], "backendRefs": [{"name": f"api-{slot}", "port": 80}]}

    spec = {**_head(), "rules": [rule(slot) for slot in SLOTS]}
    return RouteStates(name="api-pass", blue=spec, green=spec, split=spec, closed=spec)


def _system() -> Iterator[Document]:
    def named(api: str, kind: str, name: str, **body: Any) -> Document:
        return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": SYSTEM}, **body}

    listener = {"name": "http", "port": 80, "protocol": "HTTP"}
    gateway = {"gatewayClassName": "envoy", "listeners": [listener]}
    yield named("gateway.networking.k8s.io/v1", "Gateway", "shop", spec=gateway)
    answer = {
        "statusCode": 503,
        "contentType": "text/plain",
        "body": {"type": "Inline", "inline": "maintenance"},
        "header": {"set": [{"name": "Retry-After", "value": "60"}]},
    }
    yield named("gateway.envoyproxy.io/v1alpha1", "HTTPRouteFilter", "page", spec={"directResponse": answer})
    yield named("v1", "Secret", "shop-pass", stringData={"token": TOKEN})
    for slot in SLOTS:
        labels = {"app": f"api-{slot}"}
        container = {
            "name": "api",
            "image": SHOP_IMAGE,
            "env": [{"name": "SLOT", "value": slot}],
            "readinessProbe": {
                "httpGet": {"path": "/-/ready", "port": 8080},
                "periodSeconds": 1,
                "failureThreshold": 30,
            },
            "volumeMounts": [{"name": "work", "mountPath": "/work"}],
            "securityContext": BOUND,
        }
        pod = {"containers": [container], "securityContext": USER, "volumes": [{"name": "work", "emptyDir": {}}]}
        template = {"metadata": {"labels": labels}, "spec": pod}
        yield named(
            "apps/v1", "Deployment", f"api-{slot}", spec={"selector": {"matchLabels": labels}, "template": template}
        )
        yield named(
            "v1", "Service", f"api-{slot}", spec={"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]}
        )


def prometheus(place: str, owner: Mapping[str, str]) -> Iterator[Document]:
    """In the namespace `place`. It finds the proxies of an owner by the name of a headless Service, so that new ones are
    scraped at once."""
    proxies = {"app.kubernetes.io/component": "proxy", **owner}
    metadata = {"name": "proxies", "namespace": "envoy-gateway-system"}
    ports = [{"port": 19001, "name": "metrics"}]
    spec = {"clusterIP": "None", "selector": proxies, "ports": ports, "publishNotReadyAddresses": True}
    yield {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
    names = [f"proxies.{metadata['namespace']}.svc.cluster.local"]
    job = {
        "job_name": "envoy",
        "metrics_path": "/stats/prometheus",
        "dns_sd_configs": [{"names": names, "type": "A", "port": 19001, "refresh_interval": "1s"}],
    }
    config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": [job]}
    yield _placed(place, "v1", "ConfigMap", "prometheus", data={"prometheus.yml": yaml.safe_dump(config)})
    container = {
        "name": "prometheus",
        "image": PROMETHEUS_IMAGE,
        "command": ["prometheus", "--config.file=/config/prometheus.yml", "--storage.tsdb.path=/data"],
        "volumeMounts": [{"name": "config", "mountPath": "/config"}, {"name": "data", "mountPath": "/data"}],
        "readinessProbe": {"httpGet": {"path": "/-/ready", "port": 9090}, "periodSeconds": 1},
    }
    volumes = [{"name": "config", "configMap": {"name": "prometheus"}}, {"name": "data", "emptyDir": {}}]
    pod = {"containers": [container], "volumes": volumes}
    yield _deployment("prometheus", pod, replicas=1, place=place)
    service = {"selector": {"app": "prometheus"}, "ports": [{"port": 9090}]}
    yield _placed(place, "v1", "Service", "prometheus", spec=service)


def _controller() -> Document:
    def field(name: str, path: str) -> Document:
        return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}

    container = {
        "name": "controller",
        "image": controller_image.NAME,
        "env": [
            field("POD_NAME", "metadata.name"),
            field("POD_NAMESPACE", "metadata.namespace"),
            {"name": "SLIPWAY_PROMETHEUS", "value": f"http://prometheus.{PLACE}:9090"},
        ],
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": 8080}, "periodSeconds": 1},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "initialDelaySeconds": 30},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        "securityContext": BOUND,
    }
    volumes = [{"name": "tmp", "emptyDir": {}}]
    pod = {"serviceAccountName": "controller", "containers": [container], "securityContext": USER, "volumes": volumes}
    return _deployment("controller", pod, replicas=2)


def _gate(gate: str, id: str, *, waits: bool) -> Document:
    container = {
        "name": "gate",
        "image": controller_image.NAME,
        "command": ["python3", "-m", "slipway.release.gate", gate, "--release", "shop", "--id", id],
        "env": [
            {"name": "POD_NAMESPACE", "value": SYSTEM},
            {
                "name": "JOB_UID",
                "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/controller-uid']"}},
            },
        ],
        "securityContext": BOUND,
    }
    pod = {"serviceAccountName": "gate", "restartPolicy": "Never", "containers": [container], "securityContext": USER}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"{gate}-{id}", "namespace": SYSTEM, "labels": {"slipway.dev/gate": gate}},
        "spec": {"suspend": not waits, "backoffLimit": 0, "template": {"spec": pod}},
    }


def _rights() -> Iterator[Document]:
    """Those of the controller's own list, no more."""
    rights = yaml.safe_load(RIGHTS.read_text(encoding="utf-8"))
    api = "rbac.authorization.k8s.io"

    def role(kind: str, name: str, group: str, namespace: str | None) -> Iterator[Document]:
        rules = [
            {
                "apiGroups": [each["group"]],
                "resources": each["resources"],
                "verbs": each["verbs"],
                **({"resourceNames": ["shop-pass"]} if "names" in each else {}),
            }
            for each in rights[group]
        ]
        metadata = {"name": f"edge-{name}-{group}"} | ({"namespace": namespace} if namespace else {})
        account = {"kind": "ServiceAccount", "name": name, "namespace": SYSTEM if name == "gate" else PLACE}
        yield {"apiVersion": f"{api}/v1", "kind": kind, "metadata": metadata, "rules": rules}
        reference = {"apiGroup": api, "kind": kind, "name": metadata["name"]}
        yield {
            "apiVersion": f"{api}/v1",
            "kind": f"{kind}Binding",
            "metadata": metadata,
            "roleRef": reference,
            "subjects": [account],
        }

    for name, place in (("controller", PLACE), ("gate", SYSTEM)):
        yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": place}}
    yield from role("ClusterRole", "controller", "cluster", None)
    yield from role("Role", "controller", "own", PLACE)
    yield from role("Role", "controller", "system", SYSTEM)
    yield from role("Role", "gate", "gate", SYSTEM)


def _deployment(name: str, pod: Document, *, replicas: int, place: str = PLACE) -> Document:
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    return _placed(place, "apps/v1", "Deployment", name, spec=spec)


def _placed(place: str, api: str, kind: str, name: str, **body: Any) -> Document:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": place}, **body}
