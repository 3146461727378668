"""The logs of a cluster: where they are kept, what gathers and masks them, and for how long they stay."""
