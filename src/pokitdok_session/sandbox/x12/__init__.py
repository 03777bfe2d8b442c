"""X12: reading and writing interchanges, and the transactions that the API converts."""
