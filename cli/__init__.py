"""The `slipway` command: what Pulumi's users ask for and lack."""
