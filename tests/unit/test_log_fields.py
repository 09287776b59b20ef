"""Everything that is logged or told of the server is classified, and what is personal is masked."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from storage.privacy.fields import LOGGED, PERSONAL, TELEMETRY

ROOT = Path(__file__).parents[2]
PACKAGES = ("agent", "voice", "knowledge", "storage", "console", "scripts")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
MASKS = {"mask", "mask_log", "mask_name", "mask_phone"}
GAUGES = ("Gauge", "Figures", "Counters", "Usage")
HARMLESS = {"len", "type(event).__name__"}
"""Whatever they are called with: a count, a class of ours."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    for path in [*paths, *ROOT.glob("*.py")]:
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def logger_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value)
            named = owner in ("log", "logger", "logging") or "getLogger" in owner
            if named and node.func.attr in LEVELS:
                yield node


def masked(value: ast.expr, tree: ast.Module) -> str | None:
    """What is masked, where a value is a masking call or was assigned one."""
    values = [value]
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == ast.unparse(value):
            values.append(node.value)
    for one in values:
        call = one.value if isinstance(one, ast.Subscript) else one
        if isinstance(call, ast.Call) and ast.unparse(call.func) in MASKS:
            return ast.unparse(call.args[0])
    return None


def logged() -> Iterator[tuple[str, str, bool]]:
    """Each value that is logged: its module, itself, and whether it is masked."""
    for name, tree in modules():
        for call in logger_calls(tree):
            first = call.args[0]
            assert isinstance(first, ast.Constant), f"{name}:{call.lineno} formats its message"
            for value in call.args[1:]:
                inner = masked(value, tree)
                text = ast.unparse(value)
                if inner is None and (text in HARMLESS or text.startswith("len(")):
                    continue
                yield name, text if inner is None else inner, inner is not None


def test_each_value_that_is_logged_is_classified_and_masked_where_it_is_personal() -> None:
    wrong = [
        f"{name} logs {value}: " + ("name it in PERSONAL" if hidden else "LOGGED, or mask it")
        for name, value, hidden in logged()
        if value not in (PERSONAL if hidden else LOGGED).get(name, frozenset())
    ]

    assert wrong == []


def test_nothing_is_classified_that_is_not_logged() -> None:
    found = {(name, value) for name, value, _ in logged()}
    classified = {
        (name, value)
        for table in (LOGGED, PERSONAL)
        for name, all_ in table.items()
        for value in all_
    }

    assert classified - found == set()


def test_each_key_that_the_server_tells_of_itself_is_classified() -> None:
    told: dict[str, frozenset[str]] = {}
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name.endswith(GAUGES):
                fields = [field for field in node.body if isinstance(field, ast.AnnAssign)]
                told[node.name] = frozenset(ast.unparse(field.target) for field in fields)
            probe = isinstance(node, ast.AsyncFunctionDef) and node.name in ("livez", "readyz")
            if probe and name == "probes.py":
                keys = [
                    str(key.value)
                    for literal in ast.walk(node)
                    if isinstance(literal, ast.Dict)
                    for key in literal.keys
                    if isinstance(key, ast.Constant)
                ]
                told["/livez, /readyz"] = told.get("/livez, /readyz", frozenset()) | set(keys)

    assert told == TELEMETRY
