"""Routes from visitors to the slots of a system."""
