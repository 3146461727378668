from __future__ import annotations

import pytest

from tests.slipway.settings.conftest import STACK, SYSTEM, Workshop

TEST = "Pulumi.test.yaml"
SECOND = STACK[STACK.index("    main:") :].replace("main:", "second:").replace("10.20.0.0", "10.30.0.0")
SECOND = SECOND.replace("us-east-1", "us-west-2")

INSTANCE = """\
        fleet-second:
          definition: fleet
          domains: {web: second.example.com}
"""


def test_a_stack_as_it_is_read(workshop: Workshop) -> None:
    """Clusters hold their settings, and systems as the stack has them."""
    stack = workshop.stack()
    cluster = stack.clusters["main"]
    assert (stack.name, stack.environment, cluster.settings.cloud) == ("test", "staging", "aws")
    assert getattr(cluster.settings, "account", None) == "111122223333"
    fleet = cluster.systems["fleet"]
    assert (fleet.namespace, fleet.deployment.weight("blue"), fleet.deployment.weight("green")) == ("fleet", 100, 0)


def test_sources_point_into_the_files(workshop: Workshop) -> None:
    """Each value knows the file and the path that it was written at, whoever overrides a part of it."""
    cluster = workshop.stack().clusters["main"]
    fleet = cluster.systems["fleet"]
    assert cluster.settings.source == f"{TEST}:config.slipway:clusters.main"
    assert fleet.deployment.source == f"{TEST}:config.slipway:clusters.main.systems.fleet"
    assert fleet.definition.databases["fleet_db"].source == "systems/fleet/system.yaml:databases.fleet_db"
    assert fleet.definition.services["api"].routes[0].source == "systems/fleet/system.yaml:services.api.routes[0]"


def test_a_system_may_stand_there_without_a_word(workshop: Workshop) -> None:
    """A system with nothing to say about is placed with the defaults."""
    workshop.write(TEST, STACK[: STACK.index("          blue:")])
    assert workshop.stack().clusters["main"].systems["fleet"].deployment.blue.version is None


def test_a_system_stands_once_in_a_stack(workshop: Workshop) -> None:
    """The same system on two clusters would be two owners of its data and domains."""
    workshop.write(TEST, STACK + SECOND)
    (problem,) = workshop.problems()
    assert problem.startswith(f"{TEST}:25: clusters.second.systems.fleet: is already deployed on cluster 'main'")
    assert problem.endswith("and set its 'definition', such as fleet-second: {definition: fleet}")


def test_another_instance_has_a_name_of_its_own(workshop: Workshop) -> None:
    """On another cluster too, from the same file."""
    workshop.write(TEST, STACK + SECOND.replace("        fleet:\n", INSTANCE))
    clusters = workshop.stack().clusters
    first, second = clusters["main"].systems["fleet"], clusters["second"].systems["fleet-second"]
    assert (first.defined_as, second.defined_as, second.namespace) == ("fleet", "fleet", "fleet-second")
    assert second.definition.source == first.definition.source
    assert second.definition.domains["web"] == "second.example.com" != first.definition.domains["web"]


def test_domains_and_namespaces_are_apart(workshop: Workshop) -> None:
    """Two systems share neither a host name nor, in one cluster, a namespace."""
    workshop.write("systems/lorries/system.yaml", SYSTEM + "namespace: fleet\n")
    workshop.write(TEST, STACK.replace("        fleet:\n", "        lorries: {}\n        fleet:\n"))
    assert workshop.problems() == [
        f"{TEST}:12: clusters.main.systems.lorries: uses domain fleet.example.com, which system 'fleet' uses too",
        f"{TEST}:12: clusters.main.systems.lorries: uses namespace 'fleet', which system 'fleet' uses too",
    ]


