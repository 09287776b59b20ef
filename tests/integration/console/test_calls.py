"""The list and the page of a call, as a supervisor sees them."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from console.recordings import wav_header
from storage.audit import Action, AuditLog
from storage.calls import CallStore
from storage.customers import CustomerStore
from storage.database import Database
from storage.errors import StorageError
from storage.organizations import ensure_organization
from storage.recordings.files import recording_name
from storage.recordings.finishing import RecordingFinisher
from storage.recordings.format import interleave
from storage.recordings.rows import RecordingStore
from storage.records import (
    HandoffReason,
    HandoffStatus,
    Outcome,
    RecordingStatus,
    ToolCall,
    Verification,
)
from tests.support.calls import NOW, ORGANIZATION, end, new_call, summary, turn
from tests.support.recordings import write
from voice.audio import mulaw

CALLER = bytes(range(256)) * 40
AGENT = bytes(reversed(CALLER))
SOUND = wav_header(len(CALLER)) + mulaw.pcm(interleave(CALLER, AGENT))


@pytest.fixture
async def call_id(database: Database, store: CallStore, tmp_path: Path) -> int:
    """김철수's whole call, with its recording."""
    [customer] = await CustomerStore(database, ORGANIZATION).by_phone("+821012345678")
    call_id = await store.open(new_call(recording_path="recordings/CA1.yrec"))
    greeting = turn(
        0,
        heard="",
        input_kind="none",
        heard_started_ms=None,
        said="안녕하세요, 여보세요 모바일입니다.",
        said_started_ms=200,
        first_audio_ms=None,
    )
    await store.save_turn(call_id, greeting)
    await store.save_turn(
        call_id, turn(1, heard="김철수고요, 010-1234-5678이에요. 이월 10기가 얼마예요?")
    )
    await store.save_turn(
        call_id,
        turn(
            2,
            heard="790314",
            input_kind="keys",
            heard_started_ms=65_000,
            said="확인하고 있…",
            interrupted=True,
            first_audio_ms=1_204,
            tools=(ToolCall(name="send_sms", arguments={}, code="refused"),),
        ),
    )
    await store.save_turn(call_id, turn(3, heard="", input_kind="silence", said="여보세요?"))
    await store.request_handoff(call_id, HandoffReason.CALLER_REQUEST, "김철수 고객님이십니다.")
    await store.handoff_status(call_id, HandoffStatus.UNANSWERED)
    write(tmp_path / "recordings" / "CA1.yrec", CALLER, AGENT)
    await store.close(call_id, end(customer_id=customer.id, recording_ms=1_280))
    await finish(database, call_id)
    await store.save_summary(call_id, summary())
    return call_id


async def finish(database: Database, call_id: int) -> None:
    """What the job does."""
    folder = Path(database.engine.url.database or "").parent
    await RecordingFinisher(database, ORGANIZATION, folder).finish(call_id)


