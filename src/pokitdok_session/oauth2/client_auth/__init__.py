"""How the client authenticates: `methods`, a JWT for it (`assertion`), and its `private_key`."""
