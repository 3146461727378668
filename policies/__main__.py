"""The policy pack."""

from pulumi_policy import PolicyPack

import rules
from frame import exemptions, serving
from frame.levels import configuration

RULES = rules.every()

exemptions.refuse_unknown([each.name for each in RULES])
serving.install()
PolicyPack("slipway", [*RULES], initial_config=configuration(RULES))
