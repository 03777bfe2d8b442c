"""Stores that keep a token where other threads, processes and hosts find it."""
