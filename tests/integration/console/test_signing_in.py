"""Who gets in, who does not, and how long they stay."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from console.auth import ATTEMPTS, SESSION_LENGTH, WINDOW
from storage.calls import CallStore
from storage.database import Database
from storage.records import Role
from storage.users import UserStore
from tests.integration.console.conftest import NAME, PASSWORD, Clock, sign_in, token_in
from tests.support.calls import NOW, ORGANIZATION, new_call

PUBLIC = {"/", "/sign-in"}


async def test_every_page_but_the_form_needs_a_user(
    console: FastAPI, stranger: httpx.AsyncClient, store: CallStore
) -> None:
    await store.open(new_call())
    tried = set()
    for path, methods in console.openapi()["paths"].items():
        if path in PUBLIC:
            continue
        for method in methods:
            answer = await stranger.request(method, "/console" + path.replace("{call_id}", "1"))
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/console/sign-in")
            tried.add(path)
    assert {"/calls", "/calls/{call_id}", "/calls/{call_id}/recording"} <= tried


async def test_a_user_signs_in_and_out(stranger: httpx.AsyncClient) -> None:
    answer = await sign_in(stranger)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/calls")
    cookie = next(
        line for line in answer.headers.get_list("set-cookie") if "__Host-yeoboseyo=" in line
    )
    for needed in ("HttpOnly", "Secure", "SameSite=lax", "Path=/", f"Max-Age={12 * 3600}"):
        assert needed in cookie

    page = await stranger.get("/console/calls")
    assert page.status_code == 200
    assert NAME in page.text

    session = stranger.cookies["__Host-yeoboseyo"]
    answer = await stranger.post("/console/sign-out", data={"token": token_in(page.text)})
    assert answer.headers["location"] == "/console/sign-in"
    assert "__Host-yeoboseyo" not in stranger.cookies
    kept = httpx.Cookies({"__Host-yeoboseyo": session})
    stranger.cookies = kept
    assert (await stranger.get("/console/calls")).status_code == 303


async def test_only_a_hash_of_the_token_is_stored(
    browser: httpx.AsyncClient, database: Database
) -> None:
    users = UserStore(database, ORGANIZATION)

    assert await users.signed_in(browser.cookies["__Host-yeoboseyo"], NOW) is None


@pytest.mark.parametrize(
    ("name", "password"), [(NAME, "wrong password"), ("nobody", PASSWORD), ("", ""), (NAME, "")]
)
async def test_wrong_names_and_passwords_read_alike(
    stranger: httpx.AsyncClient, name: str, password: str
) -> None:
    answer = await sign_in(stranger, name=name, password=password)

    assert answer.status_code == 401
    assert "사용자 이름 또는 비밀번호가 맞지 않습니다." in answer.text
    assert "__Host-yeoboseyo" not in stranger.cookies


async def test_a_password_is_the_same_however_its_letters_are_composed(
    stranger: httpx.AsyncClient,
) -> None:
    import unicodedata

    answer = await sign_in(stranger, password=unicodedata.normalize("NFD", PASSWORD))

    assert answer.status_code == 303


async def test_an_unknown_name_costs_the_same_work(
    stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from console import auth

    checked: list[str] = []
    verify = auth._verify

    def counting(password_hash: str, password: str) -> bool:
        checked.append(password_hash)
        return verify(password_hash, password)

    monkeypatch.setattr(auth, "_verify", counting)
    await sign_in(stranger, name="nobody")
    await sign_in(stranger, password="wrong password")

    assert len(checked) == 2
    assert checked[0].rsplit("$", 2)[0] == checked[1].rsplit("$", 2)[0]


async def test_guessing_is_stopped_for_a_while(stranger: httpx.AsyncClient, clock: Clock) -> None:
    for _ in range(ATTEMPTS):
        assert (await sign_in(stranger, password="guess")).status_code == 401

    answer = await sign_in(stranger)
    assert answer.status_code == 429
    assert "5분 뒤에" in answer.text
    assert (await sign_in(stranger, name=NAME.upper())).status_code == 429
    assert (await sign_in(stranger, name="other")).status_code == 401

    clock.now += WINDOW
    assert (await sign_in(stranger)).status_code == 303


async def test_a_session_ends(browser: httpx.AsyncClient, clock: Clock) -> None:
    clock.now += SESSION_LENGTH - timedelta(seconds=1)
    assert (await browser.get("/console/calls")).status_code == 200

    clock.now += timedelta(seconds=1)
    assert (await browser.get("/console/calls")).status_code == 303


async def test_forms_from_elsewhere_are_refused(stranger: httpx.AsyncClient) -> None:
    answer = await sign_in(stranger, token="made up")
    assert answer.status_code == 403
    assert "만료되었습니다" in answer.text

    stranger.cookies.clear()
    fields = {"name": NAME, "password": PASSWORD}
    assert (await stranger.post("/console/sign-in", data=fields)).status_code == 403
    fields["token"] = ""
    assert (await stranger.post("/console/sign-in", data=fields)).status_code == 403

    await sign_in(stranger)
    assert (await stranger.post("/console/sign-out")).status_code == 403
    forged = await stranger.post("/console/sign-out", data={"token": "made up"})
    assert forged.status_code == 403
    assert (await stranger.get("/console/calls")).status_code == 200


async def test_one_goes_on_where_one_wanted_to_go(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/console/calls/7")
    assert answer.headers["location"] == "/console/sign-in?next=%2Fcalls%2F7"
    form = await stranger.get(answer.headers["location"])
    assert 'name="next" value="/calls/7"' in form.text

    answer = await sign_in(stranger, next="/calls/7")

    assert answer.headers["location"] == "/console/calls/7"


@pytest.mark.parametrize(
    "path", ["//evil.test", "https://evil.test", "/\\evil.test", "@evil.test", "/calls/7\r\nX: y"]
)
async def test_one_never_leaves_the_console(stranger: httpx.AsyncClient, path: str) -> None:
    answer = await sign_in(stranger, next=path)

    assert answer.headers["location"] == "/console/calls"


async def test_huge_and_odd_forms_are_refused(stranger: httpx.AsyncClient) -> None:
    huge = await stranger.post("/console/sign-in", content=b"a" * 20_000)
    assert huge.status_code == 413
    odd = await stranger.post("/console/sign-in", content=b"name=\xff\xfe&" + b"a&" * 50)
    assert odd.status_code == 400
    assert "요청을 이해하지 못했습니다" in odd.text


async def test_another_organizations_user_is_a_stranger(
    stranger: httpx.AsyncClient, database: Database
) -> None:
    from console.auth import hash_password
    from storage.organizations import ensure_organization

    await ensure_organization(database, "other", "다른 회사")
    users = UserStore(database, "other")
    await users.add("theirs", hash_password(PASSWORD), NOW, role=Role.ADMIN, by="test")

    assert (await sign_in(stranger, name="theirs")).status_code == 401
