"""Takes one guard out of the running program: its line is written otherwise, and every module has the function so."""

from __future__ import annotations

import inspect
import sys
import textwrap
from types import FunctionType, ModuleType
from typing import Any

import pytest


def sabotage(monkeypatch: pytest.MonkeyPatch, where: ModuleType | type, name: str, guard: str, instead: str) -> None:
    """Writes `instead` where `guard` stands in the function `name`, until the test ends. A guard that is not there
    (any more) fails the test: what is not taken out proves nothing."""
    original: Any = vars(where)[name]
    assert isinstance(original, FunctionType)
    source = textwrap.dedent(inspect.getsource(original))
    assert source.count(guard) == 1, f"{name}: {guard!r} stands there {source.count(guard)} times"
    found: dict[str, Any] = {}
    module = sys.modules[original.__module__]
    code = compile("from __future__ import annotations\n" + source.replace(guard, instead), "<sabotaged>", "exec")
    exec(code, vars(module) | {}, found)
    changed = FunctionType(found[name].__code__, vars(module), name, original.__defaults__, original.__closure__)
    changed.__kwdefaults__ = original.__kwdefaults__
    monkeypatch.setattr(where, name, changed)
    for each in list(sys.modules.values()):
        if isinstance(each, ModuleType) and each.__name__.startswith(("bot.", "tests.")):
            for attribute, value in list(vars(each).items()):
                if value is original:
                    monkeypatch.setattr(each, attribute, changed)