def _text(html: str) -> str:
    """What a reader reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.split("<main", 1)[1]))


async def test_the_list_is_masked_and_in_seoul_time(
    browser: httpx.AsyncClient, call_id: int
) -> None:
    page = await browser.get("/console/calls")

    for shown in (
        "오늘 14:30",
        "010-****-5678",
        "김*수",
        "이월 10GB 요금제의 요금을 문의하셨습니다.",
        "완료",
        "1분 35초",
    ):
        assert shown in _text(page.text)
    for personal in ("김철수", "01012345678", "1234-5678", "+8210"):
        assert personal not in page.text
    assert "예시 데이터" in page.text
    assert '<html lang="ko">' in page.text


async def test_outcomes_and_calls_that_go_on(browser: httpx.AsyncClient, store: CallStore) -> None:
    await store.open(new_call("CA0", caller=""))
    for outcome in Outcome:
        call_id = await store.open(new_call(f"CA-{outcome}"))
        await store.close(call_id, end(outcome=outcome))

    text = _text((await browser.get("/console/calls")).text)

    for shown in ("통화 중", "번호 표시 제한", "미확인", "완료", "상담원 연결", "중단", "실패"):
        assert shown in text
    assert text.count("요약을 준비하고 있습니다") == 4


async def test_without_calls(browser: httpx.AsyncClient) -> None:
    assert "아직 통화가 없습니다." in (await browser.get("/console/calls")).text


async def test_pages_of_fifty(browser: httpx.AsyncClient, store: CallStore) -> None:
    ids = [await store.open(new_call(f"CA{number}")) for number in range(101)]
    seen: list[int] = []
    path, pages = "/console/calls", 0
    while path:
        page = await browser.get(path)
        seen += map(int, re.findall(r'href="/console/calls/(\d+)"', page.text))
        link = re.search(r'href="([^"]*)" rel="next">더 보기', page.text)
        path, pages = (link[1].replace("&amp;", "&") if link else ""), pages + 1

    assert seen == ids[::-1]
    assert pages == 3
    assert "처음으로" in page.text


async def test_search_and_its_pages(browser: httpx.AsyncClient, store: CallStore) -> None:
    for number in range(60):
        call_id = await store.open(new_call(f"CA{number}"))
        await store.save_turn(call_id, turn(heard="로밍 되나요" if number else "시니어 & <요금>"))

    page = await browser.get("/console/calls", params={"q": " 로밍 "})
    assert page.text.count('class="reason"') == 50
    assert 'value="로밍"' in page.text
    link = re.search(r'href="([^"]*)" rel="next"', page.text)
    assert link
    page = await browser.get(link[1].replace("&amp;", "&"))
    assert page.text.count('class="reason"') == 9

    page = await browser.get("/console/calls", params={"q": "시니어 & <요금>"})
    assert page.text.count('class="reason"') == 1
    assert "<요금>" not in page.text
    page = await browser.get("/console/calls", params={"q": "없는 말"})
    assert "찾으시는 통화가 없습니다." in page.text


async def test_a_call(browser: httpx.AsyncClient, call_id: int) -> None:
    page = await browser.get(f"/console/calls/{call_id}")

    text = _text(page.text)
    for shown in (
        "이월 10GB 요금이 얼마인가요?",
        "월 50,000원입니다.",
        "약정 할인 안내 문자 발송",
        "2026년 11월 20일 (금) 14:30:15",
        "2026년 11월 20일 (금) 14:31:50",
        "발신 번호 일치",
        "5G 슬림(이월) 이월 10GB",
        "상담원 부재 · 고객 요청",
        "고객 00:04",
        "01:05",
        "첫 음성 800 ms",
        "첫 음성 1,204 ms",
        "확인하고 있 …(말 끊김)",
        "말씀 없음",
        "plan:rollover-10:fee_krw",
        "send_sms 실패",
        "버튼 입력 ******",
        "CA1",
    ):
        assert shown in text, shown
    sound = re.escape(f"/console/calls/{call_id}/recording?hearing=")
    assert re.search(f'<audio id="player" controls preload="none" src="{sound}[^"]+">', page.text)
    assert re.search(f'href="{sound}[^"]+#t=4"', page.text)


async def test_personal_data_shows_on_request_only_and_that_is_noted(
    browser: httpx.AsyncClient, call_id: int, audit: AuditLog
) -> None:
    masked = await browser.get(f"/console/calls/{call_id}")
    for personal in ("김철수", "1234-5678", "790314"):
        assert personal not in masked.text
    assert await audit.newest(5, action=Action.REVEALED) == []

    shown = await browser.get(f"/console/calls/{call_id}", params={"reveal": "1"})
    for personal in ("김철수", "010-1234-5678", "790314"):
        assert personal in shown.text
    [noted] = await audit.newest(5, action=Action.REVEALED)
    assert (noted.actor, noted.subject) == ("console:arim", "call:CA1")


async def test_a_call_without_anything(browser: httpx.AsyncClient, store: CallStore) -> None:
    call_id = await store.open(new_call())

    text = _text((await browser.get(f"/console/calls/{call_id}")).text)

    assert "통화가 끝나면 요약이 기록됩니다." in text
    assert "기록된 대화가 없습니다." in text
    assert "통화 녹음" not in text

    await store.close(call_id, end())
    text = _text((await browser.get(f"/console/calls/{call_id}")).text)
    assert "요약을 준비하고 있습니다." in text


async def test_nothing_a_caller_says_becomes_markup(
    browser: httpx.AsyncClient, store: CallStore
) -> None:
    attack = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
    call_id = await store.open(new_call(caller=attack[:32], call_sid=attack))
    await store.save_turn(
        call_id,
        turn(
            heard=attack,
            said=attack,
            fact_ids=(attack,),
            tools=(ToolCall(name=attack, arguments={}, code=attack),),
        ),
    )
    await store.request_handoff(call_id, HandoffReason.POLICY, attack)
    await store.close(call_id, end())
    question = summary().questions[0]
    hostile = type(question)(question=attack, answer=attack, fact_ids=(attack,), turn=1)
    await store.save_summary(
        call_id,
        summary(
            reason=attack,
            text=attack,
            follow_ups=(attack,),
            plan_id=attack,
            made_by=attack,
            questions=(hostile,),
        ),
    )

    for path in ("/console/calls", f"/console/calls/{call_id}", "/console/calls?q=" + attack):
        page = await browser.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text


async def test_the_whole_recording(browser: httpx.AsyncClient, call_id: int) -> None:
    answer = await browser.get(f"/console/calls/{call_id}/recording")

    assert answer.content == SOUND
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["accept-ranges"] == "bytes"
    assert "no-store" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        ("bytes=0-9", 206, SOUND[:10]),
        ("bytes=5001-", 206, SOUND[5001:]),
        ("bytes=40-46", 206, SOUND[40:47]),
        ("bytes=16043-16047", 206, SOUND[16043:16048]),
        (f"bytes=20-{len(SOUND) + 7}", 206, SOUND[20:]),
        ("bytes=-16", 206, SOUND[-16:]),
        (f"bytes={len(SOUND)}-", 416, None),
    ],
)
async def test_parts_of_the_recording(
    browser: httpx.AsyncClient, call_id: int, asked: str, status: int, expected: bytes | None
) -> None:
    answer = await browser.get(f"/console/calls/{call_id}/recording", headers={"Range": asked})

    assert answer.status_code == status
    if expected is not None:
        assert answer.content == expected
        assert answer.headers["content-range"].endswith(f"/{len(SOUND)}")


async def test_a_part_of_another_recording_is_not_mixed_with_this_one(
    browser: httpx.AsyncClient, call_id: int
) -> None:
    path = f"/console/calls/{call_id}/recording"
    tag = (await browser.get(path)).headers["etag"]
    for known, status in ((tag, 206), ('"another"', 200)):
        headers = {"Range": "bytes=0-9", "If-Range": known}
        assert (await browser.get(path, headers=headers)).status_code == status


async def test_a_recording_is_heard_when_it_is_finished(
    browser: httpx.AsyncClient, database: Database, store: CallStore, tmp_path: Path
) -> None:
    call_id = await store.open(new_call(recording_path="recordings/CA1.yrec"))
    write(tmp_path / "recordings" / "CA1.yrec", CALLER, AGENT)

    async def shown() -> tuple[int, str]:
        sound = await browser.get(f"/console/calls/{call_id}/recording")
        page = await browser.get(f"/console/calls/{call_id}")
        assert ("<audio" in page.text) == (sound.status_code == 200)
        if sound.status_code != 200:
            assert "녹음을 정리하고 있습니다" in sound.text
        return sound.status_code, _text(page.text)

    status, text = await shown()
    assert status == 409
    assert "통화가 끝나면 들을 수 있습니다." in text
    await store.close(call_id, end(recording_ms=60_000))
    status, text = await shown()
    assert status == 409
    assert "녹음을 정리하고 있습니다." in text
    await finish(database, call_id)
    status, text = await shown()
    assert status == 200
    assert "녹음의 일부가 저장되지 않았습니다." in text
    rows = RecordingStore(database, ORGANIZATION)
    await rows.finish(call_id, RecordingStatus.FINISHED, 1_280, [(0, 300), (500, 900)])
    assert "개인정보를 말한 2곳은 소리를 지웠습니다." in (await shown())[1]


async def test_a_finished_recording_that_was_cut_is_not_played(
    browser: httpx.AsyncClient, call_id: int, tmp_path: Path
) -> None:
    path = tmp_path / "recordings" / "CA1.yrec"
    path.write_bytes(path.read_bytes()[:-1])

    assert (await browser.get(f"/console/calls/{call_id}/recording")).status_code == 500


async def test_another_calls_recording_is_not_played_for_this_one(
    browser: httpx.AsyncClient, call_id: int, tmp_path: Path
) -> None:
    path = tmp_path / "recordings" / "CA1.yrec"
    path.unlink()
    write(path, CALLER, AGENT, name=recording_name(ORGANIZATION, "CA2"))

    assert (await browser.get(f"/console/calls/{call_id}/recording")).status_code == 500


@pytest.mark.parametrize(
    "path", ["../secret.wav", "/etc/hostname", "recordings/../../secret.wav", "link.wav", "", "."]
)
async def test_recordings_lie_in_the_data_directory(
    browser: httpx.AsyncClient, database: Database, store: CallStore, tmp_path: Path, path: str
) -> None:
    secret = tmp_path.parent / "secret.wav"
    secret.write_bytes(b"secret")
    (tmp_path / "link.wav").symlink_to(secret)
    call_id = await store.open(new_call(recording_path=path))
    await store.close(call_id, end(recording_ms=1_000))
    await RecordingStore(database, ORGANIZATION).finish(
        call_id, RecordingStatus.FINISHED, 1_000, ()
    )

    answer = await browser.get(f"/console/calls/{call_id}/recording")

    assert answer.status_code == 404
    assert "페이지를 찾을 수 없습니다" in answer.text


async def test_another_organizations_call_is_not_found(
    browser: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    await ensure_organization(database, "other", "다른 회사")
    other = CallStore(database, "other")
    call_id = await other.open(new_call(organization_id="other"))
    (tmp_path / "theirs.wav").write_bytes(SOUND)
    await other.close(call_id, end(recording_ms=0))

    assert (await browser.get(f"/console/calls/{call_id}")).status_code == 404
    assert (await browser.get(f"/console/calls/{call_id}/recording")).status_code == 404
    assert "아직 통화가 없습니다." in (await browser.get("/console/calls")).text


@pytest.mark.parametrize(
    "path",
    ["/calls/7", "/calls/x", "/calls/-1", "/calls/99999999999999999999", "/calls?before=x", "/no"],
)
async def test_what_is_not_there_is_told_in_korean(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get("/console" + path)

    assert answer.status_code == 404
    assert "페이지를 찾을 수 없습니다" in answer.text


async def test_the_console_begins_with_the_list(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/console", follow_redirects=True)

    assert answer.url.path == "/console/calls"


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (StorageError("unavailable", "away", retryable=True), 503, "기록을 불러올 수 없습니다"),
        (StorageError("refused", "no"), 500, "일시적인 오류가 발생했습니다"),
        (RuntimeError("secret detail"), 500, "일시적인 오류가 발생했습니다"),
    ],
)
async def test_faults_are_told_in_korean_and_without_details(
    browser: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    words: str,
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(CallStore, "list", fail)

    answer = await browser.get("/console/calls")

    assert answer.status_code == status
    assert words in answer.text
    assert str(error) not in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]


async def test_every_answer_is_guarded_and_nothing_comes_from_elsewhere(
    browser: httpx.AsyncClient, call_id: int
) -> None:
    paths = ("/sign-in", "/calls", f"/calls/{call_id}", "/no", "/static/console.css")
    for path in paths:
        answer = await browser.get("/console" + path)
        assert answer.headers["content-security-policy"].startswith("default-src 'self';")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text)
        assert not re.search(r"<(?:script>|style)|\sstyle=|\son\w+=", answer.text)
        if not path.startswith("/static"):
            assert answer.headers["cache-control"] == "no-store"
            for asset in re.findall(r'(?:src|href)="(/console/static/[^"]*)"', answer.text):
                assert (await browser.get(asset)).status_code == 200


async def test_longer_ago(browser: httpx.AsyncClient, store: CallStore) -> None:
    for sid, days in (("CA1", 400), ("CA2", 30), ("CA3", 1)):
        await store.open(new_call(sid, started_at=NOW - timedelta(days=days)))

    text = _text((await browser.get("/console/calls")).text)

    assert "어제 14:30" in text
    assert "10월 21일 14:30" in text
    assert "2025년 10월 16일 14:30" in text


def test_each_verification_has_its_words(console: FastAPI) -> None:
    from console.show import HANDOFF_REASONS, HANDOFF_STATUSES, OUTCOMES, VERIFICATIONS

    assert set(VERIFICATIONS) == set(Verification)
    assert set(OUTCOMES) == set(Outcome)
    assert set(HANDOFF_REASONS) == set(HandoffReason)
    assert set(HANDOFF_STATUSES) == set(HandoffStatus)
