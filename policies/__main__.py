"""The policy pack."""

from pulumi_policy import PolicyPack

import rules
from framework import exemptions, serving
from framework.levels import configuration

RULES = rules.every()

exemptions.refuse_unknown([each.name for each in RULES])
serving.install()
PolicyPack("slipway", [*RULES], initial_config=configuration(RULES))
