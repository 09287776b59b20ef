"""Users, and the browsers that are signed in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage.audit import Action, AuditLog
from storage.database import Database
from storage.errors import StorageError
from storage.organizations import ensure_organization
from storage.records import Role
from storage.users import UserStore
from tests.support.calls import NOW, ORGANIZATION

HOUR = timedelta(hours=1)


@pytest.fixture
def users(database: Database) -> UserStore:
    """The sample organization's users."""
    return UserStore(database, ORGANIZATION)


async def test_users_come_and_go(users: UserStore) -> None:
    await users.add("minji", "hash-2", NOW, role=Role.SUPERVISOR, by="test")
    await users.add("arim", "hash-1", NOW, role=Role.SUPERVISOR, by="test")

    assert [user.name for user in await users.all()] == ["arim", "minji"]
    found = await users.credentials("arim")
    assert found is not None
    assert (found[0].name, found[0].created_at, found[1]) == ("arim", NOW, "hash-1")
    assert await users.credentials("nobody") is None

    assert await users.remove("arim", NOW, by="test")
    assert not await users.remove("arim", NOW, by="test")
    assert [user.name for user in await users.all()] == ["minji"]


async def test_a_name_is_taken_once(users: UserStore) -> None:
    await users.add("arim", "hash-1", NOW, role=Role.SUPERVISOR, by="test")

    with pytest.raises(StorageError) as caught:
        await users.add("arim", "hash-2", NOW, role=Role.SUPERVISOR, by="test")

    assert caught.value.code == "user_exists"


async def test_users_need_an_organization(database: Database) -> None:
    nobody = UserStore(database, "nobody")
    with pytest.raises(StorageError) as caught:
        await nobody.add("arim", "hash", NOW, role=Role.ADMIN, by="test")
    assert caught.value.code == "unknown_organization"


async def test_a_browser_stays_signed_in_for_a_time(users: UserStore) -> None:
    await users.add("arim", "hash", NOW, role=Role.SUPERVISOR, by="test")
    [user] = await users.all()
    await users.sign_in(user, "t1", now=NOW, expires_at=NOW + HOUR)

    assert await users.signed_in("t1", NOW) == user
    assert await users.signed_in("t1", NOW + HOUR) is None
    assert await users.signed_in("t2", NOW) is None

    await users.sign_out(user, "t1", NOW)
    assert await users.signed_in("t1", NOW) is None


async def test_removed_users_are_signed_out(users: UserStore) -> None:
    await users.add("arim", "hash", NOW, role=Role.SUPERVISOR, by="test")
    [user] = await users.all()
    await users.sign_in(user, "t1", now=NOW, expires_at=NOW + HOUR)

    await users.remove("arim", NOW, by="test")

    assert await users.signed_in("t1", NOW) is None


async def test_another_organization_knows_neither_user_nor_browser(
    database: Database, users: UserStore
) -> None:
    await ensure_organization(database, "other", "다른 회사")
    other = UserStore(database, "other")
    await users.add("arim", "hash", NOW, role=Role.SUPERVISOR, by="test")
    [user] = await users.all()
    await users.sign_in(user, "t1", now=NOW, expires_at=NOW + HOUR)

    assert await other.credentials("arim") is None
    assert await other.signed_in("t1", NOW) is None
    assert not await other.remove("arim", NOW, by="test")
    await other.sign_out(user, "t1", NOW)
    with pytest.raises(StorageError):
        await other.sign_in(user, "t2", now=NOW, expires_at=NOW + HOUR)

    assert await users.signed_in("t1", NOW) == user


async def test_a_hash_is_renewed(users: UserStore) -> None:
    await users.add("arim", "old", NOW, role=Role.SUPERVISOR, by="test")
    [user] = await users.all()

    await users.change_hash(user.id, "new")

    assert await users.credentials("arim") == (user, "new")


async def test_roles_change_and_all_of_it_is_noted(database: Database, users: UserStore) -> None:
    await users.add("arim", "hash", NOW, role=Role.REVIEWER, by="command:root")
    [user] = await users.all()
    assert user.role is Role.REVIEWER

    assert await users.change_role("arim", Role.SUPERVISOR, NOW, by="command:root")
    assert await users.change_role("arim", Role.SUPERVISOR, NOW, by="command:root")
    assert not await users.change_role("nobody", Role.ADMIN, NOW, by="command:root")
    [user] = await users.all()
    assert user.role is Role.SUPERVISOR
    await users.sign_in(user, "t1", now=NOW, expires_at=NOW + HOUR)
    await users.sign_in_failed("arim", NOW)
    await users.sign_in_failed(None, NOW)
    await users.sign_out(user, "t1", NOW)
    await users.sign_out(user, "t1", NOW)
    await users.remove("arim", NOW, by="command:root")

    entries = await AuditLog(database, ORGANIZATION, lambda: NOW).newest(20)
    assert [(entry.actor, entry.action, entry.subject) for entry in reversed(entries)] == [
        ("command:root", Action.USER_ADDED, "user:arim"),
        ("command:root", Action.ROLE_CHANGED, "user:arim"),
        ("console:arim", Action.SIGNED_IN, "user:arim"),
        ("console", Action.SIGN_IN_FAILED, "user:arim"),
        ("console", Action.SIGN_IN_FAILED, "user:?"),
        ("console:arim", Action.SIGNED_OUT, "user:arim"),
        ("command:root", Action.USER_REMOVED, "user:arim"),
    ]
    assert entries[5].details == {"before": "reviewer", "role": "supervisor"}
