"""The controller of releases of a cluster, and the kinds that it carries out. It is there before the first system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import admissionregistration as admission
from pulumi_kubernetes import apiextensions, apps, core, networking, policy, rbac

from components.clouds.contract import Cloud, NoIdentity, SecretStoreArgs
from components.cluster.helm_release import namespace
from components.cluster.monitoring.manifests import charts, monitors
from components.cluster.monitoring.manifests.alerting import controller_alerts as alerts
from components.cluster.monitoring.manifests.alerting import rule
from components.cluster.monitoring.manifests.dashboards import controller_dashboard as dashboards
from components.cluster.releases.manifests import admission as policies
from components.cluster.releases.manifests import controller, definitions
from components.cluster.releases.manifests.controller import Controller
from components.manifests import names, network_policy
from components.manifests.scope import Scope
from components.manifests.versions import Pins
from slipway.settings.services import rotations
from slipway.settings.stacks import StackCluster
from slipway.settings.store_names import supplied_secret

IDENTITY = "releases"
"""Name of the controller's identity in the cloud."""


@dataclass(frozen=True, kw_only=True)
class ReleasesArgs:
    cluster: StackCluster
    cloud: Cloud
    pins: Pins
    depends_on: Sequence[pulumi.Resource]
    """The controllers whose kinds it uses, and the priority classes."""


