"""The PokitDok Platform API v4."""