@pytest.mark.parametrize(("one", "other"), [("tcp", "tcp"), ("tls", "tcp"), ("tcp", "tls"), ("tls", "tls")])
def test_a_port_of_the_gateway_is_of_one_system(workshop: Workshop, one: str, other: str) -> None:
    """The systems of a cluster share its proxies, and only TLS names the host."""

    def routed(kind: str) -> str:
        return SYSTEM.replace("routes:", f"{kind}Routes: [{{domain: web, listener: 1884}}]\n    routes:")

    assert routed("tcp") != SYSTEM
    workshop.write("systems/fleet/system.yaml", routed(one))
    workshop.write("systems/lorries/system.yaml", routed(other).replace("fleet.example.com", "lorries.example.com"))
    workshop.write(TEST, STACK.replace("        fleet:\n", "        fleet: {}\n        lorries:\n"))
    if one == other == "tls":
        assert len(workshop.stack().clusters["main"].systems) == 2
        return
    rule = (
        "clusters.main.systems.lorries: leads connections at port 1884 of the gateway to 'api', which system 'fleet' has on "
        "this cluster: choose another 'listener'"
    )
    assert [each.partition(": ")[2] for each in workshop.problems()] == [rule]


def test_a_route_of_tcp_has_a_domain_with_one_address(workshop: Workshop) -> None:
    text = SYSTEM.replace("routes:", "tcpRoutes: [{domain: all, listener: 1884}]\n    routes:")
    workshop.write("systems/fleet/system.yaml", text.replace("domains: {", 'domains: {all: "*.all.example.com", '))
    (problem,) = workshop.problems()
    assert problem.startswith("systems/fleet/system.yaml:")
    assert "services.api.tcpRoutes[0].domain: all is a wildcard" in problem


@pytest.mark.parametrize("below", ["fleet.example.com", "origin.example.com"])
def test_no_host_below_a_wildcard_is_another_systems(workshop: Workshop, below: str) -> None:
    """Not the name of a cluster for failover either; what its certificate does not cover may be."""
    recovery = "recovery: {rto: 1h, rpo: 1h}\n" if below.startswith("origin.") else ""
    workshop.write(
        "systems/fleet/system.yaml", SYSTEM.replace("fleet.example.com", below.removeprefix("origin.")) + recovery
    )
    workshop.write("systems/lorries/system.yaml", SYSTEM.replace("fleet.example.com", '"*.example.com"'))
    workshop.write(TEST, STACK.replace("        fleet:\n", "        lorries: {}\n        fleet:\n"))
    (problem,) = workshop.problems()
    assert problem.startswith(
        f"{TEST}:12: clusters.main.systems.lorries: uses domain *.example.com, below which {below} of system 'fleet' is: "
    )
    workshop.write("systems/fleet/system.yaml", SYSTEM.replace("fleet.example.com", "a.fleet.example.com"))
    assert set(workshop.stack().clusters["main"].systems) == {"fleet", "lorries"}


def test_a_folder_of_a_wrong_name_is_reported(workshop: Workshop) -> None:
    """A system's folder gives its name, so it has the form of one."""
    workshop.write("systems/My Fleet/system.yaml", SYSTEM)
    assert workshop.problems() == [
        "systems/My Fleet/system.yaml: is in a folder whose name is not a name (lower-case letters, digits, "
        "hyphens; 40 at most)"
    ]


def test_a_system_that_no_cluster_has_is_not_read(workshop: Workshop) -> None:
    """A stack is not stopped by what it does not hold; checking all systems is."""
    workshop.write("systems/other/system.yaml", "title: [")
    assert workshop.stack().name == "test"


def test_a_secret_s_form_is_found_in_a_stack(workshop: Workshop) -> None:
    """A key pasted into a tag is told, and not shown."""
    workshop.edit(TEST, "cloud: aws", "cloud: aws\n      tags: {key: AKIAIOSFODNN7EXAMPLE}")
    (problem,) = workshop.problems()
    assert problem.startswith(f"{TEST}:6: clusters.main.tags.key: looks like a secret")
    assert "AKIA" not in problem
