"""The server: from a TLS connection to the handler of an endpoint, and back."""
