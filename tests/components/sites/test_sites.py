"""Static sites: their files, their servers and the Jobs that publish them."""

from __future__ import annotations

import re
import subprocess

import pytest

from components.manifests import pod
from components.manifests.domains import zones_of
from components.manifests.environment import BucketFacts
from components.manifests.scope import Scope
from components.manifests.versions import Pins
from components.sites.manifests import artefact, maintenance, nginx, publishing
from components.system.backups.manifests.retention import bucket
from slipway.settings.services import Site
from slipway.settings.stacks import Artefact, Slot, SystemDeployment
from slipway.settings.system import System

SITE = Site(artefact="shop/web", domain="web")
DIGEST = f"sha256:{'1' * 64}"


def deployed(**artefacts: Artefact) -> SystemDeployment:
    return SystemDeployment(blue=Slot(version="1.0.0", artefacts=artefacts))


def publication(deployment: SystemDeployment, **settings: str) -> publishing.Publication:
    return publishing.Publication(
        pins=Pins(),
        name="web",
        slot="blue",
        site=SITE,
        deployment=deployment,
        registry="registry.example.com",
        buckets=[BucketFacts("files", "us-east-1"), BucketFacts("files-copy", "us-west-2")],
        settings=settings,
        account="web-publisher",
        identity=pod.Identity(),
    )


def test_files_come_from_the_image_of_the_version() -> None:
    """By its tag, and by its digest where the stack gives one."""
    plain = artefact.fetch(Pins(), SITE, "web", deployed(), "blue", "registry.example.com")
    assert plain.image == "registry.example.com/shop/web:1.0.0"
    pinned = artefact.fetch(Pins(), SITE, "web", deployed(web=Artefact(digest=DIGEST)), "blue", "registry.example.com")
    assert pinned.image == f"registry.example.com/shop/web:1.0.0@{DIGEST}"


def test_an_archive_is_unpacked_only_with_its_digest() -> None:
    """The digest is checked before anything is unpacked."""
    archive = Artefact(archive="https://builds.example.com/web.tar.gz", sha256="2" * 64)
    container = artefact.fetch(Pins(), SITE, "web", deployed(web=archive), "blue", "registry.example.com")
    assert isinstance(container.command, list)
    script = str(container.command[-1])
    assert script.index("sha256sum -c") < script.index("tar -xzf")
    assert artefact.is_downloaded("web", deployed(web=archive), "blue")
    assert not artefact.is_downloaded("web", deployed(), "blue")


@pytest.mark.parametrize("script", [publishing.SCRIPT, artefact.UNPACK], ids=["publish", "unpack"])
def test_scripts_are_posix(script: str) -> None:
    """Any shell reads them, and they stop at the first failure."""
    done = subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert script.startswith("set -eu\n")


def test_another_version_or_setting_is_another_job() -> None:
    """A Job's template is immutable, so its name changes with all that it publishes."""
    jobs = [
        publication(deployed()),
        publication(deployed(), API="https://api.example.com"),
        publication(deployed(web=Artefact(digest=DIGEST))),
        publication(SystemDeployment(blue=Slot(version="1.0.1"))),
    ]
    assert len({each.job_name for each in jobs}) == 4
    assert publication(deployed()).job_name == publication(deployed()).job_name


def test_pages_go_last() -> None:
    """After every file that they refer to, and after the settings; what is gone is deleted at the end."""
    order = ['--include "$hashed"', '--exclude "$hashed"', "config.json", '--include "*.html"', "rclone sync"]
    places = [
        publishing.SCRIPT.rindex(part) if part == "rclone sync" else publishing.SCRIPT.index(part) for part in order
    ]
    assert places == sorted(places)


def test_a_job_publishes_to_every_region() -> None:
    """Region and name of each bucket, in one variable."""
    built = publishing.job(Scope("shop", "shop"), publication(deployed()))
    container = built.spec.template.spec.containers[0]  # type: ignore[union-attr, index]
    environment = {each.name: each.value for each in container.env}  # type: ignore[union-attr]
    assert environment["BUCKETS"] == "us-east-1:files us-west-2:files-copy"
    assert environment["SLOT"] == "blue"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("main.8f3b2c1d.js", True),
        ("main.8f3b2c1d.chunk.js.map", True),
        ("logo-0123456789abcdef.svg", True),
        ("index.html", False),
        ("app.component.js", False),
        ("service-worker.js", False),
        ("favicon.ico", False),
    ],
)
def test_what_a_browser_keeps_for_ever(name: str, kept: bool) -> None:
    """Only names that carry a digest; both the bucket's files and nginx go by the same rule."""
    assert bool(re.search(artefact.HASHED, name)) is kept
    assert f'"~{artefact.HASHED}" "public, max-age=31536000, immutable"' in nginx.CONFIGURATION


def system(**more: object) -> System:
    return System.model_validate(
        {"title": "Shop & more", "owner": {"team": "shop"}, "services": {"api": {"image": "a", "port": 1}}, **more}
    )


def test_the_maintenance_page_says_until_when() -> None:
    """The title and message are text, not markup."""
    page = maintenance.page(system(maintenancePage={"message": "Back <soon>", "duration": "4h"}))
    assert "<h1>Shop &amp; more</h1>" in page
    assert "Back &lt;soon&gt;" in page
    assert "Expected completion: within 4 hours" in page


def test_dumps_are_locked_as_long_as_backups_are_promised() -> None:
    """The longest retention and the most sensitive data decide; without databases there is no bucket."""
    kept = bucket(
        system(
            databases={
                "a": {"backup": {"retentionDays": 30}},
                "b": {"backup": {"retentionDays": 7}, "dataClass": "personal"},
                "c": {"backup": "none"},
            }
        )
    )
    assert kept is not None
    assert (kept.locked_days, kept.settings.expire_days, kept.settings.data_class) == (30, 37, "personal")
    assert bucket(system()) is None
    assert bucket(system(databases={"a": {"hosting": "external"}})) is None


def test_zones_are_the_shortest_domains() -> None:
    """Each holds those below it; names that merely look alike are apart."""
    assert zones_of(["api.shop.com", "shop.com", "myshop.com"]) == ["myshop.com", "shop.com"]
    assert zones_of(["staging.shop.com", "api-staging.shop.com"]) == ["api-staging.shop.com", "staging.shop.com"]
