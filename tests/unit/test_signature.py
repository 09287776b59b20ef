"""Signatures: what the SDK makes is accepted, and nothing else."""

from __future__ import annotations

import pytest
from twilio.request_validator import RequestValidator

from voice.telephony.signature import Signatures, form, stream_origin

TOKEN = "b7e3c0"
ORIGIN = "https://voice.example.com"
FIELDS = form({"CallSid": "CA1", "From": "", "새 필드": "값"})


@pytest.fixture
def signatures() -> Signatures:
    return Signatures(auth_token=TOKEN, public_url=ORIGIN)


def sdk(url: str, fields: dict[str, str] | None = None) -> str:
    return str(RequestValidator(TOKEN).compute_signature(url, fields or {}))


def test_twilios_own_example() -> None:
    """The figures of Twilio's documentation."""
    signatures = Signatures(auth_token="12345", public_url="https://example.com")
    fields = form(
        {
            "CallSid": "CA1234567890ABCDE",
            "Caller": "+14158675310",
            "Digits": "1234",
            "From": "+14158675310",
            "To": "+18005551212",
        }
    )
    assert signatures.webhook_valid(
        "/myapp.php?foo=1&bar=2", fields, "L/OH5YylLD5NRKLltdqwSvS0BnU="
    )


def test_a_signed_form_is_valid(signatures: Signatures) -> None:
    signature = sdk(ORIGIN + "/voice/incoming", dict(FIELDS))
    assert signatures.webhook_valid("/voice/incoming", FIELDS, signature)
    assert signatures.sign_webhook("/voice/incoming", FIELDS) == signature


def test_values_that_came_twice_are_signed_each(signatures: Signatures) -> None:
    twice = form([("A", "2"), ("A", "1"), ("B", "")])
    signature = sdk(ORIGIN + "/xA1A2B")  # what the signed text looks like
    assert signatures.webhook_valid("/x", twice, signature)


@pytest.mark.parametrize("wrong", [None, "", "x", "가", "A" * 28])
def test_a_wrong_or_missing_signature_is_not_valid(
    signatures: Signatures, wrong: str | None
) -> None:
    assert not signatures.webhook_valid("/voice/incoming", FIELDS, wrong)
    assert not signatures.stream_valid("/voice/stream", wrong)


def test_a_signature_holds_for_its_url_and_fields_alone(signatures: Signatures) -> None:
    signature = signatures.sign_webhook("/voice/incoming", FIELDS)
    assert not signatures.webhook_valid("/voice/after-stream", FIELDS, signature)
    assert not signatures.webhook_valid("/voice/incoming?call=CA2", FIELDS, signature)
    assert not signatures.webhook_valid("/voice/incoming", form({"CallSid": "CA1"}), signature)
    elsewhere = Signatures(auth_token=TOKEN, public_url="https://other.example.com")
    assert not elsewhere.webhook_valid("/voice/incoming", FIELDS, signature)


def test_a_stream_is_signed_in_its_wss_form_without_a_slash(signatures: Signatures) -> None:
    signature = sdk("wss://voice.example.com/voice/stream")
    assert signatures.stream_valid("/voice/stream", signature)
    assert signatures.sign_stream("/voice/stream") == signature
    for url in (ORIGIN + "/voice/stream", "wss://voice.example.com/voice/stream/"):
        assert not signatures.stream_valid("/voice/stream", sdk(url))


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8000", "https://voice.example.com:8443"])
def test_ports_stay(origin: str) -> None:
    signatures = Signatures(auth_token=TOKEN, public_url=origin)
    stream = sdk(stream_origin(origin) + "/voice/stream")
    assert signatures.stream_valid("/voice/stream", stream)
    assert signatures.webhook_valid("/x", FIELDS, sdk(origin + "/x", dict(FIELDS)))


def test_without_a_token_nothing_is_valid() -> None:
    signatures = Signatures(auth_token="", public_url=ORIGIN)
    empty = RequestValidator("").compute_signature(ORIGIN + "/x", dict(FIELDS))
    assert not signatures.webhook_valid("/x", FIELDS, empty)
    assert signatures.sign_webhook("/x", FIELDS) == ""
    assert signatures.sign_stream("/x") == ""
