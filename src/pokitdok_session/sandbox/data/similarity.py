"""How alike two texts are: the comparisons that the identity APIs name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

Similarity: TypeAlias = Callable[[str, str], float]
"""From 0, nothing in common, to 1, the same."""

MAX_DISTANCE = 2
# Time grows with the square of it, and the sandbox answers one call after the other.
MAX_LENGTH = 200
SOUNDEX = {
    letter: digit
    for digit, letters in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), 1)
    for letter in letters
}
# Porter's algorithm would be longer than this whole module; names and streets need no more.
SUFFIXES = re.compile(r"(?:ations?|ings?|ers?|ies|es|ed|ly|e|s|y)$")


def distance(one: str, other: str) -> int:
    """Levenshtein's: how many letters must be put in, taken out or replaced.

    Of very long texts only the beginnings are compared.
    """
    one, other = one[:MAX_LENGTH], other[:MAX_LENGTH]
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        left, row[0] = row[0], place
        for column, wanted in enumerate(other, 1):
            replaced = left + (letter != wanted)
            left = row[column]
            row[column] = min(replaced, left + 1, row[column - 1] + 1)
    return row[-1]


def similar(one: str, other: str) -> bool:
    """Whether two texts are within the search's edit distance, in whatever case."""
    one, other = one.casefold(), other.casefold()
    return abs(len(one) - len(other)) <= MAX_DISTANCE and distance(one, other) <= MAX_DISTANCE


def exact(one: str, other: str) -> float:
    return float(one.casefold() == other.casefold())


def levenshtein(one: str, other: str) -> float:
    one, other = one.casefold(), other.casefold()
    return 1 - distance(one, other) / max(len(one), len(other), 1)


def soundex(one: str, other: str) -> float:
    return float(_soundex_code(one) == _soundex_code(other))


def stemming(one: str, other: str) -> float:
    return float(_stems(one) == _stems(other))


ALGORITHMS: dict[str, Similarity] = {
    "exact": exact,
    "levenshtein": levenshtein,
    "soundex": soundex,
    "stemming": stemming,
}


def _soundex_code(text: str) -> str:
    """The American Soundex code: a letter and three digits."""
    letters = [letter for letter in text.casefold() if "a" <= letter <= "z"]
    code, last = "", 0
    for place, letter in enumerate(letters):
        digit = SOUNDEX.get(letter, 0)
        if place and digit and digit != last:
            code += str(digit)
        # H and W do not part two letters of one sound, vowels do.
        if letter not in "hw":
            last = digit
    return (letters[0] + code + "000")[:4] if letters else ""


def _stems(text: str) -> list[str]:
    return [SUFFIXES.sub("", word) for word in re.findall(r"\w+", text.casefold())]
