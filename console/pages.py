"""The console's pages and forms."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.auth import SESSION_LENGTH, TooManyGuesses, form_token, new_token, same
from console.render import base_path, render
from console.show import call_detail, call_line
from console.similar import similar_lines, similar_to
from console.state import Console
from storage.audit import Action
from storage.records import StoredCall, User
from storage.users import actor_of

PAGE_SIZE = 50
MAX_SEARCH = 100
"""Characters."""
_MAX_FORM = 10_000
"""Bytes; a stranger's form is read into memory."""
_MAX_ID = 2**63 - 1
_NEXT = re.compile(r"/calls(/\d{1,19})?")


class NotSignedInError(Exception):
    """The page needs a user; answered with the way to the sign-in form."""


def get_console(request: Request) -> Console:
    """What the console was made with."""
    console: Console = request.app.state.console
    return console


ConsoleDep = Annotated[Console, Depends(get_console)]


class NotPermittedError(Exception):
    """The user's role does not allow it."""


async def require_user(request: Request, console: ConsoleDep) -> User:
    """The signed-in user. Raises NotSignedInError."""
    token = request.cookies.get(console.session_cookie, "")
    user = await console.authenticator.user(token)
    if user is None:
        raise NotSignedInError
    request.state.user = user
    request.state.form_token = form_token(token)
    return user


UserDep = Annotated[User, Depends(require_user)]


async def require_permission(user: UserDep) -> User:
    """The signed-in user, who may see personal data. Raises NotPermittedError."""
    if not user.role.sees_personal:
        raise NotPermittedError
    return user


PermittedDep = Annotated[User, Depends(require_permission)]

public = APIRouter()
private = APIRouter(dependencies=[Depends(require_user)])


@public.get("/")
async def index(request: Request) -> Response:
    """The console begins with the list."""
    return _redirect(request, "/calls")


@public.get("/sign-in")
async def sign_in_form(request: Request, console: ConsoleDep) -> Response:
    """The form, with a token that is also set as a cookie: only our own form knows both."""
    token = request.cookies.get(console.form_cookie) or new_token()
    return _sign_in_page(request, console, token=token)


@public.post("/sign-in")
async def sign_in(request: Request, console: ConsoleDep) -> Response:
    """Sign in, and go where the user wanted to go."""
    form = await _form(request)
    token = request.cookies.get(console.form_cookie, "")
    if not same(token, form.get("token", "")):
        return _sign_in_page(
            request,
            console,
            token=token or new_token(),
            error="로그인 화면이 만료되었습니다. 다시 로그인해 주세요.",
            status=403,
        )
    name = form.get("name", "")
    try:
        session = await console.authenticator.sign_in(name, form.get("password", ""))
    except TooManyGuesses:
        error = "로그인 시도가 너무 많았습니다. 5분 뒤에 다시 시도해 주세요."
        return _sign_in_page(request, console, token=token, error=error, name=name, status=429)
    if session is None:
        error = "사용자 이름 또는 비밀번호가 맞지 않습니다."
        return _sign_in_page(request, console, token=token, error=error, name=name, status=401)
    response = _redirect(request, _inside(form.get("next", "")))
    _set_cookie(response, console, console.session_cookie, session, "lax")
    response.delete_cookie(console.form_cookie, secure=console.secure_cookies, httponly=True)
    return response


@private.post("/sign-out")
async def sign_out(request: Request, console: ConsoleDep, user: UserDep) -> Response:
    """End the session here and in the browser."""
    form = await _form(request)
    if not same(request.state.form_token, form.get("token", "")):
        raise HTTPException(403)
    await console.authenticator.sign_out(user, request.cookies[console.session_cookie])
    response = _redirect(request, "/sign-in")
    response.delete_cookie(console.session_cookie, secure=console.secure_cookies, httponly=True)
    return response


