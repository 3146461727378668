"""The reference: a page for each section of `system.yaml` and of stack files, generated from the schema."""
