"""Settings of Kubernetes and of operators in it, from the hardening guides of CIS and of the NSA and from known attacks."""

from __future__ import annotations

from typing import Any

from tests.policies.edits.identity import BOUND, RBAC, bound, cluster_role, people
from tests.policies.edits.network import CERTIFIED, ingress, service
from tests.policies.edits.program import (
    API,
    CONTAINER,
    LABELS,
    RABBIT,
    RELEASE,
    an_object,
    confined,
    container,
    daemon_set,
    metadata,
)
from tests.policies.plan_under_test import Edit
from tests.policies.swift import Addition

DEPLOYMENT, QUEUE, LOGS = (
    ("v1:Deployment", API),
    (RABBIT, "marketplace/marketplace-queue"),
    ("v1:Elasticsearch", "fleet/elasticsearch"),
)
KIBANA, GUARD, GUARDED = (
    ("v1:Kibana", "fleet/kibana"),
    ("v1:ValidatingAdmissionPolicy", "fleet/approvals.slipway.dev"),
    ("v1:ValidatingAdmissionPolicyBinding", "fleet/approvals.slipway.dev"),
)
CHART, ISSUER, STORE = (
    (RELEASE, "main/reloader"),
    ("v1:ClusterIssuer", "fleet/slipway"),
    ("v1:SecretStore", "monitoring-fleet/slipway"),
)
LOGIN, GATE, SPACE = (
    ("v1alpha1:SecurityPolicy", "fleet/fleet-api-web-pass"),
    ("v1:Gateway", "fleet/fleet"),
    ("core/v1:Namespace", "fleet"),
)
MONITOR, PROBE, CLIENTS = (
    ("v1:PodMonitor", "fleet/gateway"),
    ("v1:Probe", "fleet/fleet"),
    ("ClientTrafficPolicy", "fleet/fleet"),
)
ACCOUNT, PROXIES = ("core/v1:ServiceAccount", "fleet/secrets"), ("EnvoyProxy", "fleet/slipway")
CLUSTER, POOLER = ("cnpg.io/v1:Cluster", "expenses/expenses"), ("cnpg.io/v1:Pooler", "marketplace/creditdb-pooler")
CERTIFICATE = ("v1:Certificate", "fleet/slipway-root")
WRITE = ("create", "update", "patch")
GROUP = "rbac.authorization.k8s.io"


def everywhere(*resources: str, verbs: tuple[str, ...] = ("get",), group: str = "", **more: Any) -> Addition:
    rule = {"apiGroups": [group], "resources": [*resources], "verbs": [*verbs], **more}
    return cluster_role(rules=[rule])


def urls(*paths: str) -> Addition:
    return cluster_role(rules=[{"nonResourceURLs": [*paths], "verbs": ["get"]}])


def pods(**changes: Any) -> Addition:
    return daemon_set(**changes)


def values(*path: str, value: Any) -> Edit:
    return Edit(*CHART, ("values", *path), value)


def monitor(**endpoint: Any) -> Addition:
    return an_object(
        "monitoring.coreos.com/v1:ServiceMonitor",
        {"selector": {"matchLabels": LABELS}, "endpoints": [{"port": "web"}, {"port": "metrics", **endpoint}]},
    )


def operated(*path: str, value: Any, of: tuple[str, str] = CLUSTER) -> Edit:
    return Edit(*of, ("spec", *path), value)


def mongo(**spec: Any) -> Addition:
    pod = {
        "securityContext": {"runAsNonRoot": True, "runAsUser": 2000, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{**CONTAINER, "name": each} for each in ("mongod", "mongodb-agent")],
    }
    usual = {
        "members": 3,
        "type": "ReplicaSet",
        "security": {"authentication": {"modes": ["SCRAM"]}},
        "statefulSet": {"spec": {"template": {"spec": pod}}},
    }
    return an_object("mongodbcommunity.mongodb.com/v1:MongoDBCommunity", {**usual, **spec})


def external(**inputs: Any) -> Addition:
    return an_object(
        "external-secrets.io/v1:ExternalSecret",
        {"target": {"name": "fleet-pass"}, "secretStoreRef": {"name": "slipway"}, **inputs},
    )


def old_map(**data: str) -> Addition:
    """How IAM's identities came into a cluster of EKS before access entries."""
    return an_object("core/v1:ConfigMap", metadata={**metadata("aws-auth"), "namespace": "kube-system"}, data=data)


