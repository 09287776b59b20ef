"""Hangul syllables as jamo, and the edit distance between two such strings."""

from __future__ import annotations

_FIRST, _LAST = 0xAC00, 0xD7A3
_ONSETS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_CODAS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_ALIKE = (
    "ㄱㄲㅋ",
    "ㄷㄸㅌ",
    "ㅂㅃㅍ",
    "ㅈㅉㅊ",
    "ㅅㅆ",
    "ㅏㅑ",
    "ㅓㅕ",
    "ㅗㅛ",
    "ㅜㅠ",
    "ㅐㅔㅒㅖ",
)
_NEAR = frozenset(a + b for group in _ALIKE for a in group for b in group if a != b)


def to_jamo(text: str) -> str:
    """Each hangul syllable as onset, vowel and coda; other characters stay."""
    pieces = []
    for character in text:
        code = ord(character)
        if _FIRST <= code <= _LAST:
            onset, rest = divmod(code - _FIRST, 21 * 28)
            vowel, coda = divmod(rest, 28)
            pieces.append(_ONSETS[onset] + _VOWELS[vowel] + _CODAS[coda])
        else:
            pieces.append(character)
    return "".join(pieces)


def distance(left: str, right: str) -> float:
    """Edit distance in jamo; sounds that telephone lines blur (`ㅈ`/`ㅉ`, `ㅜ`/`ㅠ`) count half."""
    row = [float(j) for j in range(len(right) + 1)]
    for i, a in enumerate(left, 1):
        diagonal, row[0] = row[0], float(i)
        for j, b in enumerate(right, 1):
            cost = 0.0 if a == b else 0.5 if a + b in _NEAR else 1.0
            substituted = diagonal + cost
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, substituted)
    return row[-1]
