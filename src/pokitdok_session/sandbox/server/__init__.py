"""The server: from bytes over TLS to the handler of an endpoint, and back."""
