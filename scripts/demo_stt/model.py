"""The demo model in PyTorch: a small Whisper with a CTC head beside it. Needs torch."""

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import WhisperConfig, WhisperForConditionalGeneration
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from scripts.demo_stt.examples import FRAMES, MELS
from scripts.demo_stt.vocabulary import (
    END,
    KOREAN,
    NO_SPEECH,
    NO_TIMESTAMPS,
    SOUNDS,
    START,
    TRANSCRIBE,
    Vocabulary,
)

_CTC_WEIGHT = 0.5
_LABEL_SMOOTHING = 0.02
_INITIAL_STD = 0.05
_IGNORED = -100
_TEXT_STEP = 8  # few different shapes, as for the frames
_ATTENTION = "plain"


def _attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    *,
    scaling: float,
    **_: object,
) -> tuple[Tensor, None]:
    """Attention by plain matrix products: twice as fast as torch's own in bfloat16 on a CPU."""
    scores = torch.matmul(query * scaling, key.transpose(2, 3))
    length = query.shape[2]
    if module.is_causal and length > 1:
        later = torch.ones(length, key.shape[2], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(later, -1e4)
    weights = torch.softmax(scores, -1, dtype=scores.dtype)
    return torch.matmul(weights, value).transpose(1, 2).contiguous(), None


ALL_ATTENTION_FUNCTIONS[_ATTENTION] = _attend


def configuration(vocabulary: Vocabulary, *, width: int, layers: int) -> WhisperConfig:
    """The shape of the model; the decoder has two layers."""
    end = vocabulary.id(END)
    return WhisperConfig(
        vocab_size=len(vocabulary.tokens),
        num_mel_bins=MELS,
        d_model=width,
        encoder_layers=layers,
        encoder_attention_heads=width // 64,
        encoder_ffn_dim=width * 4,
        decoder_layers=2,
        decoder_attention_heads=width // 64,
        decoder_ffn_dim=width * 4,
        max_source_positions=FRAMES // 2,
        max_target_positions=448,
        dropout=0.0,
        attention_dropout=0.0,
        activation_dropout=0.0,
        decoder_start_token_id=vocabulary.id(START),
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        suppress_tokens=[],
        begin_suppress_tokens=[],
        use_cache=False,
        init_std=_INITIAL_STD,
        attn_implementation=_ATTENTION,
    )


class DemoModel(nn.Module):  # type: ignore[misc]
    """The Whisper and its CTC head."""

    def __init__(self, vocabulary: Vocabulary, *, width: int, layers: int) -> None:
        super().__init__()
        self.whisper = WhisperForConditionalGeneration(
            configuration(vocabulary, width=width, layers=layers)
        )
        # As Whisper is set up, the positions would drown the sound in a model this narrow.
        encoder = self.whisper.model.encoder
        with torch.no_grad():
            encoder.conv1.weight.mul_(2)
            encoder.conv2.weight.mul_(2)
            encoder.embed_positions.weight.mul_(0.3)
        self.sounds = nn.Linear(width, SOUNDS)
        self.end = vocabulary.id(END)
        self.prefix = [vocabulary.id(t) for t in (START, KOREAN, TRANSCRIBE, NO_TIMESTAMPS)]
        self.no_speech = vocabulary.id(NO_SPEECH)

    def encode(self, mel: Tensor) -> Tensor:
        """Log-mel (batch, 80, frames), any even number of frames, to (batch, frames/2, width)."""
        encoder = self.whisper.model.encoder
        hidden = functional.gelu(encoder.conv1(mel))
        hidden = functional.gelu(encoder.conv2(hidden)).permute(0, 2, 1)
        hidden = hidden + encoder.embed_positions.weight[: hidden.shape[1]]
        for layer in encoder.layers:
            hidden = layer(hidden, None, None)[0]
        return encoder.layer_norm(hidden)

    def _targets(self, texts: list[list[int]]) -> tuple[Tensor, Tensor]:
        """Decoder inputs and labels, each (batch, longest + 4).

        The first label is the language or "no speech"; the fixed rest of the prefix has none.
        """
        length = -(-max(map(len, texts)) // _TEXT_STEP) * _TEXT_STEP + len(self.prefix)
        inputs = torch.full((len(texts), length), self.end)
        labels = torch.full((len(texts), length), _IGNORED)
        for row, text in enumerate(texts):
            ids = [*self.prefix, *text]
            inputs[row, : len(ids)] = torch.tensor(ids)
            labels[row, 0] = self.prefix[1] if text else self.no_speech
            labels[row, 3 : 4 + len(text)] = torch.tensor([*text, self.end])
        return inputs, labels

    def _decode(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        """The decoder's states (batch, length, width); each sees only what stands before it."""
        decoder = self.whisper.model.decoder
        states = decoder.embed_tokens(inputs) + decoder.embed_positions.weight[: inputs.shape[1]]
        for layer in decoder.layers:
            states = layer(states, encoder_hidden_states=hidden, use_cache=False)[0]
        return decoder.layer_norm(states)

    def loss(
        self, mel: Tensor, frames: Tensor, texts: list[list[int]], sounds: list[list[int]]
    ) -> tuple[Tensor, Tensor]:
        """The decoder's cross-entropy and the weighted CTC loss of a batch.

        `frames` (batch,) are the log-mel frames before padding.
        """
        hidden = self.encode(mel)
        inputs, labels = self._targets(texts)
        decoded = self._decode(inputs, hidden)
        logits = self.whisper.proj_out(decoded).float()
        text_loss = functional.cross_entropy(
            logits.flatten(0, 1), labels.flatten(), label_smoothing=_LABEL_SMOOTHING
        )
        scores = functional.log_softmax(self.sounds(hidden).float(), -1).transpose(0, 1)
        ctc = functional.ctc_loss(
            scores,
            torch.tensor([sound for row in sounds for sound in row], dtype=torch.long),
            (frames + 1) // 2,
            torch.tensor([len(row) for row in sounds]),
            zero_infinity=True,
        )
        return text_loss, _CTC_WEIGHT * ctc

    def greedy(self, mel: Tensor, *, longest: int = 80) -> list[list[int]]:
        """The text ids of a batch by greedy decoding."""
        hidden = self.encode(mel)
        inputs = torch.tensor([self.prefix] * len(mel))
        done = torch.zeros(len(mel), dtype=torch.bool)
        past = None
        step = inputs
        for _ in range(longest):
            output = self.whisper.model.decoder(
                input_ids=step, encoder_hidden_states=hidden, past_key_values=past, use_cache=True
            )
            past = output.past_key_values
            step = self.whisper.proj_out(output.last_hidden_state[:, -1:]).argmax(-1)
            step[done] = self.end
            inputs = torch.cat([inputs, step], 1)
            done |= step[:, 0] == self.end
            if done.all():
                break
        texts = inputs[:, len(self.prefix) :].tolist()
        return [row[: row.index(self.end)] if self.end in row else row for row in texts]
