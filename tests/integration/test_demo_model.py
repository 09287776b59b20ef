"""The shipped recogniser on real audio: a voice it never heard, noise, and silence."""

import random

import numpy as np
import pytest

from scripts.bench.stt import Bench, measured, utterance
from scripts.demo_stt import audio
from scripts.demo_stt.grammar import Pair
from scripts.demo_stt.heldout import held_out
from scripts.demo_stt.nonspeech import non_speech
from scripts.demo_stt.scoring import edits, normalized
from scripts.demo_stt.unsure import utterances
from voice.audio import mulaw
from voice.stt.models import DEMO_FOLDER, resolve
from voice.stt.rejection import Stage
from voice.stt.whisper import WhisperTranscriber


@pytest.fixture(scope="module")
def ears() -> WhisperTranscriber:
    return WhisperTranscriber(resolve("demo"))


def test_the_shipped_model_is_small() -> None:
    assert sum(file.stat().st_size for file in DEMO_FOLDER.iterdir()) < 12_000_000


async def test_held_out_sentences_by_an_unheard_voice(ears: WhisperTranscriber) -> None:
    await ears.warm()
    wrong = total = 0
    for index, pair in enumerate(held_out()[::9]):
        heard = await ears.transcribe(utterance(pair, "f4", seed=str(index)))
        wrong += edits(normalized(pair.written), normalized(heard.text))
        total += len(normalized(pair.written))
        assert heard.audio_s > heard.elapsed_s > 0
    assert wrong / total < 0.15


@pytest.mark.parametrize("text", ["네", "아니요", "감사합니다", "상담원 연결해 주세요"])
async def test_short_answers_are_heard(ears: WhisperTranscriber, text: str) -> None:
    heard = await ears.transcribe(utterance(Pair(text, text), "f2", seed="1"))
    assert heard.text == text
    assert heard.avg_logprob < 0


async def test_every_length_of_audio_is_heard_alike(ears: WhisperTranscriber) -> None:
    # With as many encoder positions as mel bands, CTranslate2 would encode its own output again.
    speech = audio.speak("문자는 무료예요", "f2", random.Random(3), perturb=False)
    for tenths in range(1, 13):
        line = audio.Line(level_dbfs=-20, snr_db=25, lead_s=0.2, trail_s=tenths / 10)
        heard = await ears.transcribe(audio.on_the_line(speech, line, random.Random(3)))
        assert heard.text == "문자는 무료예요", tenths


async def test_more_than_one_window_is_heard_to_its_end(ears: WhisperTranscriber) -> None:
    pair = held_out()[0]
    long = (utterance(pair, "f2", seed="2") + mulaw.encode(np.zeros(30_000, np.int16))) * 3
    heard = await ears.transcribe(long)
    assert heard.audio_s > 12
    assert len(heard.text) > 1.5 * len(pair.written)


@pytest.mark.parametrize("seed", range(12))
async def test_nothing_is_heard_where_nobody_speaks(ears: WhisperTranscriber, seed: int) -> None:
    heard = await ears.transcribe(non_speech(random.Random(seed), seconds=3.0))
    assert heard.text == ""


@pytest.mark.parametrize("count", [0, 10, 16_000])
async def test_silence_of_any_length_is_silence(ears: WhisperTranscriber, count: int) -> None:
    heard = await ears.transcribe(b"\xff" * count)
    assert heard.text == ""
    assert heard.audio_s == count / 8000


def test_a_set_of_the_benchmark_is_measured(ears: WhisperTranscriber) -> None:
    pairs = [Pair("네", "네"), Pair("010-1234-5678", "공일공, 일이삼사, 오육칠팔")]
    bench = Bench(voices=("f2", "m3"), seed="test ", sentences=pairs, non_speech_clips=3)
    figures, tried = measured(ears, bench)
    assert {(one.voice, one.said) for one in tried} == {
        (voice, pair.written) for voice in bench.voices for pair in pairs
    }
    assert (figures["utterances"], figures["nonspeech_s"]) == (4, 12)
    assert figures["nonspeech_chars"] == 0
    assert figures["digit_accuracy"] > 0.8
    assert figures["partial_p50_ms"] > 0


def test_what_nobody_could_understand_is_no_text(ears: WhisperTranscriber) -> None:
    heard = [(kind, ears.recognise(data)) for kind, _, data in utterances(8) if kind == "foreign"]
    assert len(heard) == 8
    assert sum(bool(one.text) for _, one in heard) <= 1
    assert Stage.UNSURE in {one.rejected for _, one in heard}
