"""Reads the TwiML that a server answers with: the verbs that a call needs, and no others."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from scripts.carrier.errors import CarrierError


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Speak a text to who is on this leg."""

    text: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Connect the call to a WebSocket until it closes."""

    url: str
    action: str
    """Asked for the next document when the stream has ended; empty where the next verb follows."""
    status_callback: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """Ring a human."""

    number: str
    whisper_url: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """Speak, and collect keys."""

    says: tuple[Say, ...]
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Ask for another document."""

    url: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """End this leg."""


Verb = Say | Stream | Dial | Gather | Redirect | Hangup


def parse(text: str) -> list[Verb]:
    """The verbs of a document, in order. Raises CarrierError with the code "bad-answer"."""
    if "<!" in text.replace("<![CDATA[", ""):
        raise CarrierError("bad-answer", "the TwiML declares entities")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - no entities, see above
    except ElementTree.ParseError as error:
        raise CarrierError("bad-answer", f"the answer is no TwiML: {error}") from None
    if root.tag != "Response":
        raise CarrierError("bad-answer", f"the answer is no TwiML but <{root.tag}>")
    return [_verb(element) for element in root]


def _verb(element: ElementTree.Element) -> Verb:
    text = (element.text or "").strip()
    match element.tag:
        case "Say":
            return _say(element)
        case "Hangup":
            return Hangup()
        case "Redirect":
            return Redirect(url=text)
        case "Gather":
            says = tuple(_say(child) for child in element.findall("Say"))
            return Gather(says=says, action=element.get("action", ""))
        case "Connect":
            return _stream(element)
        case "Dial":
            number = element.find("Number")
            return Dial(
                number=((number.text if number is not None else element.text) or "").strip(),
                whisper_url=number.get("url", "") if number is not None else "",
                action=element.get("action", ""),
            )
        case other:
            raise CarrierError("bad-answer", f"the verb <{other}> is not one of a telephone call")


def _say(element: ElementTree.Element) -> Say:
    return Say(text=(element.text or "").strip(), language=element.get("language", ""))


def _stream(element: ElementTree.Element) -> Stream:
    stream = element.find("Stream")
    url = stream.get("url", "") if stream is not None else ""
    if stream is None or not url or "?" in url:
        raise CarrierError("bad-answer", "<Connect> needs a <Stream> whose url has no query")
    parameters = {
        parameter.get("name", ""): parameter.get("value", "")
        for parameter in stream.findall("Parameter")
    }
    if any(len(name) + len(value) >= 500 for name, value in parameters.items()):
        raise CarrierError("bad-answer", "a <Parameter> has 500 characters or more")
    return Stream(
        url=url,
        action=element.get("action", ""),
        status_callback=stream.get("statusCallback", ""),
        parameters=parameters,
    )
