"""What a cloud cannot do is refused before the cloud is asked, with the values that it knows."""

from __future__ import annotations

import pytest

from tests.settings.conftest import Workshop

TEST = "Pulumi.test.yaml"
FLEET = "systems/fleet/system.yaml"
AZURE = """\
      cloud: azure
      region: eastus2
      subscription: 00000000-0000-4000-8000-000000000001
      tenant: 00000000-0000-4000-8000-000000000002
      network: {cidr: 10.20.0.0/16}
      kubernetes: {apiAllow: [203.0.113.0/24]}
      deployers: [00000000-0000-4000-8000-000000000003]
"""

IN_STACK = {
    "region": (
        "us-east-1",
        "us-eest-1",
        "region: us-eest-1 is not a region of AWS; did you mean 'us-west-1'? Known are af-south-1, ap-east-1",
    ),
    "version": (
        "apiAllow: [203.0.113.0/24]",
        'apiAllow: [203.0.113.0/24], version: "1.12"',
        "kubernetes.version: '1.12' is not a Kubernetes version that both clouds offer",
    ),
    "size": (
        "size: large",
        "size: huge",
        "databases.fleet_db.size: huge is not one of small, medium, large, xlarge",
    ),
    "network": ("10.20.0.0/16", "10.20.0.0/8", "network.cidr: 10.20.0.0/8 is not an IPv4 network in CIDR form"),
    "log retention": (
        "apiAllow: [203.0.113.0/24]",
        "apiAllow: [203.0.113.0/24], logRetentionDays: 45",
        "logRetentionDays: 45 is not a number of days that CloudWatch keeps logs; known are 1, 3, 5",
    ),
    "zones": (
        "us-east-1",
        "us-west-1",
        "network: asks for 3 zones, but us-west-1 has 2 for a control plane; give 'zones: 2'",
    ),
    "storage": (
        "size: large",
        "storage: 10",
        "databases.fleet_db.storage: 10 asks for a database that is smaller than RDS makes; give 20 GiB or more",
    ),
    "replicas without a backup": (
        "size: large",
        "readReplicas: 1\n              backup: none",
        "readReplicas: 1 asks for read replicas without a backup, of which RDS makes them",
    ),
    "copies to nowhere": (
        "size: large",
        "backup: {copyToSecondRegion: true}",
        "true is to be copied to a second region, but the cluster names none; give it 'secondRegion'",
    ),
    "personal data abroad": (
        "size: large",
        "backup: {copyToSecondRegion: true}",
        "would take personal data to us-west-2, which is not one of the system's regions: us-east-1",
    ),
    "second region": (
        "network: {",
        "secondRegion: us-east-1\n      network: {secondCidr: 10.61.0.0/16, ",
        "secondRegion: us-east-1 is the cluster's own region",
    ),
    "no network for copies": (
        "region: us-east-1",
        "region: us-east-1\n      secondRegion: us-west-2",
        "needs 'secondCidr' where there is a second region, for example 10.21.0.0/16",
    ),
    "networks that overlap": (
        "network: {",
        "secondRegion: us-west-2\n      network: {secondCidr: 10.20.0.0/16, ",
        "secondCidr: 10.20.0.0/16 overlaps the network of cluster 'main', 10.20.0.0/16",
    ),
    "budget of nobody": (
        "          databases:",
        "          budget: {monthly: 100}\n          databases:",
        "has a budget of which nobody would hear; give 'owner.email' in the system or 'billingContacts'",
    ),
    "unknown artefact": (
        "2.4.0",
        "2.4.0, artefacts: {web: {}}",
        "artefacts.web: is not one of the system's sites; the system has none",
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), IN_STACK.values(), ids=IN_STACK)
def test_a_stack_that_a_cloud_cannot_serve(workshop: Workshop, old: str, new: str, message: str) -> None:
    """One error, at the value to change."""
    if "personal" in message:
        workshop.edit(FLEET, "size: medium", "size: medium\n    dataClass: personal")
        workshop.edit(FLEET, "secrets:", "compliance: {regions: [us-east-1]}\nsecrets:")
        workshop.edit(TEST, "network: {", "secondRegion: us-west-2\n      network: {secondCidr: 10.61.0.0/16, ")
    workshop.edit(TEST, old, new)
    (problem,) = workshop.problems()
    assert message in problem


def test_a_domain_that_nobody_declared(workshop: Workshop) -> None:
    """The domains that there are are named."""
    workshop.edit(FLEET, "domain: web", "domain: shop")
    (problem,) = workshop.problems()
    assert "shop is not one of the system's domains; known are web" in problem


def test_only_aws_runs_rabbitmq(workshop: Workshop) -> None:
    """A managed broker on Azure is refused with the way out."""
    text = workshop.stack_file.read_text()
    head, systems = text.split("      cloud: aws", 1)[0], text[text.index("      systems:") :]
    broker = "          queue: {placement: managed}\n"
    workshop.write(TEST, head + AZURE + systems + broker)
    workshop.edit(FLEET, "secrets:", "queue: {vhost: fleet}\nsecrets:")
    (problem,) = workshop.problems()
    assert "queue.placement: managed is not to be had: azure runs no RabbitMQ; say 'cluster'" in problem


MIGRATION = """
migrations:
  - {name: 001-rename, database: fleet_db, sql: migrations/001.sql, version: 2.0.0, compatible: false}
release: {maintenance: true}
"""


SPLIT = "splits visitors over migration '001-rename', after which the version before it does not work"
OPEN = "'maintenance' must be true: migration '001-rename' is made for slot 'green', and slot 'blue', which has the visitors"
ONE, TWO = "blue: {version: 1.9.0}", "green: {version: 2.0.0}"


@pytest.mark.parametrize(
    ("slots", "told"),
    [
        (["blue: {version: 1.9.0, weight: 90}", "green: {version: 2.0.0, weight: 10}"], SPLIT),
        (["blue: {version: 1.9.0, weight: 90}", "green: {version: 2.0.0, weight: 10}", "maintenance: true"], SPLIT),
        (["blue: {version: 2.0.0, weight: 90}", "green: {version: 2.1.0, weight: 10}"], ""),
        ([ONE, TWO], OPEN),
        ([ONE, TWO, "maintenance: true"], ""),
        ([ONE, TWO, "active: green"], ""),
    ],
)
def test_an_incompatible_migration_meets_no_visitors(workshop: Workshop, slots: list[str], told: str) -> None:
    """Of two versions with visitors both are on the same side of it; it is made for a version without any in
    maintenance only."""
    workshop.write(FLEET, (workshop.root / FLEET).read_text() + MIGRATION)
    workshop.write("systems/fleet/migrations/001.sql", "SELECT 1;")
    workshop.edit(TEST, "blue: {version: 2.4.0}", "\n          ".join(slots))
    if not told:
        workshop.stack()
        return
    (problem,) = workshop.problems()
    assert told in problem
