"""Default and explicit providers, and what they answer at preview."""

from __future__ import annotations

from importlib import metadata

import pytest
from pulumi.runtime.proto import resource_pb2

from slipway.rehearsal import UNKNOWN, ConfigValue
from slipway.rehearsal.providers import Package, Providers, installed

EXPLICIT = """
known = Prov("known", ResourceOptions(version="1.2.3"), region="r", nested='{"a":1}')
blind = Prov("blind", ResourceOptions(version="1.2.3"), region=Res("source").id)
foreign = Prov("foreign", package="elsewhere")

pulumi.export("seen", Res("by-known", ResourceOptions(provider=known), given="x").given)
pulumi.export("unseen", Res("by-blind", ResourceOptions(provider=blind), given="x").given)
Res("misled", ResourceOptions(provider=foreign))
comp = Comp("comp", ResourceOptions(providers=[known]))
inner = Comp("inner", ResourceOptions(parent=comp))
leaf = Res("leaf", ResourceOptions(parent=inner))
Res("below-custom", ResourceOptions(parent=Res("custom", ResourceOptions(provider=known))))
Res("other-package", ResourceOptions(parent=inner), token="else:index:Res")
"""

KUBERNETES = """
import pulumi_kubernetes as k8s
k8s.core.v1.Namespace("by-sdk", metadata={"name": "n"})
pulumi.CustomResource("kubernetes:core/v1:Namespace", "versionless", {"metadata": {"name": "n"}})
k8s.Provider("explicit", cluster="c", enable_server_side_apply=True, helm_release_settings={"driver": "secret"})
"""


def test_a_default_provider_is_named_by_version_and_is_no_step(run):
    plan = run(KUBERNETES).plan
    version = metadata.version("pulumi-kubernetes")
    name = "default_" + version.replace(".", "_")
    provider = f"urn:pulumi:dev::shop::pulumi:providers:kubernetes::{name}::{UNKNOWN}"
    assert {step.provider for step in plan.steps if step.package == "kubernetes"} == {provider}
    assert [step.name for step in plan.steps] == ["shop-dev", "by-sdk", "versionless", "explicit"]
    assert plan.change_summary == {"create": 4}


def test_an_explicit_providers_inputs_are_texts_and_gain_version_and_an_internal_map(step):
    inputs = step(KUBERNETES, "explicit").inputs
    assert inputs == {
        "__internal": {},
        "cluster": "c",
        "enableServerSideApply": "true",
        "helmReleaseSettings": '{"driver": "secret"}',
        "version": metadata.version("pulumi-kubernetes"),
    }


def test_a_provider_whose_configuration_is_unknown_answers_nothing(run):
    outputs = run(EXPLICIT).plan.outputs
    assert outputs == {"seen": "x", "unseen": UNKNOWN}


def test_a_provider_of_another_package_is_dropped(step):
    assert step(EXPLICIT, "misled").provider == f"urn:pulumi:dev::shop::pulumi:providers:test::default::{UNKNOWN}"


def test_a_components_provider_reaches_descendants_of_its_package_only(step):
    assert "::known::" in step(EXPLICIT, "leaf").provider
    assert "pulumi:providers:else::default::" in step(EXPLICIT, "other-package").provider


def test_a_custom_parents_provider_reaches_its_children(step):
    assert "::known::" in step(EXPLICIT, "below-custom").provider


def test_components_and_providers_have_no_provider(step):
    assert step(EXPLICIT, "inner").provider == ""
    assert step(EXPLICIT, "known").provider == ""


def test_default_providers_can_be_forbidden_by_configuration(run):
    rehearsal = run('Res("a")', {"pulumi:disable-default-providers": ConfigValue('["test"]')})
    assert "Default provider for 'test' disabled. 'test:index:Res' must use an explicit provider." in rehearsal.failure


def test_the_default_name_has_pre_release_and_plugin_server():
    assert Package("x").default_name == "default"
    assert Package("x", "1.2.3-beta.1").default_name == "default_1_2_3_beta_1"
    assert Package("x", "1.2.3", parameter="4.5.6").default_name == "default_4_5_6"


@pytest.mark.parametrize("package", ["aws", "azure-native", "kubernetes", "random"])
def test_an_installed_package_has_the_version_of_its_plugin(package: str):
    assert installed(package) == (metadata.version(f"pulumi-{package}"), "")


def test_a_package_that_is_not_installed_has_no_version():
    assert installed("no-such-package") == ("", "")


def test_a_parameterised_package_names_its_provider_after_the_parameter():
    providers = Providers("dev", "shop", {})
    request = resource_pb2.RegisterPackageRequest(
        name="terraform-provider",
        version="1.0.0",
        parameterization=resource_pb2.Parameterization(name="tls", version="4.0.0", value=b"{}"),
    )
    reference = providers.register_package(request)
    package = providers.request("ignored", "", "", reference)
    assert providers.register_package(request) == reference
    assert providers.default(package, "tls:index:Key").startswith(
        "urn:pulumi:dev::shop::pulumi:providers:tls::default_4_0_0::"
    )


def test_a_default_provider_has_its_packages_configuration():
    providers = Providers("dev", "shop", {"aws:region": "us-east-1", "gcp:zone": "z"})
    inputs = providers.inputs(providers.default(Package("aws", "7.0.0"), "aws:s3/bucket:Bucket"))
    assert inputs is not None
    assert (inputs["region"], inputs["version"], "zone" in inputs) == ("us-east-1", "7.0.0", False)