SNIPPETS = ("configuration-snippet", "server-snippet", "auth-snippet", "stream-snippet", "location-snippet")
CHOSEN = {"from": "Selector", "selector": {"matchLabels": {"team": "fleet"}}}
CONVERTED = {"strategy": "Webhook", "webhook": {"clientConfig": {"url": "https://evil.example.com"}}}
OPEN_SERVICE = {"spec": {"type": "LoadBalancer"}}
LB = {"type": "LoadBalancer"}

CAUGHT = {
    "iam-wildcards": {
        "prod": [
            urls("*"),
            urls("/healthz", "/*"),
            Edit(*BOUND, ("roleRef",), {"kind": "ClusterRole", "name": "admin", "apiGroup": GROUP}),
            Edit(*BOUND, ("roleRef",), {"kind": "ClusterRole", "name": "edit", "apiGroup": GROUP}),
            people("configmaps", group="*"),
            external(dataFrom=[{"find": {"name": {"regexp": ".*"}}}]),
            external(dataFrom=[{"extract": {"key": "a"}}, {"find": {"path": "/"}}]),
            Edit(*LOGS, ("spec", "nodeSets", 0, "config", "xpack.security.enabled"), False),
            Edit(*LOGS, ("spec", "nodeSets", 0, "config", "xpack.security.authc.anonymous.roles"), "superuser"),
            Edit(*LOGS, ("spec", "nodeSets", 0, "config", "xpack"), {"security": {"authc": {"anonymous": {"roles": ["superuser"]}}}}),
            Edit(*KIBANA, ("spec", "config", "xpack.security.authc.providers"), {"anonymous": {"anonymous1": {"order": 0}}}),
            operated("rabbitmq", value={"additionalConfig": "loopback_users.guest = false\n"}, of=QUEUE),
            operated("rabbitmq", value={"additionalConfig": "anonymous_login_user = guest\n"}, of=QUEUE),
            mongo(security={"authentication": {"modes": []}}),
            mongo(additionalMongodConfig={"security.authorization": "disabled"}),
            mongo(users=[{"name": "a", "db": "admin", "roles": [{"name": "root", "db": "admin"}]}]),
            values("grafana.ini", value={"auth.anonymous": {"enabled": True}}),
        ],
        "local": [
            operated("postgresql", "pg_hba", value=["host all all all trust"]),
            operated("postgresql", "pg_hba", value=["hostssl app app 10.0.0.0/8 scram-sha-256", "local all all trust"]),
            operated("managed", value={"roles": [{"name": "app", "superuser": True}]}),
            operated("pgbouncer", "parameters", "auth_type", value="any", of=POOLER),
            operated("pgbouncer", "pg_hba", value=["host all all 0.0.0.0/0 trust"], of=POOLER),
        ],
    },
    "iam-escalation": {
        "prod": [
            *(people(each, verbs=("get", "create")) for each in ("pods/proxy", "services/proxy", "nodes/log", "nodes/exec")),
            people("pods", verbs=("create",)),
            people("secrets", verbs=("create",)),
            people("secrets", verbs=("deletecollection", "watch")),
            people("networkpolicies", verbs=("delete",), group="networking.k8s.io"),
            people("endpoints", verbs=("update",)),
            people("endpointslices", verbs=WRITE, group="discovery.k8s.io"),
            people("externalsecrets", verbs=WRITE, group="external-secrets.io"),
            everywhere("namespaces", verbs=("patch",)),
            everywhere("nodes", verbs=("patch",)),
            everywhere("pods/portforward", verbs=("create",)),
            everywhere("daemonsets", verbs=("create",), group="apps"),
            everywhere("deployments", "statefulsets", verbs=("patch",), group="apps"),
            everywhere("cronjobs", verbs=("update",), group="batch"),
            everywhere("configmaps", verbs=("update",)),
            everywhere("customresourcedefinitions", verbs=("create",), group="apiextensions.k8s.io"),
            everywhere("apiservices", verbs=WRITE, group="apiregistration.k8s.io"),
            everywhere("validatingadmissionpolicybindings", verbs=("delete",), group="admissionregistration.k8s.io"),
            everywhere("validatingwebhookconfigurations", verbs=("delete",), group="admissionregistration.k8s.io"),
            everywhere("signers", verbs=("approve", "sign"), group="certificates.k8s.io"),
            everywhere("storageclasses", verbs=("create",), group="storage.k8s.io"),
            everywhere("serviceaccounts", verbs=("impersonate",)),
            everywhere("gatewayclasses", "envoyproxies", verbs=("update",), group="gateway.envoyproxy.io"),
            *(ingress({f"nginx.ingress.kubernetes.io/{each}": "lua"}, tls=CERTIFIED) for each in SNIPPETS),
            monitor(bearerTokenFile="/var/run/secrets/kubernetes.io/serviceaccount/token"),
            Edit(*MONITOR, ("spec", "podMetricsEndpoints", 0, "bearerTokenFile"), "/var/run/secrets/kubernetes.io/serviceaccount/token"),
        ]
    },
    "iam-trust": {
        "prod": [
            bound("Group", "system:unauthenticated"),
            bound("Group", "system:bootstrappers"),
            Edit(*GATE, ("spec", "listeners", 0, "allowedRoutes", "namespaces", "from"), "All"),
            Edit(*GATE, ("spec", "listeners", 1, "allowedRoutes", "namespaces"), {"from": "Selector", "selector": {}}),
            an_object("apiextensions.k8s.io/v1:CustomResourceDefinition", {"conversion": CONVERTED}),
        ]
    },
    "local-accounts": {
        "prod": [an_object("core/v1:Secret", type="bootstrap.kubernetes.io/token", metadata=metadata("fleet-pass"))],
    },
    "container-hardening": {
        "prod": [
            pods(shareProcessNamespace=True),
            pods(priorityClassName="system-node-critical"),
            pods(securityContext={"supplementalGroups": [1000, 0]}),
            pods(securityContext={"fsGroup": 0}),
            pods(securityContext={"runAsGroup": 0}),
            pods(containers=confined(runAsGroup=0)),
            pods(nodeName="control-plane-1"),
            pods(dnsConfig={"nameservers": ["203.0.113.53"]}),
            pods(hostAliases=[{"ip": "203.0.113.9", "hostnames": ["fleet-db.fleet.svc"]}]),
            pods(containers=[container(volumeMounts=[{"name": "a", "mountPath": "/a", "mountPropagation": "Bidirectional"}])]),
            pods(ephemeralContainers=confined(privileged=True)),
            pods(initContainers=confined(procMount="Unmasked")),
            pods(initContainers=confined(capabilities={"drop": ["ALL"], "add": ["SYS_PTRACE"]})),
            pods(containers=confined(appArmorProfile={"type": "Unconfined"})),
            pods(hostIPC=True),
            pods(containers=[container(ports=[{"containerPort": 80, "hostPort": 80}])]),
            pods(volumes=[{"name": "a", "hostPath": {"path": "/var/run/docker.sock"}}]),
        ]
    },
    "service-account-tokens": {
        "prod": [Edit(*ACCOUNT, ("automountServiceAccountToken",), True)],
    },
    "admission-policies": {
        "prod": [
            Edit(*GUARD, ("spec", "failurePolicy"), "Ignore"),
            Edit(*GUARDED, ("spec", "validationActions"), ["Audit"]),
            Edit(*GUARDED, ("spec", "validationActions"), ["Warn", "Audit"]),
            Edit(*GUARDED, ("spec", "paramRef", "parameterNotFoundAction"), "Allow"),
        ]
    },
    "object-namespaces": {
        "prod": [
            old_map(mapRoles="- rolearn: arn:aws:iam::444455556666:role/a\n  groups: [system:masters]\n"),
            an_object("core/v1:ConfigMap", metadata={**metadata(), "namespace": "default"}, data={"a": "b"}),
            an_object("core/v1:ConfigMap", metadata={**metadata(), "namespace": "kube-public"}, data={"a": "b"}),
            an_object("core/v1:ServiceAccount", metadata={"name": "new", "labels": LABELS}, automountServiceAccountToken=False),
            an_object(f"{RBAC.removeprefix('kubernetes:')}:Role", metadata={**metadata(), "namespace": "kube-system"}, rules=[]),
        ]
    },
    "namespace-standard": {
        "prod": [
            Edit(*SPACE, ("metadata", "labels", "pod-security.kubernetes.io/enforce-version"), "v1.0"),
            Edit(*SPACE, ("metadata", "labels", "pod-security.kubernetes.io/enforce"), "Restricted"),
        ]
    },
    "open-ingress": {
        "prod": [
            operated("service", value={"type": "LoadBalancer"}, of=QUEUE),
            operated("service", value={"type": "NodePort"}, of=QUEUE),
            operated("http", value={"service": OPEN_SERVICE}, of=LOGS),
            operated("transport", value={"service": OPEN_SERVICE}, of=LOGS),
            operated("http", value={"service": OPEN_SERVICE}, of=KIBANA),
            values("service", value={"type": "NodePort"}),
            values("reloader", "service", value={"type": "LoadBalancer", "port": 9090}),
            service("LoadBalancer", ports=[{"port": 443}, {"port": 9000}]),
        ],
        "local": [operated("serviceTemplate", value=OPEN_SERVICE, of=POOLER)],
    },
    "service-endpoints": {"prod": [service("ExternalName", externalName="metadata.google.internal")]},
    "plain-http": {
        "prod": [
            service("LoadBalancer", ports=[{"port": 80}]),
            ingress(defaultBackend={"service": {"name": "fleet-api"}}, rules=[]),
        ]
    },
    "encryption-in-transit": {
        "prod": [
            operated("http", value={"tls": {"selfSignedCertificate": {"disabled": True}}}, of=LOGS),
            operated("http", value={"tls": {"selfSignedCertificate": {"disabled": True}}}, of=KIBANA),
            Edit(*LOGS, ("spec", "nodeSets", 0, "config", "xpack.security.http.ssl.enabled"), False),
            monitor(scheme="https", tlsConfig={"insecureSkipVerify": True}),
            Edit(*PROBE, ("spec", "tlsConfig"), {"insecureSkipVerify": True}),
            Edit(*CERTIFICATE, ("spec", "privateKey"), {"algorithm": "RSA", "size": 1024}),
            Edit(*ISSUER, ("spec", "acme", "skipTLSVerify"), True),
            Edit(*ISSUER, ("spec", "acme", "server"), "http://acme.example.com"),
            Edit(*STORE, ("spec", "provider"), {"vault": {"server": "http://vault.example.com"}}),
            Edit(*CLIENTS, ("spec", "tls", "ciphers"), ["ECDHE-RSA-AES128-GCM-SHA256", "AES128-SHA"]),
            operated("rabbitmq", value={"additionalConfig": "ssl_options.versions.1 = tlsv1.1\n"}, of=QUEUE),
        ],
        "local": [
            operated("postgresql", "parameters", "ssl", value="off"),
            operated("postgresql", "parameters", "ssl_min_protocol_version", value="TLSv1"),
            operated("pgbouncer", "parameters", "client_tls_sslmode", value="disable", of=POOLER),
        ],
    },
    "deletion-guards": {
        "prod": [
            operated("volumeClaimDeletePolicy", value="DeleteOnScaledownAndClusterDeletion", of=LOGS),
            *(operated("persistence", value={"storage": each}, of=QUEUE) for each in ("0", 0)),
        ],
        "local": [
            operated("postgresql", "parameters", "fsync", value="off"),
            operated("postgresql", "parameters", "full_page_writes", value="off"),
            operated("postgresql", "parameters", "synchronous_commit", value="off"),
        ],
    },
    "client-networks": {
        "prod": [Edit(*CLIENTS, ("spec", "clientIPDetection"), {"xForwardedFor": {"trustedCIDRs": ["0.0.0.0/0"]}})]
    },
    "deployment-availability": {"prod": [Edit("v1:PodDisruptionBudget", API, ("spec", "maxUnavailable"), "100%")]},
    "visitor-logins": {
        "prod": [
            Edit(*LOGIN, ("spec", "extAuth"), {"http": {"backendRefs": []}, "failOpen": True}),
            Edit(*LOGIN, ("spec", "cors"), {"allowOrigins": ["*"], "allowCredentials": True}),
            Edit(*LOGIN, ("spec", "jwt"), {"providers": [{"name": "a", "remoteJWKS": {"uri": "http://keys.example.com"}}]}),
            Edit(*LOGIN, ("spec", "jwt"), {"optional": True, "providers": [{"remoteJWKS": {"uri": "https://keys.example.com"}}]}),
        ]
    },
    "chart-pins": {
        "prod": [
            Edit(*CHART, ("repositoryOpts",), {"repo": "http://charts.example.com"}),
            Edit(*CHART, ("chart",), "http://charts.example.com/a-1.0.0.tgz"),
            Edit(*CHART, ("postrender",), "/tmp/patch.sh"),
        ]
    },
    "image-registries": {
        "prod": [
            values("image", value={"repository": "ghcr.io/evil/reloader", "tag": "v1"}),
            values("reloader", "image", value={"registry": "evil.example.com", "repository": "a/b"}),
            values("reloader", "deployment", "image", value="evil.example.com/a:1"),
        ]
    },
    "visible-children": {
        "prod": [
            values("extraObjects", value=[{"kind": "ClusterRoleBinding"}]),
            values("extraManifests", value=["kind: Pod"]),
            values("extraDeploy", value=[{"kind": "Pod"}]),
            Edit(*CHART, ("valueYamlFiles",), ["values.yaml"]),
        ]
    },
}  # fmt: skip

