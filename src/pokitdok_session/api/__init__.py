"""A JSON API on a client-credentials session, in mixins. Knows no PokitDok."""
