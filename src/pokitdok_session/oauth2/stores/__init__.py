"""Stores that keep a token where other threads, processes and hosts find it.

`base` is the protocol, `file` and `redis` are two stores, `shared` is how a session uses one.
"""
