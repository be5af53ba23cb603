"""The jobs of the service, each readable from top to bottom."""
