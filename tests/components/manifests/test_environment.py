"""Variables of a service: by version, and with the key before a rotation."""

from __future__ import annotations

from typing import Any

import pytest

from components.manifests import environment
from components.manifests.environment import SecretKey
from slipway.settings.references import FromVersion
from slipway.settings.stacks import DeployedSystem, Slot, SystemDeployment
from slipway.settings.store_names import supplied_secret
from slipway.settings.system import System


def deployed(secrets: dict[str, Any] | None = None, **service: Any) -> DeployedSystem:
    definition = {
        "title": "Shop",
        "owner": {"team": "shop"},
        "services": {"api": {"image": "api", "port": 80, **service}},
        "secrets": secrets or {},
    }
    slots = SystemDeployment(blue=Slot(version="1.0.0"), green=Slot(version="1.4.2"))
    return DeployedSystem("shop", System.model_validate(definition), slots)


@pytest.mark.parametrize(
    ("version", "found"), [("1.0.0", "a"), ("1.3.9", "a"), ("1.4.0", "b"), ("1.10.0", "c"), ("0.9", None)]
)
def test_a_value_by_version_is_that_of_the_newest_it_reaches(version: str, found: str | None) -> None:
    """In whichever order they stand, and as numbers."""
    assert FromVersion(since={"1.10.0": "c", "1.0.0": "a", "1.4.0": "b"}).at(version) == found


def test_each_slot_has_the_values_of_its_version() -> None:
    """Of what its image is built with, too, which no pod is told."""
    by_version = {"since": {"1.0.0": "1.0.0", "1.4.0": "1.1.0"}}
    system = deployed(environment={"SCHEMA": by_version}, build={"NEXT_PUBLIC_SCHEMA": by_version})
    for slot, schema in (("blue", "1.0.0"), ("green", "1.1.0")):
        plain = environment.variables(system, "api", slot, {}).plain
        assert plain["SCHEMA"] == schema
        assert "NEXT_PUBLIC_SCHEMA" not in plain
        assert environment.build_settings(system, "api", slot, {}) == {"NEXT_PUBLIC_SCHEMA": schema}


def test_the_key_before_is_found_beside_the_new_one() -> None:
    """While it is kept, under the variable's own name."""
    secrets = {"KEY": {"generated": 32, "rotated": "2026-06-01", "previous": "2026-01-01"}}
    found = environment.variables(deployed(secrets, environment={"CRYPT": {"secret": "KEY"}}), "api", "blue", {}).secret
    assert found == {
        "CRYPT": SecretKey("shop-generated", "KEY"),
        "CRYPT_PREVIOUS": SecretKey("shop-generated", "KEY_PREVIOUS"),
    }


def test_a_text_of_known_values_is_plain() -> None:
    """It is in the ConfigMap as it will be, also where it looks like Kubernetes' own placeholders."""
    value = {"text": "{slot.name} costs $(PORT) {{each}}"}
    found = environment.variables(deployed(environment={"PRICE": value}), "api", "green", {})
    assert found.plain["PRICE"] == "green costs $(PORT) {each}"
    assert not found.composed


def test_a_text_that_names_a_secret_replaces_nothing_else() -> None:
    """Dollars of the text itself stay dollars, and each placeholder has a variable of its own."""
    secrets = {"KEY": {"generated": 32, "encoding": "hex"}}
    value = {"text": "$(PORT)/{secret.KEY}/{pod.name}/{secret.KEY}"}
    found = environment.variables(deployed(secrets, environment={"URL": value}), "api", "blue", {})
    assert found.composed == {"URL": "$$(PORT)/$(URL.1)/$(URL.3)/$(URL.5)"}
    key = SecretKey("shop-generated", "KEY")
    assert (found.secret, found.pod) == ({"URL.1": key, "URL.5": key}, {"URL.3": "name"})
    assert "URL" not in found.plain


def test_each_supplied_secret_is_an_object_of_its_own() -> None:
    """One that is in use already among them: what is missing withholds nothing else."""
    secrets = {"VENDOR_KEY": {"supplied": "the vendor"}, "KEY": {"generated": 32, "existing": True}}
    variables = {name: {"secret": name} for name in secrets}
    found = environment.variables(deployed(secrets, environment=variables), "api", "blue", {}).secret
    assert found == {
        "VENDOR_KEY": SecretKey("shop-supplied-vendor-key", "VENDOR_KEY"),
        "KEY": SecretKey("shop-supplied-key", "KEY"),
    }


def test_names_of_objects_are_apart() -> None:
    """Variables that differ in case or underscores only, which names of Kubernetes do not know."""
    names = [supplied_secret("shop", key) for key in ("A_B", "a_b", "A__B", "_A_B", "A_B_")]
    assert len(set(names)) == len(names)
    assert names[0] == "shop-supplied-a-b"
