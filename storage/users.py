"""Who may sign in to the console, and the browsers that are signed in.

Whatever changes here is in the audit log; `by` and `now` say who changes it, and when (UTC).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.audit import Action, append
from storage.database import Database, affected, reference
from storage.errors import StorageError
from storage.models import UserRow, UserSessionRow
from storage.records import Role, User


class UserStore:
    """An organization's users. Knows hashes only: no password and no token is stored."""

    def __init__(self, database: Database, organization_id: str) -> None:
        self._database = database
        self._organization_id = organization_id

    async def add(
        self, name: str, password_hash: str, now: datetime, *, role: Role, by: str
    ) -> None:
        """Add a user; `by` is who does so. Raises StorageError `user_exists`,
        `unknown_organization`.
        """
        async with self._database.write(self._organization_id) as session:
            if await session.scalar(select(UserRow.id).where(UserRow.name == name)) is not None:
                raise StorageError("user_exists", f"there is a user {name} already")
            with reference("unknown_organization", f"no organization {self._organization_id}"):
                session.add(
                    UserRow(name=name, password_hash=password_hash, created_at=now, role=role)
                )
                await session.flush()
            await _note(session, now, by, Action.USER_ADDED, name, role=role)

    async def all(self) -> list[User]:
        """All users by name."""
        async with self._database.read(self._organization_id) as session:
            rows = await session.scalars(select(UserRow).order_by(UserRow.name))
            return [_to_user(row) for row in rows]

    async def remove(self, name: str, now: datetime, *, by: str) -> bool:
        """Remove a user and sign out all browsers of theirs; False when there was none."""
        async with self._database.write(self._organization_id) as session:
            removed = await affected(session, delete(UserRow).where(UserRow.name == name)) > 0
            if removed:
                await _note(session, now, by, Action.USER_REMOVED, name)
            return removed

    async def change_role(self, name: str, role: Role, now: datetime, *, by: str) -> bool:
        """Let a user do more or less, from their next page on; False when there is none."""
        async with self._database.write(self._organization_id) as session:
            row = await session.scalar(select(UserRow).where(UserRow.name == name))
            if row is None:
                return False
            if row.role != role:
                await _note(session, now, by, Action.ROLE_CHANGED, name, before=row.role, role=role)
                row.role = role
            return True

    async def credentials(self, name: str) -> tuple[User, str] | None:
        """A user and the hash of their password."""
        async with self._database.read(self._organization_id) as session:
            row = await session.scalar(select(UserRow).where(UserRow.name == name))
            return None if row is None else (_to_user(row), row.password_hash)

    async def change_hash(self, user_id: int, password_hash: str) -> None:
        """Store the same password's hash anew, as when hashing became harder."""
        async with self._database.write(self._organization_id) as session:
            row = await session.get(UserRow, user_id)
            if row is not None:
                row.password_hash = password_hash

    async def sign_in(
        self, user: User, token_sha256: str, *, now: datetime, expires_at: datetime
    ) -> None:
        """Remember a signed-in browser, and forget those whose time is over."""
        async with self._database.write(self._organization_id) as session:
            await session.execute(delete(UserSessionRow).where(UserSessionRow.expires_at <= now))
            session.add(
                UserSessionRow(user_id=user.id, token_sha256=token_sha256, expires_at=expires_at)
            )
            await _note(session, now, actor_of(user), Action.SIGNED_IN, user.name)

    async def sign_in_failed(self, name: str | None, now: datetime) -> None:
        """Note that somebody gave a wrong password for a user, or (None) a name that is nobody's.

        The name given then is not kept: people type passwords into the wrong field.
        """
        async with self._database.write(self._organization_id) as session:
            await _note(session, now, "console", Action.SIGN_IN_FAILED, name or "?")

    async def signed_in(self, token_sha256: str, now: datetime) -> User | None:
        """Who is signed in with a token, while it lasts."""
        async with self._database.read(self._organization_id) as session:
            row = await session.scalar(
                select(UserRow)
                .join(UserSessionRow, UserSessionRow.user_id == UserRow.id)
                .where(UserSessionRow.token_sha256 == token_sha256, UserSessionRow.expires_at > now)
            )
            return None if row is None else _to_user(row)

    async def sign_out(self, user: User, token_sha256: str, now: datetime) -> None:
        """Forget a browser."""
        async with self._database.write(self._organization_id) as session:
            forgotten = await affected(
                session, delete(UserSessionRow).where(UserSessionRow.token_sha256 == token_sha256)
            )
            if forgotten:
                await _note(session, now, actor_of(user), Action.SIGNED_OUT, user.name)


def actor_of(user: User) -> str:
    """A user of the console, as the audit log names them."""
    return f"console:{user.name}"


async def _note(
    session: AsyncSession, at: datetime, actor: str, action: Action, name: str, **details: str
) -> None:
    await append(
        session, at=at, actor=actor, action=action, subject=f"user:{name}", details=details
    )


def _to_user(row: UserRow) -> User:
    return User(id=row.id, name=row.name, created_at=row.created_at, role=Role(row.role))
