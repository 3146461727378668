"""Prometheus, Alertmanager and Grafana, and the prober that loads pages as visitors do."""

from __future__ import annotations

from typing import Any

from builders.alerting import routing
from builders.alerting.labels import CLUSTER_DASHBOARD, CLUSTER_TEAM
from settings.cluster_services import Monitoring

CONFIG_SECRET = "alertmanager-routes"
GRAFANA_SECRET = "grafana-login"
BLACKBOX = "blackbox-exporter"
BLACKBOX_PORT = 9115
DASHBOARD_LABEL = "grafana_dashboard"
"""Marks a ConfigMap with dashboards, wherever it is."""

_NO_SCRAPE = {"enabled": False}


def operator_crds() -> dict[str, Any]:
    return {}


def stack(settings: Monitoring, storage_class: str | None, *, outside: str, receivers: str | None) -> dict[str, Any]:
    """`receivers` is the Secret of what they need, where they need any; `outside` tells the clusters of a stack apart.
    What a cloud runs for us (scheduler, etcd) cannot be asked."""
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
"""By which alerts find the system, the service and the slot of a pod."""


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


def _alertmanager(storage_class: str | None, receivers: str | None) -> dict[str, Any]:
    return {
        "replicas": 3,
        "podAntiAffinity": "hard",
        "useExistingSecret": True,
        "configSecret": CONFIG_SECRET,
        "volumes": [{"name": "receivers", "secret": {"secretName": receivers}}] if receivers else [],
        "volumeMounts": [{"name": "receivers", "mountPath": routing.SECRETS, "readOnly": True}] if receivers else [],
        "storage": _volume(2, storage_class),
        "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
    }


def _grafana() -> dict[str, Any]:
    """Dashboards come from ConfigMaps; nothing that is changed by hand lasts."""
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
    """A page counts as loaded when it answers 2xx over a certificate that is valid."""
    module = {
        "prober": "http",
        "timeout": "10s",
        "http": {"fail_if_not_ssl": True, "preferred_ip_protocol": "ip4", "follow_redirects": True},
    }
    return {
        "fullnameOverride": BLACKBOX,
        "replicas": 2,
        "podDisruptionBudget": {"maxUnavailable": 1},
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "config": {"modules": {"page": module}},
    }
