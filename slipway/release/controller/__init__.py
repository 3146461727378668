"""The edge of the controller: it observes, calls the core, writes the status and carries out its actions."""
