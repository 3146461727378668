"""Routes: who reaches which slot."""
