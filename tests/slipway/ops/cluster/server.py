"""A cluster's API on the loopback that runs Jobs: it fills in what an API server does, and refuses what one refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.loopback import serving

CONTEXT = "test"
UID = "5d6c1f0e-0000-4000-8000-000000000001"
JOBS = re.compile(r"/apis/batch/v1/namespaces/([^/]+)/jobs(?:/([^/]+))?")
CRON_JOBS = re.compile(r"/apis/batch/v1/namespaces/([^/]+)/cronjobs/([^/]+)")
DEPLOYMENTS = re.compile(r"/apis/apps/v1/namespaces/([^/]+)/deployments/([^/]+)")
CONFIG_MAPS = re.compile(r"/api/v1/namespaces/([^/]+)/configmaps/([^/]+)")
PODS = re.compile(r"/api/v1/namespaces/([^/]+)/pods")
RELEASES = re.compile(r"/apis/slipway.dev/v1/namespaces/([^/]+)/(releases|approvals)(?:/([^/]+))?")
REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
LOG = re.compile(r"/api/v1/namespaces/([^/]+)/pods/([^/]+)/log")

Document = dict[str, Any]


@dataclass
class Play:
    """What a Job does: the log of each container in order, and the exit status of the last one. `condition` is the Job's
    last word; None lets it run for ever."""

    logs: Mapping[str, str] = field(default_factory=lambda: {"migrate": ""})
    status: int = 0
    condition: str | None = ""
    reason: str = ""
    on_look: Callable[[], None] = lambda: None
    """Called at each look at the Job."""

    @property
    def ends_with(self) -> str | None:
        return ("Failed" if self.status else "Complete") if self.condition == "" else self.condition


@dataclass
class Cluster:
    """`jobs` and `cron_jobs` by namespace and name; those that are made play `play`."""

    port: int = 0
    jobs: dict[tuple[str, str], Document] = field(default_factory=dict)
    cron_jobs: dict[tuple[str, str], Document] = field(default_factory=dict)
    config_maps: dict[tuple[str, str], Document] = field(default_factory=dict)
    deployments: dict[tuple[str, str], Document] = field(default_factory=dict)
    made: list[Document] = field(default_factory=list)
    play: Play = field(default_factory=Play)
    refused: dict[str, int] = field(default_factory=dict)
    """Statuses by method and kind, such as `POST jobs`."""
    looks: int = 0
    custom: dict[tuple[str, str, str], Document] = field(default_factory=dict)
    """Releases and approvals, by namespace, plural and name."""
    has_releases: bool = True
    """Whether their CRDs are installed."""
    user: str = "anna@example.com"
    """Whom the API server takes the login for."""
    controller: Callable[[Document], None] = lambda release: None
    """Called with each Release before somebody reads it; it may change it."""

    def put_release(self, namespace: str, system: str, spec: Mapping[str, Any], status: Mapping[str, Any]) -> Document:
        """A Release as program and controller wrote it."""
        metadata = {"name": system, "namespace": namespace, "generation": 3, "uid": UID, "annotations": {}}
        live: Document = json.loads(json.dumps({"metadata": metadata, "spec": spec, "status": status}))
        self.custom[namespace, "releases", system] = live
        return live

    def put(self, job: Mapping[str, Any], created: str = "2026-11-20T10:00:00Z", *, ends: str = "Complete") -> None:
        """A Job as it is long after it was made."""
        live = filled_in(job, created)
        live["status"] = {"conditions": [{"type": ends, "status": "True"}]}
        self.jobs[job["metadata"]["namespace"], job["metadata"]["name"]] = live

    def kubeconfig(self, folder: Path) -> str:
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": CONTEXT,
            "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}],
            "clusters": [{"name": CONTEXT, "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": CONTEXT, "user": {"token": "token"}}],
        }
        file = folder / "kubeconfig"
        file.write_text(yaml.safe_dump(content))
        return str(file)

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        if path == "/api/v1":
            return 200, {}
        if path == "/apis/slipway.dev/v1":
            return (200, {}) if self.has_releases else (404, {"message": "not found"})
        if path == REVIEWS:
            return 201, {"status": {"userInfo": {"username": self.user}}}
        if found := RELEASES.fullmatch(path):
            return self._custom(method, found[1], found[2], found[3], body)
        if found := LOG.fullmatch(path):
            return 200, self._log(query["container"])
        if found := CRON_JOBS.fullmatch(path):
            return self._found(self.cron_jobs.get((found[1], found[2])))
        if found := DEPLOYMENTS.fullmatch(path):
            return self._found(self.deployments.get((found[1], found[2])))
        if found := CONFIG_MAPS.fullmatch(path):
            return self._found(self.config_maps.get((found[1], found[2])))
        if PODS.fullmatch(path):
            return 200, {"items": [self._pod(query["labelSelector"])]}
        found = JOBS.fullmatch(path)
        assert found is not None, path
        if status := self.refused.get(f"{method} jobs"):
            return status, {"message": "jobs.batch is forbidden"}
        if method == "POST":
            return self._create(found[1], body)
        if found[2]:
            return self._look(found[1], found[2])
        label = query["labelSelector"]
        listed = [job for (namespace, _), job in self.jobs.items() if namespace == found[1]]
        return 200, {"items": [job for job in listed if label in job["metadata"]["labels"]]}

    def _custom(self, method: str, namespace: str, plural: str, name: str | None, body: Any) -> tuple[int, Any]:
        if status := self.refused.get(f"{method} {plural}"):
            return status, {"message": f"{plural}.slipway.dev is forbidden"}
        if not self.has_releases:
            return 404, {"message": "not found"}
        if method == "POST":
            key = namespace, plural, body["metadata"]["name"]
            if key in self.custom:
                return 409, {"message": "already exists", "reason": "AlreadyExists"}
            body["metadata"]["creationTimestamp"] = "2026-11-21T10:00:00Z"
            self.custom[key] = body
            return 201, body
        if name is None:
            found = [each for key, each in self.custom.items() if key[:2] == (namespace, plural)]
            for each in found if plural == "releases" else []:
                self.controller(each)
            return 200, {"items": found}
        live = self.custom.get((namespace, plural, name))
        if live is not None and method == "PATCH":
            live["metadata"]["annotations"] |= body["metadata"]["annotations"]
        elif live is not None and plural == "releases":
            self.controller(live)
        return self._found(live)

    def _create(self, namespace: str, job: Document) -> tuple[int, Any]:
        """An API server makes selector, uid and these labels itself, and refuses others."""
        template = job["spec"]["template"]["metadata"]["labels"]
        if "selector" in job["spec"] or "status" in job or any("controller-uid" in label for label in template):
            return 422, {"message": "spec.selector: Invalid value: `selector` not auto-generated"}
        assert namespace == job["metadata"]["namespace"]
        key = namespace, job["metadata"]["name"]
        assert key not in self.jobs
        self.made.append(job)
        self.jobs[key] = filled_in(job, "2026-11-21T10:00:00Z")
        self.looks = 0
        return 201, self.jobs[key]

    def _look(self, namespace: str, name: str) -> tuple[int, Any]:
        """Each look finds it further: not started, running, running, ended."""
        self.looks += 1
        self.play.on_look()
        job, end = self.jobs.get((namespace, name)), self.play.ends_with
        if job is not None and self.looks >= 4 and end:
            message = self.play.reason or "it is over"
            job["status"] = {"conditions": [{"type": end, "status": "True", "message": message}]}
        return self._found(job)

    def _found(self, document: Document | None) -> tuple[int, Any]:
        return (200, document) if document else (404, {"message": "not found"})

    def _pod(self, selector: str) -> Document:
        states = {1: {"waiting": {"reason": "ImagePullBackOff"}}, 2: {"running": {}}, 3: {"running": {}}}
        ended = {"terminated": {"exitCode": self.play.status}}
        *first, last = self.play.logs
        statuses = [{"name": name, "state": {"terminated": {"exitCode": 0}}} for name in first if self.looks > 1]
        statuses.append({"name": last, "state": states.get(self.looks, ended)})
        name = selector.removeprefix("batch.kubernetes.io/job-name=")
        return {"metadata": {"name": f"{name}-x2x7k"}, "status": {"containerStatuses": statuses}}

    def _log(self, container: str) -> str:
        """While it runs, half of the log: the cut may go through a line."""
        text = self.play.logs[container]
        return text if self.looks > 3 else text[: len(text) // 2]


def filled_in(job: Mapping[str, Any], created: str) -> Document:
    """What the API server returns of a Job that it was given."""
    live: Document = json.loads(json.dumps(job))
    name = live["metadata"]["name"]
    own = {"controller-uid": UID, "job-name": name}
    own |= {f"batch.kubernetes.io/{key}": value for key, value in own.items()}
    live["metadata"] |= {"uid": UID, "resourceVersion": "7", "generation": 1, "creationTimestamp": created}
    live["metadata"]["managedFields"] = [{"manager": "slipway"}]
    live["metadata"]["ownerReferences"] = [{"kind": "Owner", "name": "owner"}]
    live["metadata"].setdefault("labels", {})
    live["spec"] |= {
        "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": UID}},
        "manualSelector": False,
        "completionMode": "NonIndexed",
    }
    live["spec"]["template"]["metadata"] |= {"creationTimestamp": None}
    live["spec"]["template"]["metadata"]["labels"] |= own
    live["status"] = {}
    return live


@contextmanager
def served() -> Iterator[Cluster]:
    cluster = Cluster()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(address.query).items()}
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
            status, answer = cluster.answer(self.command, address.path, query, body)
            content = answer if isinstance(answer, str) else json.dumps(answer)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content.encode())

        do_POST = do_PATCH = do_GET

        def log_message(self, format: str, *_: object) -> None: ...

    with serving(Handler) as cluster.port:
        yield cluster


def log(*steps: tuple[str, str, str], migration: str = "001-colour") -> str:
    """Lines as a migration's script writes them."""
    return "".join(
        json.dumps({"migration": migration, "step": step, "status": status, "seconds": 0, "detail": detail}) + "\n"
        for step, status, detail in steps
    )


def migration_job(
    name: str = "migrate-001-colour-1a2b3c4d", migration: str = "001-colour", **annotations: str
) -> Document:
    """As the plan has it, in few words."""
    labels = {"app.kubernetes.io/name": f"migrate-{migration}", "slipway.dev/migration": migration}
    env: Sequence[Document] = [
        {"name": "MODE", "value": "apply"},
        {"name": "PGPASSWORD", "valueFrom": {"secretKeyRef": {"name": "shop-db-owner", "key": "password"}}},
    ]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "labels": labels,
            "annotations": {"pulumi.com/replaceUnready": "true", "slipway.dev/migration-rollback": "true"}
            | annotations,
        },
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": 660,
            "template": {
                "metadata": {"labels": dict(labels)},
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{"name": "migrate", "image": "postgres", "env": [dict(each) for each in env]}],
                    "volumes": [{"name": "scripts", "configMap": {"name": name}}],
                },
            },
        },
    }
