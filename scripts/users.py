"""`yeoboseyo users`: who may sign in to the console."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from console.auth import MAX_NAME, MAX_PASSWORD, MIN_PASSWORD, hash_password, plain_name
from settings import Settings
from storage.audit import command_actor
from storage.errors import StorageError
from storage.organizations import ensure_organization
from storage.records import Role
from storage.users import UserStore
from stores import open_database

app = typer.Typer(help="Manage who may sign in to the console.", no_args_is_help=True)

_T = TypeVar("_T")
Name = Annotated[str, typer.Argument(help="The user's name, as typed when signing in.")]


@app.command()
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="What the user may do.")] = Role.REVIEWER,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Add a user; asks for the password twice. Reviewers see calls masked, and hear nothing."""
    name = plain_name(name)
    if not 1 <= len(name) <= MAX_NAME:
        raise typer.BadParameter(f"A name has 1 to {MAX_NAME} characters.")
    password = _password(from_stdin=password_stdin)

    async def work() -> None:
        async with _users() as users:
            await users.add(
                name, hash_password(password), datetime.now(UTC), role=role, by=command_actor()
            )

    _run(work())
    typer.echo(f"{name} may sign in now, as {role}.")


@app.command("list")
def list_users() -> None:
    """List all users."""

    async def work() -> None:
        async with _users() as users:
            for user in await users.all():
                typer.echo(f"{user.name}\t{user.role}\tsince {user.created_at:%Y-%m-%d}")

    _run(work())


@app.command()
def remove(name: Name) -> None:
    """Remove a user, and sign out all browsers of theirs."""
    name = plain_name(name)

    async def work() -> bool:
        async with _users() as users:
            return await users.remove(name, datetime.now(UTC), by=command_actor())

    if not _run(work()):
        _fail(f"There is no user {name}.")
    typer.echo(f"{name} may not sign in any more.")


@app.command("role")
def change_role(
    name: Name, role: Annotated[Role, typer.Argument(help="What the user may do from now on.")]
) -> None:
    """Change what a user may do."""
    name = plain_name(name)

    async def work() -> bool:
        async with _users() as users:
            return await users.change_role(name, role, datetime.now(UTC), by=command_actor())

    if not _run(work()):
        _fail(f"There is no user {name}.")
    typer.echo(f"{name} is {role} now.")


@asynccontextmanager
async def _users() -> AsyncIterator[UserStore]:
    settings = Settings()
    database = open_database(settings)
    try:
        await database.migrate()
        await ensure_organization(database, settings.organization, settings.organization_name)
        yield UserStore(database, settings.organization)
    finally:
        await database.close()


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        _fail(f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.")
    return password


def _run(work: Coroutine[Any, Any, _T]) -> _T:
    try:
        return asyncio.run(work)
    except StorageError as error:
        _fail(error.message)


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
