"""The demo model's vocabulary: bytes, one token a Hangul syllable, then Whisper's specials.

CTranslate2 and faster-whisper derive their behaviour from the order of the tokens, and take a
model for English-only unless the vocabulary holds an empty string.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

END = "<|endoftext|>"
START = "<|startoftranscript|>"
KOREAN = "<|ko|>"
TRANSCRIBE = "<|transcribe|>"
NO_SPEECH = "<|nospeech|>"
NO_TIMESTAMPS = "<|notimestamps|>"
SPECIALS = (
    END,
    START,
    KOREAN,
    "<|translate|>",
    TRANSCRIBE,
    "<|startoflm|>",
    "<|startofprev|>",
    NO_SPEECH,
    NO_TIMESTAMPS,
    "<|0.00|>",
)


def _byte_alphabet() -> list[str]:
    """The printable character that stands for each byte in byte-level tokenizers."""
    shown = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    alphabet, extra = [], 0
    for byte in range(256):
        if byte in shown:
            alphabet.append(chr(byte))
        else:
            alphabet.append(chr(256 + extra))
            extra += 1
    return alphabet


_BYTES = _byte_alphabet()


def _token(character: str) -> str:
    return "".join(_BYTES[byte] for byte in character.encode())


@dataclass(frozen=True)
class Vocabulary:
    """All tokens in order of their ids."""

    tokens: tuple[str, ...]

    @classmethod
    def of(cls, characters: Iterable[str]) -> "Vocabulary":
        """The vocabulary with one token for each Hangul syllable among `characters`."""
        syllables = sorted({c for c in characters if "가" <= c <= "힣"})
        pairs = sorted({_token(syllable)[:2] for syllable in syllables})
        text = [*_BYTES, *pairs, *map(_token, syllables), ""]
        return cls((*text, *SPECIALS))

    def id(self, token: str) -> int:
        """The id of a special token. Raises ValueError for one that there is not."""
        return self.tokens.index(token)

    def encode(self, text: str) -> list[int]:
        """The ids of `text`; characters without a token of their own become bytes."""
        known = {token: index for index, token in enumerate(self.tokens)}
        ids = []
        for character in text:
            token = _token(character)
            ids += [known[token]] if token in known else [known[part] for part in token]
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`, special tokens left out."""
        end = self.id(END)
        shown = "".join(self.tokens[index] for index in ids if index < end)
        return bytes(_BYTES.index(character) for character in shown).decode(errors="replace")

    def tokenizer_json(self) -> str:
        """A `tokenizer.json` of the library `tokenizers` that gives the same ids."""
        end = self.tokens.index(END)
        merges = [[token[0], token[1]] for token in self.tokens[256:end] if len(token) == 2]
        merges += [[token[:2], token[2]] for token in self.tokens[256:end] if len(token) == 3]
        byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
        specials = [
            {
                "id": end + index,
                "content": content,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for index, content in enumerate(SPECIALS)
        ]
        document = {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": specials,
            "normalizer": None,
            "pre_tokenizer": {**byte_level, "use_regex": True},
            "post_processor": None,
            "decoder": {**byte_level, "use_regex": True},
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": None,
                "continuing_subword_prefix": "",
                "end_of_word_suffix": "",
                "fuse_unk": False,
                "byte_fallback": False,
                "vocab": {token: index for index, token in enumerate(self.tokens[:end])},
                "merges": merges,
            },
        }
        return json.dumps(document, ensure_ascii=False, indent=1)


SOUNDS = 1 + 19 * 21 + 27
"""How many symbols `sounds` uses, the blank (0) included."""


def sounds(spoken: str) -> list[int]:
    """The open syllables and the final consonants in `spoken`, from 1: what the CTC head hears.

    Whole syllables would be too many to learn, and single letters come too fast for the frames.
    """
    heard = []
    for character in spoken:
        if "가" <= character <= "힣":
            opening, final = divmod(ord(character) - 0xAC00, 28)
            heard.append(1 + opening)
            heard += [19 * 21 + final] if final else []
    return heard
