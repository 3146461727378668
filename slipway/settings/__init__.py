"""The only reader of systems and stacks: YAML in, typed frozen values out, every problem at once."""
