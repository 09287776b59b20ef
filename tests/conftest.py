"""What all tests share: settings come from the tests alone, not from the machine they run on."""

import os

import pytest

from settings import Settings


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.env` and no variable of ours reaches a test that did not set it."""
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    usual = ("TWILIO_", "OPENAI_", "ELEVENLABS_", "CHROMA_URL", "STT_")
    for name in os.environ:
        test_server = name.startswith("YEOBOSEYO_TEST_")
        if name.startswith(("YEOBOSEYO_", *usual)) and not test_server:
            monkeypatch.delenv(name)