@private.get("/calls")
async def calls(request: Request, console: ConsoleDep, q: str = "", before: str = "") -> Response:
    """The newest calls, or those that mention `q`; `before` continues a page."""
    search = q.strip()[:MAX_SEARCH]
    found = await console.calls.list(
        PAGE_SIZE + 1, before_id=_id(before) if before else None, search=search or None
    )
    shown = found[:PAGE_SIZE]
    more = ""
    if len(found) > PAGE_SIZE:
        query = {"before": str(shown[-1].id)} | ({"q": search} if search else {})
        more = urlencode(query)
    now = console.clock()
    return render(
        request,
        "calls.html",
        lines=[call_line(call, now) for call in shown],
        search=search,
        similar=await similar_lines(console, search) if search and not before else (),
        continued=bool(before),
        more=more,
    )


@private.get("/calls/{call_id}")
async def call(
    request: Request, console: ConsoleDep, user: UserDep, call_id: str, reveal: str = ""
) -> Response:
    """A call with its summary and transcript; `reveal=1` shows personal data, and is noted."""
    stored, revealed = await _call(console, call_id), None
    handoff = await console.calls.handoff(stored.id)
    if reveal == "1":
        await require_permission(user)
        revealed = await console.revealed.get(stored.id, actor=actor_of(user))
    if revealed is not None:
        stored, handoff = revealed.call, revealed.handoff
    detail = call_detail(
        stored,
        handoff,
        console.clock(),
        plan_names=console.plan_names,
        recording=await console.recordings.get(stored.id),
    )
    similar = await similar_to(console, stored)
    permitted = user.role.sees_personal
    return render(
        request,
        "call.html",
        call=detail,
        similar=similar,
        revealed=revealed is not None,
        permitted=permitted,
        hearing=console.hearings.page(user.id, stored.id) if permitted else "",
    )


@private.get("/calls/{call_id}/recording")
async def recording(
    request: Request, console: ConsoleDep, user: PermittedDep, call_id: str, hearing: str = ""
) -> Response:
    """The call's sound; answers ranges, so that a player can seek. Each hearing is noted."""
    stored = await _call(console, call_id)
    found = await console.recordings.get(stored.id)
    if found is None:
        raise HTTPException(404)
    response = await console.player.play(request, found, f"call-{stored.id}.wav")
    if console.hearings.begins(hearing, user.id, stored.id):
        await console.audit.append(actor_of(user), Action.LISTENED, f"call:{stored.call_sid}")
    return response


async def _call(console: Console, call_id: str) -> StoredCall:
    found = await console.calls.get(_id(call_id))
    if found is None:
        raise HTTPException(404)
    return found


def _id(text: str) -> int:
    """A row's id from an address. Raises 404 where it cannot be one."""
    if not re.fullmatch(r"[0-9]{1,19}", text) or int(text) > _MAX_ID:
        raise HTTPException(404)
    return int(text)


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_FORM:
            raise HTTPException(413)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError as error:
        raise HTTPException(400) from error


def _sign_in_page(
    request: Request,
    console: Console,
    *,
    token: str,
    error: str = "",
    name: str = "",
    status: int = 200,
) -> Response:
    response = render(
        request,
        "sign_in.html",
        status=status,
        token=token,
        error=error,
        name=name,
        next=request.query_params.get("next", ""),
    )
    _set_cookie(response, console, console.form_cookie, token, "strict")
    return response


def _set_cookie(response: Response, console: Console, name: str, value: str, same: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(SESSION_LENGTH.total_seconds()),
        path="/",
        secure=console.secure_cookies,
        httponly=True,
        samesite="strict" if same == "strict" else "lax",
    )


def _inside(path: str) -> str:
    """Where to go after signing in: never out of the console."""
    return path if _NEXT.fullmatch(path) else "/calls"


def _redirect(request: Request, path: str) -> RedirectResponse:
    return RedirectResponse(base_path(request) + path, status_code=303)


def to_sign_in(request: Request) -> Response:
    """The way to the sign-in form, and back again afterwards."""
    path = request.url.path.removeprefix(base_path(request))
    query = f"?{urlencode({'next': path})}" if _NEXT.fullmatch(path) else ""
    return _redirect(request, f"/sign-in{query}")