FINE = {
    "prod": [
        urls("/healthz", "/metrics"),
        everywhere("pods", "nodes", verbs=("get", "list", "watch")),
        everywhere("namespaces", verbs=("get", "list")),
        people("pods/log", "events"),
        people("deployments/scale", verbs=("patch",), group="apps"),
        people("jobs", verbs=("create",), group="batch"),
        people("networkpolicies", verbs=("get", "list"), group="networking.k8s.io"),
        Edit(*BOUND, ("roleRef",), {"kind": "ClusterRole", "name": "view", "apiGroup": GROUP}),
        external(dataFrom=[{"extract": {"key": "fleet"}}]),
        external(dataFrom=[{"find": {"name": {"regexp": "^fleet-.*"}}}]),
        mongo(),
        monitor(),
        monitor(scheme="https", tlsConfig={"ca": {"secret": {"name": "fleet-pass", "key": "ca"}}}),
        ingress({"nginx.ingress.kubernetes.io/proxy-body-size": "1m"}, tls=CERTIFIED),
        Edit(*GUARDED, ("spec", "validationActions"), ["Deny", "Audit"]),
        Edit(*SPACE, ("metadata", "labels", "pod-security.kubernetes.io/enforce-version"), "latest"),
        pods(securityContext={"fsGroup": 1000, "supplementalGroups": [2000]}),
        pods(priorityClassName="slipway-data"),
        pods(dnsConfig={"options": [{"name": "ndots", "value": "2"}]}),
        pods(containers=[container(volumeMounts=[{"name": "a", "mountPath": "/a"}])], volumes=[{"name": "a", "emptyDir": {}}]),
        operated("service", value={"type": "ClusterIP"}, of=QUEUE),
        operated("persistence", value={"storage": "20Gi"}, of=QUEUE),
        operated("http", value={"service": {"spec": {"type": "ClusterIP"}}}, of=LOGS),
        operated("rabbitmq", value={"additionalConfig": "vm_memory_high_watermark.relative = 0.6\n"}, of=QUEUE),
        values("service", value={"type": "ClusterIP", "port": 9090}),
        values("image", value={"repository": "docker.io/library/reloader", "tag": "v1.0.0"}),
        values("image", value={"tag": "v1.0.0", "pullPolicy": "IfNotPresent"}),
        values("extraObjects", value=[]),
        Edit(*LOGIN, ("spec", "cors"), {"allowOrigins": ["https://fleet.example.com"], "allowCredentials": True}),
        Edit(*LOGIN, ("spec", "jwt"), {"providers": [{"name": "a", "remoteJWKS": {"uri": "https://keys.example.com"}}]}),
        Edit(*CLIENTS, ("spec", "tls", "ciphers"), ["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"]),
        Edit(*GATE, ("spec", "listeners", 0, "allowedRoutes", "namespaces"), CHOSEN),
        Edit(*CHART, ("repositoryOpts",), {"repo": "https://charts.example.com"}),
    ],
    "local": [
        operated("postgresql", "pg_hba", value=["hostssl app app 10.0.0.0/8 scram-sha-256"]),
        operated("postgresql", "parameters", "work_mem", value="16MB"),
        operated("pgbouncer", "parameters", "server_idle_timeout", value="60", of=POOLER),
    ],
}  # fmt: skip
