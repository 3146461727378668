"""HTTPRoutes: who reaches which slot."""
