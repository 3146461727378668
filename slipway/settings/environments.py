"""What a stack asks of releases: outside production nobody waits for people."""

from __future__ import annotations

from typing import Annotated, Any, get_args
from typing import Literal as OneOf

from pydantic import AfterValidator, Field

from slipway.settings.cluster_services import ClusterServices
from slipway.settings.fields import Name
from slipway.settings.problems import nearest_word
from slipway.settings.setting import Choice, Setting
from slipway.settings.system import System

PRODUCTION = "production"
"""The environment whose releases wait for windows, people and backups, and are announced."""
Followed = OneOf["production", "staging", "local"]
ENVIRONMENTS: tuple[str, ...] = get_args(Followed)
"""What levels, thresholds, windows and approvals depend on."""


def _of_its_own(name: str) -> str:
    if name in ENVIRONMENTS:
        raise ValueError(f"is an environment that others follow: write 'environment: {name}'")
    return name


class NamedEnvironment(Setting):
    """An environment of any other name, which is released and judged as the one that it follows."""

    name: Annotated[Name, AfterValidator(_of_its_own)] = Field(examples=["qa"])
    """Its name, in labels and tags."""
    follows: Followed
    """Whose levels, thresholds, windows and approvals it has."""


def _word(value: Any) -> Any:
    if value not in ENVIRONMENTS:
        near = nearest_word(value, ENVIRONMENTS)
        hint = (
            f"did you mean '{near}'?"
            if near
            else "another one follows one of them, for example {name: qa, follows: staging}"
        )
        raise ValueError(f"is not one of {', '.join(ENVIRONMENTS)}; {hint}")
    return value


Environment = Annotated[Followed | NamedEnvironment, Choice(lambda _: NamedEnvironment, _word)]
"""`production`, `staging`, `local`, or `{name: qa, follows: staging}`."""


def followed(environment: Any) -> str:
    """Return the environment whose rules hold, as a file has it or as a setting; empty if that is none."""
    if isinstance(environment, dict):
        environment = environment.get("follows")
    found = environment.follows if isinstance(environment, NamedEnvironment) else environment
    return found if isinstance(found, str) else ""


def own_name(environment: Any) -> str:
    """Return the name of an environment that has one of its own, or nothing."""
    return environment.name if isinstance(environment, NamedEnvironment) else ""


def as_released(definition: System, environment: str, services: ClusterServices) -> System:
    """Return the definition of a system as a controller of an environment releases it. Outside production that is without
    window, approvals, attestations, announcements and reviews; `releases.hold` takes the place of the steps' own holds.
    Where people release by hand, the definition is theirs as it is."""
    if services.controllers.releases != "installed":
        return definition
    release, hold = definition.release, services.releases.hold
    changes = {"steps": [each.model_copy(update={"hold": hold}) for each in release.steps]} if hold else {}
    if environment == PRODUCTION:
        return definition.model_copy(update={"release": release.model_copy(update=changes)}) if changes else definition
    changes |= {"window": None, "approvals": [], "announcements": [], "reviews": []}
    return definition.model_copy(update={"release": release.model_copy(update=changes), "attestations": []})
