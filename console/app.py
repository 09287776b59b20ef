"""The console as an app to mount: signs users in and shows the calls of one organization."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from console import pages
from console.auth import Authenticator
from console.listening import Hearings
from console.recordings import Player
from console.render import SecurityHeaders, render
from console.state import Console, Similar
from storage.audit import AuditLog
from storage.calls import CallStore
from storage.clear import RevealedCalls
from storage.database import Database
from storage.errors import StorageError
from storage.recordings.rows import RecordingStore
from storage.users import UserStore

_MESSAGES = {
    400: ("요청을 이해하지 못했습니다", "주소나 입력하신 내용을 다시 확인해 주세요."),
    403: ("처리할 수 없는 요청입니다", "화면을 새로 고친 뒤 다시 시도해 주세요."),
    404: ("페이지를 찾을 수 없습니다", "주소가 바뀌었거나 없는 통화일 수 있습니다."),
    405: ("처리할 수 없는 요청입니다", "통화 목록에서 다시 시작해 주세요."),
    409: ("아직 들을 수 없는 녹음입니다", "녹음을 정리하고 있습니다. 잠시 후 다시 열어 주세요."),
    413: ("내용이 너무 깁니다", "입력하신 내용을 줄여서 다시 시도해 주세요."),
    500: (
        "일시적인 오류가 발생했습니다",
        "잠시 후 다시 시도해 주세요. 통화는 안전하게 저장됩니다.",
    ),
    503: ("지금은 기록을 불러올 수 없습니다", "잠시 후 다시 시도해 주세요."),
}

_NOT_PERMITTED = (
    "이 내용을 볼 권한이 없습니다",
    "개인정보와 녹음은 권한이 있는 분만 확인하실 수 있습니다. 관리자에게 요청해 주세요.",
)


def create_console(
    database: Database,
    organization_id: str,
    organization_name: str,
    data_dir: Path,
    *,
    pcm: Callable[[bytes], bytes],
    sample: bool,
    secure_cookies: bool,
    clock: Callable[[], datetime],
    similar: Similar,
    plan_names: Mapping[str, str] = MappingProxyType({}),
) -> FastAPI:
    """The console of one organization, to be mounted at `/console` or wherever.

    `data_dir` holds the recordings, whose µ-law `pcm` turns into 16-bit samples.
    `secure_cookies` must be True behind HTTPS. `clock` gives the date, aware. `similar` finds
    cases that resemble a question. `plan_names` turns plans' ids into what people call them.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.console = Console(
        calls=CallStore(database, organization_id, clock=clock),
        revealed=RevealedCalls(database, organization_id, clock=clock),
        authenticator=Authenticator(UserStore(database, organization_id), clock=clock),
        audit=AuditLog(database, organization_id, clock),
        hearings=Hearings(clock),
        organization_name=organization_name,
        recordings=RecordingStore(database, organization_id),
        player=Player(data_dir=data_dir, vault=database.vault, pcm=pcm),
        sample=sample,
        secure_cookies=secure_cookies,
        clock=clock,
        similar=similar,
        plan_names=dict(plan_names),
    )
    app.add_middleware(SecurityHeaders)
    app.include_router(pages.public)
    app.include_router(pages.private)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    app.add_exception_handler(pages.NotSignedInError, _not_signed_in)
    app.add_exception_handler(pages.NotPermittedError, _not_permitted)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(StorageError, _not_stored)
    app.add_exception_handler(Exception, _failed)
    return app


async def _not_signed_in(request: Request, _error: Exception) -> Response:
    return pages.to_sign_in(request)


async def _not_permitted(request: Request, _error: Exception) -> Response:
    title, text = _NOT_PERMITTED
    return render(request, "message.html", status=403, title=title, text=text, code=403)


async def _not_valid(request: Request, _error: Exception) -> Response:
    return _message(request, 400)


async def _refused(request: Request, error: Exception) -> Response:
    return _message(request, error.status_code if isinstance(error, HTTPException) else 500)


async def _not_stored(request: Request, error: Exception) -> Response:
    if isinstance(error, StorageError) and error.retryable:
        return _message(request, 503)
    raise error


async def _failed(request: Request, _error: Exception) -> Response:
    return _message(request, 500)


def _message(request: Request, status: int) -> Response:
    title, text = _MESSAGES.get(status, _MESSAGES[400 if status < 500 else 500])
    return render(request, "message.html", status=status, title=title, text=text, code=status)
