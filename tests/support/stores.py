"""Finds every store of an organization, and makes arguments for any of its methods."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

import storage
from storage.audit import AuditLog
from storage.database import Database
from storage.periods import Periods
from storage.records import Role, User
from tests.support.calls import NOW

MOST_ID = 9
"""Ids are drawn up to here: those of both organizations, and some of nobody."""
KEYS = ("CA1", "CA2", "CA3", "+821012345678", "arim", "slim-14")
"""Names that both organizations use."""


_ENDLESS = {"Retention.keep"}
"""They call others of the same store until they are cancelled."""


@dataclass(frozen=True)
class Method:
    """A public method of a store."""

    store: type[Any]
    name: str

    def __str__(self) -> str:
        return f"{self.store.__name__}.{self.name}"

    @property
    def function(self) -> Callable[..., Any]:
        """The function itself, without its object."""
        function: Callable[..., Any] = getattr(self.store, self.name)
        return function


def stores() -> list[type[Any]]:
    """All classes in `storage` that are made of a database and an organization's id."""
    found = set()
    for module in pkgutil.walk_packages(storage.__path__, "storage."):
        if ".migrations" in module.name:
            continue
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if kind.__module__ == module.name and inspect.isfunction(kind.__init__):
                # As they are written: models' own constructors cannot be resolved.
                _, *given = inspect.signature(kind.__init__).parameters.values()
                if [parameter.annotation for parameter in given[:2]] == ["Database", "str"]:
                    found.add(kind)
    return sorted(found, key=lambda kind: str(kind.__name__))


def methods() -> list[Method]:
    """All public coroutine methods of all stores that come to an end by themselves."""
    found = [
        Method(store, name)
        for store in stores()
        for name, _ in inspect.getmembers(store, inspect.iscoroutinefunction)
        if not name.startswith("_")
    ]
    return [method for method in found if str(method) not in _ENDLESS]


class NoCases:
    """An index of similar cases that is empty."""

    async def forget(self, call_ids: Collection[int]) -> None:
        """Nothing is there."""

    async def ids(self) -> set[int]:
        """Nothing is there."""
        return set()


def open_store(kind: type[Any], database: Database, organization_id: str, folder: Path) -> Any:
    """A store; what else it needs belongs to the same organization, its files lie in the folder."""
    hints = get_type_hints(kind.__init__)
    _, _, *more = inspect.signature(kind).parameters.values()
    given = {}
    for parameter in more:
        hint = hints[parameter.name]
        if parameter.default is not parameter.empty:
            continue
        if hint in stores():
            given[parameter.name] = open_store(hint, database, organization_id, folder)
        elif parameter.name == "audit":
            given[parameter.name] = AuditLog(database, organization_id, clock=lambda: NOW)
        elif parameter.name == "cases":
            given[parameter.name] = NoCases()
        else:
            given[parameter.name] = {
                Path: folder,
                Periods: Periods(),
                User: User(id=1, name="arim", created_at=NOW, role=Role.ADMIN),
                Callable[[], datetime]: lambda: NOW,
                Callable[[bytes], bytes]: lambda sound: sound,
            }[hint]
    return kind(database, organization_id, **given)


def arguments(
    method: Method, organization: str, words: str, folder: Path
) -> st.SearchStrategy[dict[str, Any]]:
    """Any arguments for a method; free text holds `words`, by which its author is known.

    A session is left out: who calls has to open one.
    """
    hints = get_type_hints(method.function)
    given = {}
    for parameter in list(inspect.signature(method.function).parameters.values())[1:]:
        hint = hints[parameter.name]
        if hint is not AsyncSession:
            given[parameter.name] = _of(hint, parameter.name, _Author(organization, words, folder))
    return st.fixed_dictionaries(given)


@dataclass(frozen=True)
class _Author:
    organization: str
    words: str
    folder: Path


def _of(hint: Any, name: str, author: _Author) -> st.SearchStrategy[Any]:
    """Values of a type, for something of this name."""
    origin, inner = get_origin(hint), get_args(hint)

    def parts() -> st.SearchStrategy[list[Any]]:
        return st.lists(_of(inner[0], name, author), max_size=3)

    if dataclasses.is_dataclass(hint):
        made = _record(hint, author)
    elif origin in (Union, types.UnionType):
        made = st.one_of(*(_of(kind, name, author) for kind in inner if kind is not AsyncSession))
    elif origin is Literal:
        made = st.sampled_from(inner)
    elif origin in (list, Sequence, Collection, Iterable):
        made = parts()
    elif origin in (set, frozenset):
        made = parts().map(origin)
    elif origin is tuple and inner[1:] == (Ellipsis,):
        made = parts().map(tuple)
    elif origin is tuple:
        made = st.tuples(*(_of(kind, name, author) for kind in inner))
    elif origin in (dict, Mapping):
        values = _of(inner[1], name, author)
        made = st.dictionaries(st.sampled_from(KEYS), values, max_size=2)
    else:
        made = _plain(hint, name, author)
    return made


def _record(kind: Any, author: _Author) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    fields = [field.name for field in dataclasses.fields(kind) if field.init]
    values = st.fixed_dictionaries({name: _of(hints[name], name, author) for name in fields})
    return values.map(lambda given: kind(**given))


def _plain(hint: Any, name: str, author: _Author) -> st.SearchStrategy[Any]:
    if inspect.isclass(hint) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    known: dict[Any, st.SearchStrategy[Any]] = {
        type(None): st.none(),
        bool: st.booleans(),
        int: st.integers(1, MOST_ID),
        float: st.floats(0, 10),
        str: _text(name, author),
        bytes: st.binary(max_size=8),
        datetime: st.integers(-5, 5).map(lambda hours: NOW + timedelta(hours=hours)),
        date: st.integers(-5, 5).map(lambda days: NOW.date() + timedelta(days=days)),
        Path: st.uuids().map(lambda name: author.folder / name.hex),
        Any: st.one_of(st.integers(1, MOST_ID), st.just(author.words)),
    }
    if hint not in known:
        raise TypeError(f"tell tests/support/stores.py how to make {hint} for {name}")
    return known[hint]


def _text(name: str, author: _Author) -> st.SearchStrategy[str]:
    if name == "organization_id":
        return st.just(author.organization)
    return st.one_of(st.sampled_from(KEYS), st.just(author.words))
