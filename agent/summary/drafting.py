"""Has a chat model draft a summary, and keeps of it what the turns bear out."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import ModelError
from agent.grounding.amounts import figures_in
from agent.grounding.counts import counts_in, dates_in
from agent.grounding.evidence import holds, squeeze
from agent.guard import grounding_of
from agent.prompts import SUMMARY, template
from agent.summary.rules import ending_of, is_private, turns_with_tools, who_called
from knowledge.catalog.model import Catalog
from storage.privacy import mask, mask_name
from storage.records import (
    AnsweredQuestion,
    MoodWords,
    StoredCall,
    Summary,
    SummarySentence,
    Turn,
)

_LONGEST = 300
"""Characters of a sentence; what is longer is no summary."""
_MOST = 8


class SummaryModel(Protocol):
    """A chat model that answers in JSON."""

    @property
    def name(self) -> str:
        """What it is called in the record."""
        ...

    async def complete_json(
        self, prompt: str, *, data: str, schema: dict[str, Any], call_sid: str, prompt_name: str
    ) -> dict[str, Any]:
        """An object by a JSON schema. Raises ModelError."""
        ...


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Sentence(_Strict):
    text: str = Field(max_length=_LONGEST)
    turns: list[int]


class _Question(_Strict):
    question: str = Field(max_length=_LONGEST)
    answer: str = Field(max_length=_LONGEST)
    turn: int


class _Words(_Strict):
    words: str = Field(max_length=_LONGEST)
    turn: int


class Draft(_Strict):
    """A summary as the model gives it."""

    reason: str = Field(max_length=_LONGEST)
    reason_turns: list[int]
    questions: list[_Question]
    sentences: list[_Sentence]
    follow_ups: list[_Sentence]
    mood: list[_Words]


async def drafted(
    call: StoredCall, catalog: Catalog, model: SummaryModel, ruled: Summary
) -> Summary:
    """The model's summary where its turns bear it out, filled up with the one by rules.

    How the call ended, who called and what was verified is never the model's to say. Raises
    ModelError where it gave nothing that stands.
    """
    found = await model.complete_json(
        template(SUMMARY), data=_transcript(call), schema=Draft.model_json_schema(),
        call_sid=call.call_sid, prompt_name=SUMMARY,
    )  # fmt: skip
    try:
        draft = Draft.model_validate(found)
    except ValidationError as error:
        raise ModelError("malformed", "the summary has not the form asked for") from error
    turns = _Turns(call, catalog)
    sentences = [s for one in draft.sentences[:_MOST] if (s := turns.kept(one.text, one.turns))]
    if not sentences:
        raise ModelError("ungrounded", "no sentence of the summary is borne out by its turns")
    kept = turns.kept(draft.reason, draft.reason_turns)
    reason = kept.text if kept else ruled.reason
    follow_ups = [f for one in draft.follow_ups[:_MOST] if (f := turns.kept(one.text, one.turns))]
    questions = tuple(turns.questions(draft.questions[:_MOST])) or ruled.questions
    who = who_called(call.customer, call.verification, catalog)
    opening = SummarySentence(
        text=f"{who} {reason}", turns=kept.turns if kept else turns_with_tools(call)
    )
    last = tuple(turn.index for turn in call.turns[-1:])
    told = (opening, *sentences, SummarySentence(text=ending_of(call), turns=last))
    left = dict.fromkeys((*ruled.follow_ups, *(item.text for item in follow_ups)))
    mood = {(m.words, m.turn): m for m in (*ruled.mood, *turns.mood(draft.mood[:_MOST]))}
    return replace(
        ruled,
        reason=reason,
        questions=questions,
        follow_ups=tuple(left),
        text=" ".join(sentence.text for sentence in told),
        made_by=model.name,
        sentences=told,
        mood=tuple(mood.values()),
    )


class _Turns:
    """The turns of a call, to hold what is said of them against."""

    def __init__(self, call: StoredCall, catalog: Catalog) -> None:
        self._turns = {turn.index: turn for turn in call.turns}
        self._names = grounding_of(catalog).names
        self._customer = call.customer.name if call.customer else None

    def kept(self, text: str, indexes: Iterable[int]) -> SummarySentence | None:
        """The sentence with its turns, masked; None where they do not bear it out."""
        text = self._masked(text)
        turns = tuple(dict.fromkeys(index for index in indexes if index in self._turns))
        if not turns or not text or not self._borne_out(text, turns):
            return None
        return SummarySentence(text=text, turns=turns)

    def questions(self, drafted_: Iterable[_Question]) -> Iterable[AnsweredQuestion]:
        """Those that were asked in their turn; an answer that was not given is what was said."""
        for one in drafted_:
            turn = self._turns.get(one.turn)
            asked = turn is not None and turn.heard.strip() and not is_private(turn)
            if turn is None or not asked or not self._borne_out(one.question, (one.turn,)):
                continue
            given = one.answer if self._borne_out(one.answer, (one.turn,)) else turn.said
            yield AnsweredQuestion(
                question=self._masked(one.question),
                answer=self._masked(given),
                fact_ids=turn.fact_ids,
                turn=turn.index,
            )

    def mood(self, drafted_: Iterable[_Words]) -> Iterable[MoodWords]:
        """Words that the caller really said."""
        for one in drafted_:
            turn = self._turns.get(one.turn)
            if turn is not None and one.words.strip() and squeeze(one.words) in squeeze(turn.heard):
                yield MoodWords(words=self._masked(one.words), turn=one.turn)

    def _borne_out(self, text: str, indexes: Sequence[int]) -> bool:
        """Whether every figure, date, count and name in it was said in these turns."""
        said = " ".join(_words(self._turns[index]) for index in indexes)
        held = frozenset(item.figure for item in figures_in(said))
        if not all(holds(held, item.figure) for item in figures_in(text)):
            return False
        if not {d for d, _, _ in dates_in(text)} <= {d for d, _, _ in dates_in(said)}:
            return False
        counted = {(c, n) for c, n, _, _ in counts_in(said)}
        if not {(c, n) for c, n, _, _ in counts_in(text)} <= counted:
            return False
        named = {mention.name for mention in self._names.find(text) if mention.proper}
        return all(squeeze(name) in squeeze(said) for name in named)

    def _masked(self, text: str) -> str:
        text = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()
        if self._customer:
            text = text.replace(self._customer, mask_name(self._customer))
        return mask(text)


def _words(turn: Turn) -> str:
    return f"{turn.heard} {turn.said}"


def _transcript(call: StoredCall) -> str:
    """The turns as data, personal data masked: a model needs none of it to summarise."""
    name = call.customer.name if call.customer else ""

    def masked(text: str) -> str:
        return mask(text.replace(name, mask_name(name)) if name else text)

    turns = [
        {
            "turn": turn.index,
            "caller": "(본인 확인 번호)" if is_private(turn) else masked(turn.heard),
            "agent": masked(turn.said),
        }
        for turn in call.turns
    ]
    return json.dumps({"data": turns}, ensure_ascii=False)
