"""Values of Prometheus, Alertmanager, Grafana, and the prober that loads pages as visitors do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.cluster.monitoring.manifests import monitors
from components.cluster.monitoring.manifests.alerting import routing
from components.cluster.monitoring.manifests.alerting.labels import CLUSTER_DASHBOARD, CLUSTER_TEAM
from components.system.routes.manifests.http_routes import PROBE_HEADER
from slipway.settings.cluster_services import Monitoring

CONFIG_SECRET = "alertmanager-routes"
GRAFANA_SECRET = "grafana-login"
BLACKBOX = "blackbox-exporter"
DASHBOARD_LABEL = "grafana_dashboard"
"""Label of ConfigMaps with dashboards, in any namespace."""

_NO_SCRAPE = {"enabled": False}


def operator_crds() -> dict[str, Any]:
    return {}


def stack(
    settings: Monitoring, storage_class: str | None, *, outside: str, receivers: Mapping[str, str]
) -> dict[str, Any]:
    """Returns the values of kube-prometheus-stack. `receivers` are Secrets by key; `outside` are external labels that
    distinguish the clusters of a stack. Components that a cloud manages (scheduler, etcd) cannot be scraped."""
    return {
        "crds": {"enabled": False},
        "fullnameOverride": "metrics",
        "cleanPrometheusOperatorObjectNames": True,
        "defaultRules": {
            "create": True,
            "additionalRuleLabels": {"team": CLUSTER_TEAM, "system": "cluster"},
            "additionalRuleAnnotations": {"dashboard": CLUSTER_DASHBOARD},
        },
        "kubeControllerManager": _NO_SCRAPE,
        "kubeScheduler": _NO_SCRAPE,
        "kubeEtcd": _NO_SCRAPE,
        "kubeProxy": _NO_SCRAPE,
        "prometheus": {"prometheusSpec": _prometheus(settings, storage_class, outside)},
        "alertmanager": {"alertmanagerSpec": _alertmanager(storage_class, receivers)},
        "grafana": _grafana(),
        "kube-state-metrics": {"metricLabelsAllowlist": _LABELS},
    }


_LABELS = [
    "pods=[app.kubernetes.io/name,app.kubernetes.io/part-of,slipway.dev/slot]",
    "deployments=[app.kubernetes.io/name,app.kubernetes.io/part-of,slipway.dev/slot]",
    "horizontalpodautoscalers=[app.kubernetes.io/name,app.kubernetes.io/part-of,slipway.dev/slot]",
    "jobs=[app.kubernetes.io/name,app.kubernetes.io/part-of]",
]
"""Labels by which alerts identify the system, the service and the slot of a pod."""


def _prometheus(settings: Monitoring, storage_class: str | None, outside: str) -> dict[str, Any]:
    everywhere = {
        f"{kind}SelectorNilUsesHelmValues": False
        for kind in ("rule", "serviceMonitor", "podMonitor", "probe", "scrapeConfig")
    }
    return {
        "replicas": 2,
        "retention": f"{settings.retention_days}d",
        "retentionSize": f"{settings.storage * 9 // 10}GB",
        "externalLabels": {"cluster": outside},
        "podAntiAffinity": "hard",
        "storageSpec": _volume(settings.storage, storage_class),
        "resources": {"requests": {"cpu": "250m", "memory": "2Gi"}, "limits": {"memory": "4Gi"}},
        **everywhere,
    }


def _alertmanager(storage_class: str | None, receivers: Mapping[str, str]) -> dict[str, Any]:
    """Returns Alertmanager's values. A receiver with an empty secret fails only when it is used; the others still
    start."""
    sources = [{"secret": {"name": name, "optional": True}} for name in receivers.values()]
    return {
        "replicas": 3,
        "podAntiAffinity": "hard",
        "useExistingSecret": True,
        "configSecret": CONFIG_SECRET,
        "volumes": [{"name": "receivers", "projected": {"sources": sources}}] if receivers else [],
        "volumeMounts": [{"name": "receivers", "mountPath": routing.SECRETS, "readOnly": True}] if receivers else [],
        "storage": _volume(2, storage_class),
        "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
    }


def _grafana() -> dict[str, Any]:
    """Returns Grafana's values. Dashboards come from ConfigMaps; manual changes are not persistent."""
    return {
        "admin": {"existingSecret": GRAFANA_SECRET, "userKey": "username", "passwordKey": "password"},
        "sidecar": {
            "dashboards": {
                "enabled": True,
                "label": DASHBOARD_LABEL,
                "searchNamespace": "ALL",
                "folderAnnotation": DASHBOARD_LABEL + "_folder",
                "provider": {"allowUiUpdates": False, "foldersFromFilesStructure": True},
            }
        },
        "persistence": {"enabled": False},
        "testFramework": {"enabled": False},
        "grafana.ini": {"analytics": {"reporting_enabled": False, "check_for_updates": False}},
    }


def _volume(gibibytes: int, storage_class: str | None) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": f"{gibibytes}Gi"}},
    }
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    return {"volumeClaimTemplate": {"spec": spec}}


def blackbox() -> dict[str, Any]:
    """Returns the prober's values. A page counts as loaded if it answers 2xx with a valid certificate. The header
    identifies the prober to a gateway that is closed on purpose."""
    asked = {
        "fail_if_not_ssl": True,
        "preferred_ip_protocol": "ip4",
        "follow_redirects": True,
        "headers": {PROBE_HEADER: "blackbox"},
    }
    answered = {**asked, "follow_redirects": False, "valid_status_codes": list(range(200, 500))}
    modules = {
        module: {"prober": "http", "timeout": "10s", "http": http}
        for module, http in ((monitors.PAGE, asked), (monitors.ANSWER, answered))
    }
    return {
        "fullnameOverride": BLACKBOX,
        "replicas": 2,
        "podDisruptionBudget": {"maxUnavailable": 1},
        "podSecurityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "config": {"modules": modules},
    }
