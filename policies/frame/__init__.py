"""What every rule stands on. Rules import from here."""

from frame.declaring import Additions, Declaration, Settings, Told, resource_rule, stack_rule
from frame.reading import Absence, Property
from frame.resources import Resource
from frame.verdicts import Verdict

__all__ = [
    "Absence",
    "Additions",
    "Declaration",
    "Property",
    "Resource",
    "Settings",
    "Told",
    "Verdict",
    "resource_rule",
    "stack_rule",
]
