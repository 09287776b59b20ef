"""Settings read the usual names, refuse nonsense, and are documented to the last one."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from settings import Settings

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)


def variable(name: str, field: FieldInfo) -> str:
    """The environment variable under which a setting is documented."""
    alias = field.validation_alias
    if alias is None:
        return f"YEOBOSEYO_{name.upper()}"
    return str(getattr(alias, "choices", [alias])[0])


ALL = {variable(name, field): field for name, field in Settings.model_fields.items()}


@pytest.mark.parametrize("readme", ["README.md", "README.ko.md"])
def test_the_table_in_the_readme_is_complete(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    table = text.split("<!-- settings -->")[1].split("<!-- /settings -->")[0]
    assert ROW.findall(table) == list(ALL)


def test_the_english_table_says_what_the_code_says() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, field in ALL.items():
        assert f"| {field.description} |" in text, name


def test_the_example_file_names_every_setting() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE) == list(ALL)


def test_the_usual_names_and_ours_are_both_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "usual")
    monkeypatch.setenv("YEOBOSEYO_STT_MODEL", "small")
    settings = Settings(_env_file=None)
    assert settings.twilio_auth_token.get_secret_value() == "usual"
    assert settings.stt_model == "small"
    assert "usual" not in repr(settings)


@pytest.mark.parametrize("url", ["voice.example.com", "https://a.example/path", "ftp://a"])
def test_the_public_url_must_be_an_origin(url: str) -> None:
    with pytest.raises(ValidationError, match="public_url must be an origin"):
        Settings(_env_file=None, public_url=url)


def test_the_database_is_a_file_unless_told_otherwise(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    assert settings.sqlalchemy_url == f"sqlite+aiosqlite:///{tmp_path}/yeoboseyo.db"
    assert Settings(_env_file=None, database_url="postgresql://x/y").sqlalchemy_url == (
        "postgresql://x/y"
    )


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, []),
        ({"openai_api_key": "k"}, []),
        ({"elevenlabs_api_key": "k"}, []),
        ({"elevenlabs_api_key": "k", "elevenlabs_voice": "v"}, ["elevenlabs"]),
        ({"openai_api_key": "k", "openai_voice_model": "m"}, ["openai"]),
        ({"openai_voice_base_url": "http://tts/v1", "openai_voice_model": "m"}, ["openai"]),
        (
            {
                "elevenlabs_api_key": "k",
                "elevenlabs_voice": "v",
                "openai_api_key": "k",
                "openai_voice_model": "m",
            },
            ["elevenlabs", "openai"],
        ),
        (
            {
                "voices": "openai, elevenlabs,espeak",
                "elevenlabs_api_key": "k",
                "elevenlabs_voice": "v",
                "openai_api_key": "k",
                "openai_voice_model": "m",
            },
            ["openai", "elevenlabs"],
        ),
        ({"voices": "espeak", "elevenlabs_api_key": "k", "elevenlabs_voice": "v"}, []),
    ],
)
def test_who_speaks_is_told_or_follows_from_what_is_set_up(
    given: dict[str, str], names: list[str]
) -> None:
    settings = Settings.model_validate(given)
    assert settings.voice_names == names


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"voices": "openai"}, "wants openai, but YEOBOSEYO_OPENAI_VOICE_MODEL is not set"),
        ({"voices": "openai", "openai_voice_model": "m"}, "but OPENAI_API_KEY is not set"),
        ({"voices": "elevenlabs"}, "wants elevenlabs, but ELEVENLABS_API_KEY is not set"),
        (
            {"voices": "elevenlabs", "elevenlabs_api_key": "k"},
            "but YEOBOSEYO_ELEVENLABS_VOICE is not set",
        ),
        ({"voices": "festival"}, "knows elevenlabs, openai and espeak, not 'festival'"),
        ({"voices": "espeak,espeak"}, "names espeak twice"),
        (
            {"voices": "espeak,openai", "openai_api_key": "k", "openai_voice_model": "m"},
            "nobody speaks after espeak",
        ),
    ],
)
def test_a_voice_that_is_not_set_up_is_named(given: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Settings.model_validate(given)


def test_the_key_of_openai_is_not_sent_to_another_server() -> None:
    given = {"openai_api_key": "sk", "openai_voice_model": "m"}
    assert Settings.model_validate(given).voice_key == "sk"
    elsewhere = Settings.model_validate({**given, "openai_voice_base_url": "http://tts/v1"})
    assert (elsewhere.voice_key, elsewhere.voice_base_url) == ("", "http://tts/v1")
