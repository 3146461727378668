"""The release of a system: what the controller is told, and the two gates that wait for it."""
