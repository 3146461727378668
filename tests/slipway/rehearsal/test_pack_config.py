"""Configuration of a pack is laid over its defaults as the engine does it."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2

from slipway.rehearsal.errors import PackConfigError
from slipway.rehearsal.pack_config import PolicyConfig, reconciled

INTEGER = {"type": "integer", "minimum": 1}


def info(initial: dict[str, dict[str, Any]] | None = None, required: list[str] | None = None) -> Any:
    """A pack with two policies: `sizes` with thresholds, `names` without."""
    result = analyzer_pb2.AnalyzerInfo(name="pack")
    sizes = result.policies.add(name="sizes", enforcementLevel=analyzer_pb2.MANDATORY)
    sizes.configSchema.properties.update({"most": {**INTEGER, "default": 5}, "least": INTEGER})
    sizes.configSchema.required.extend(required or [])
    result.policies.add(name="names", enforcementLevel=analyzer_pb2.ADVISORY)
    for name, properties in (initial or {}).items():
        result.initialConfig[name].enforcementLevel = analyzer_pb2.ADVISORY
        result.initialConfig[name].properties.update(properties)
    return result


@pytest.mark.parametrize(
    ("initial", "given", "sizes"),
    [
        ({}, {}, PolicyConfig("mandatory", {"most": 5})),
        ({}, {"sizes": {"least": 2}}, PolicyConfig("mandatory", {"most": 5, "least": 2})),
        ({"sizes": {"most": 7}}, {}, PolicyConfig("advisory", {"most": 7})),
        ({"sizes": {"most": 7}}, {"sizes": {"most": 9}}, PolicyConfig("advisory", {"most": 9})),
        ({"sizes": {"most": 7}}, {"all": "disabled"}, PolicyConfig("disabled", {"most": 7})),
        ({"all": {}}, {"sizes": "mandatory"}, PolicyConfig("mandatory", {"most": 5})),
        ({}, {"all": "disabled", "sizes": {"enforcementLevel": "remediate"}}, PolicyConfig("remediate", {"most": 5})),
    ],
)
def test_layers(initial: dict[str, Any], given: dict[str, Any], sizes: PolicyConfig) -> None:
    """Schema, then the pack's own, then what is given; `all` is a level only, and a policy's own entry wins."""
    assert reconciled(info(initial), given)["sizes"] == sizes


def test_every_mistake_is_reported_at_once() -> None:
    """One error has all that is wrong, with the place of each."""
    given = {"size": "advisory", "names": "loud", "sizes": {"most": "many", "least": 0}}
    with pytest.raises(PackConfigError) as refused:
        reconciled(info(), given)
    assert str(refused.value).splitlines() == [
        "policy pack pack: size is not a policy of the pack; did you mean sizes?",
        "policy pack pack: names: 'loud' is not a level; levels are advisory, mandatory, disabled, remediate",
        "policy pack pack: sizes.least: 0 is less than the minimum of 1.0",
        "policy pack pack: sizes.most: 'many' is not of type 'integer'",
    ]


def test_a_pack_s_own_default_must_fit_its_schema() -> None:
    """A threshold that the pack itself has wrong is refused, as the engine does."""
    broken = info()
    broken.policies[0].configSchema.properties.update({"most": {**INTEGER, "default": "many"}})
    with pytest.raises(PackConfigError, match=r"sizes\.most: 'many' is not of type 'integer'"):
        reconciled(broken, {})


def test_required_property_is_asked_for() -> None:
    """What a schema requires must come from somewhere."""
    with pytest.raises(PackConfigError, match="'least' is a required property"):
        reconciled(info(required=["least"]), {})
    assert reconciled(info(required=["least"]), {"sizes": {"least": 1}})["sizes"].properties == {"most": 5, "least": 1}
