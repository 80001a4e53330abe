"""The diagram of a lifecycle, drawn from the table that says what may follow what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def diagram(moves: Iterable[tuple[tuple[str, str], str]], begin: tuple[str, str], ends: Iterable[str]) -> Iterator[str]:
    """Yields the lines of a Mermaid state diagram. `moves` are ((state, verb), state after it) in order; `begin` is the
    verb that creates and the state it leads to."""
    verb, first = begin
    yield "stateDiagram-v2"
    yield f"  [*] --> {first}: {verb}"
    edges: dict[tuple[str, str], list[str]] = {}
    for (state, done), after in moves:
        if state != after:
            edges.setdefault((state, after), []).append(done)
    for (state, after), verbs in edges.items():
        yield f"  {state} --> {after}: {', '.join(verbs)}"
    for state in ends:
        yield f"  {state} --> [*]"