class Releases(pulumi.ComponentResource):
    """Creates kinds, admission policies and controller; only the Service of the gateway if the cluster's owner runs the
    controller. Without a gateway there is no such Service."""

    def __init__(self, name: str, args: ReleasesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:cluster:Releases", name, opts=opts)
        self._name, self._args = name, args
        self._settings, self._stands_for = args.cluster.settings, args.cluster.releases
        self._source = self._settings.releases.source or self._settings.source
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on))
        self._homes = self._settings.homes
        if self._homes.gateway is not None:
            service = controller.gateway_service(self._source, self._homes.gateway.namespace)
            core.v1.Service(f"{name}/{names.GATEWAY_SERVICE}", service, opts=self._opts)
        if self._settings.controllers.releases == "installed":
            kinds = self._kinds()
            self._admission(kinds)
            self._run(kinds)
        self.register_outputs({})

    def _kinds(self) -> list[pulumi.Resource]:
        return [
            apiextensions.CustomResource(
                f"{self._name}/{kind.lower()}s",
                api_version=definition["apiVersion"],
                kind=definition["kind"],
                metadata=policies.metadata(definition["metadata"]["name"], self._source),
                spec=dict(definition["spec"]),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for kind, definition in definitions.recorded().items()
        ]

    def _admission(self, kinds: Sequence[pulumi.Resource]) -> None:
        """Creates the policies after the kinds, which they read."""
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(kinds))
        for name, spec, params in (
            (policies.APPROVALS, policies.approvals(), definitions.RELEASE),
            (policies.RELEASES, policies.releases(), None),
            (policies.GATES, policies.gates(controller.USER_NAME), None),
        ):
            metadata = policies.metadata(name, self._source)
            made = admission.v1.ValidatingAdmissionPolicy(
                f"{self._name}/{name}", metadata=metadata, spec=spec, opts=opts
            )
            admission.v1.ValidatingAdmissionPolicyBinding(
                f"{self._name}/{name}",
                metadata=metadata,
                spec=policies.binding(name, params),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[made]),
            )

    def _run(self, kinds: Sequence[pulumi.Resource]) -> None:
        args = self._args
        scope = Scope(self._stands_for.name, names.RELEASES_NAMESPACE, self._args.pins, self._homes)
        place = namespace(
            f"{self._name}/{names.RELEASES_NAMESPACE}",
            self._source,
            "restricted",
            self._opts,
            names.elsewhere(self._settings.elsewhere),
        )
        own = pulumi.ResourceOptions(parent=self, depends_on=[place, *args.depends_on])
        identity = args.cloud.controllers.get(IDENTITY, NoIdentity())
        wanted = Controller(
            scope=scope,
            source=self._source,
            services=self._settings,
            identity=identity.facts.pod,
            annotations=identity.facts.annotations,
            secrets=list(self._stands_for.definition.secrets),
        )
        core.v1.ResourceQuota(self._logical("quota"), controller.quota(wanted), opts=own)
        networking.v1.NetworkPolicy(
            self._logical("default-deny"), network_policy.deny_all(scope, source=self._source), opts=own
        )
        allowed = networking.v1.NetworkPolicy(
            self._logical(controller.NAME),
            network_policy.of_release_controller(
                scope,
                name=controller.NAME,
                source=self._source,
                pods=controller.PODS,
                metrics=controller.PORT,
                prometheus=self._settings.prometheus,
                peers=identity.facts.peers,
            ),
            opts=own,
        )
        needed = [allowed, *self._rights(wanted, own), *self._secrets(scope, own), *identity.bindings]
        deployed = apps.v1.Deployment(
            self._logical(controller.NAME),
            controller.deployment(wanted),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[place, *args.depends_on, *kinds, *needed]),
        )
        policy.v1.PodDisruptionBudget(
            self._logical(controller.NAME),
            controller.disruption_budget(wanted),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[deployed]),
        )
        if self._homes.metrics is not None:
            self._watch(scope, self._homes.metrics.namespace, own)

    def _rights(self, wanted: Controller, own: pulumi.ResourceOptions) -> list[pulumi.Resource]:
        everywhere = rbac.v1.ClusterRole(self._logical(controller.NAME), controller.cluster_role(wanted), opts=own)
        leading = rbac.v1.Role(self._logical(controller.NAME), controller.role(wanted), opts=own)
        return [
            core.v1.ServiceAccount(self._logical(controller.NAME), controller.account(wanted), opts=own),
            rbac.v1.ClusterRoleBinding(
                self._logical(controller.NAME),
                controller.cluster_binding(wanted),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[everywhere]),
            ),
            rbac.v1.RoleBinding(
                self._logical(controller.NAME),
                controller.binding(wanted),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[leading]),
            ),
        ]

    def _secrets(self, scope: Scope, own: pulumi.ResourceOptions) -> list[pulumi.Resource]:
        """Creates empty Secrets, which their owner fills with `slipway secrets set … --system releases-main`."""
        declared = self._stands_for.definition.secrets
        store = self._args.cloud.secret_store(
            SecretStoreArgs(scope=scope, source=self._source, rotations=rotations(declared)), own
        )
        return [store.declare(supplied_secret(scope.system, key), self._source, [key], self) for key in declared]

    def _watch(self, scope: Scope, of_dashboards: str, own: pulumi.ResourceOptions) -> None:
        runbooks = self._settings.monitoring.alerting.runbooks
        self._custom(monitors.API_VERSION, "PodMonitor", scope, controller.pod_monitor(), own)
        self._custom(rule.API_VERSION, rule.KIND, scope, alerts.prometheus_rule(runbooks), own)
        for file, content in dashboards.releases().items():
            name = f"dashboard-{file.removesuffix('.json')}"
            metadata = Scope(scope.system, of_dashboards).metadata(name, self._source)
            metadata.labels = {**names.labels(names.CLUSTER), charts.DASHBOARD_LABEL: "1"}
            core.v1.ConfigMap(self._logical(name), metadata=metadata, data={file: content}, opts=self._opts)

    def _custom(
        self, api_version: str, kind: str, scope: Scope, spec: Mapping[str, Any], opts: pulumi.ResourceOptions
    ) -> None:
        reported = self._settings.controllers.metrics == "present" and kind == rule.KIND
        annotations = {names.ALERTMANAGER: "present"} if reported else {}
        apiextensions.CustomResource(
            self._logical(kind),
            api_version=api_version,
            kind=kind,
            metadata=scope.selected(controller.NAME, self._source, annotations=annotations),
            spec=dict(spec),
            opts=opts,
        )

    def _logical(self, name: str) -> str:
        return f"{self._name}/releases-{name}"
