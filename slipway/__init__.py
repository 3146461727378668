"""The tool: settings, the rehearsal of a program, reports, operations, and the command."""
