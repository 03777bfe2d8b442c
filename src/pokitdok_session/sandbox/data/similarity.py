"""The text comparisons that the identity APIs name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

Similarity: TypeAlias = Callable[[str, str], float]
"""Returns a number from 0 (nothing in common) to 1 (equal)."""

MAX_DISTANCE = 2
# The time grows with its square, and handlers run one at a time.
MAX_LENGTH = 200
SOUNDEX = {
    letter: digit
    for digit, letters in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), 1)
    for letter in letters
}
# Porter's algorithm would be longer than this module.
SUFFIXES = re.compile(r"(?:ations?|ings?|ers?|ies|es|ed|ly|e|s|y)$")


def distance(one: str, other: str) -> int:
    """Return the Levenshtein distance of the first 200 characters."""
    one, other = one[:MAX_LENGTH], other[:MAX_LENGTH]
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        diagonal, row[0] = row[0], number
        for column, other_letter in enumerate(other, 1):
            replaced = diagonal + (letter != other_letter)
            diagonal = row[column]
            row[column] = min(replaced, diagonal + 1, row[column - 1] + 1)
    return row[-1]


def similar(one: str, other: str) -> bool:
    """Return True if the distance is at most 2, in any case."""
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
    """Return the American Soundex code: a letter and three digits."""
    letters = [letter for letter in text.casefold() if "a" <= letter <= "z"]
    code, last = "", 0
    for index, letter in enumerate(letters):
        digit = SOUNDEX.get(letter, 0)
        if index and digit and digit != last:
            code += str(digit)
        # Only vowels separate two letters with the same digit.
        if letter not in "hw":
            last = digit
    return (letters[0] + code + "000")[:4] if letters else ""


def _stems(text: str) -> list[str]:
    return [SUFFIXES.sub("", word) for word in re.findall(r"\w+", text.casefold())]
