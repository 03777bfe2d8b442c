"""Tests of the vocabulary: what each method sends."""
