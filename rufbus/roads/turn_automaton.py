"""Which turn is forbidden after which edges: an automaton over the forbidden sequences (Aho and Corasick 1975)."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TurnAutomaton:
    """Remembers of the edges driven so far only what a forbidden sequence may still ask for.

    State 0 remembers nothing. Every other state is the beginning of a forbidden sequence. Symbol ``edge_count + e``
    stands for *starting within* edge ``e``, see :func:`build_turns`.
    """

    edge_count: int
    children: tuple[dict[int, int], ...]
    fallback: tuple[int, ...]
    """The state of the longest shorter memory."""
    complete: tuple[bool, ...]
    """Whether a forbidden sequence ends in the state: it must not be entered."""
    last_edge: tuple[int, ...]
    """The edge driven last, -1 for state 0."""

    @property
    def state_count(self) -> int:
        """Number of states, state 0 included."""
        return len(self.children)

    def step(self, state: int, edge: int) -> int | None:
        """Return the state after driving ``edge`` in ``state``, or ``None`` when that is forbidden."""
        while state and edge not in self.children[state]:
            state = self.fallback[state]
        following = self.children[state].get(edge, 0)
        return None if self.complete[following] else following

    def start_within(self, edge: int) -> int:
        """Return the state of a van that starts somewhere on ``edge``."""
        return self.children[0].get(self.edge_count + edge, self.children[0].get(edge, 0))


def build_turns(forbidden: Iterable[Sequence[int]], edge_count: int, started: Collection[int] = ()) -> TurnAutomaton:
    """Return the automaton of the forbidden sequences.

    Parameters
    ----------
    forbidden
        Sequences of two or more edges that must not follow each other.
    edge_count
        Number of edges of the graph.
    started
        Edges on which tours may start. A van that stops on an edge in the middle of a forbidden sequence may have come
        from anywhere, so it leaves as if it had come by the beginning of that sequence: a stop on the way never makes
        a forbidden turn legal, and driving by a stop is never slower than stopping there.
    """
    sequences = {tuple(sequence) for sequence in forbidden}
    trie = _Trie()
    for sequence in sorted(sequences | _after_a_start(sequences, edge_count, set(started))):
        trie.add(sequence)
    fallback = trie.link()
    last = tuple(symbol - edge_count if symbol >= edge_count else symbol for symbol in trie.symbol)
    return TurnAutomaton(edge_count, tuple(trie.children), tuple(fallback), tuple(trie.complete), last)


def _after_a_start(sequences: set[tuple[int, ...]], edge_count: int, started: set[int]) -> set[tuple[int, ...]]:
    """Return the rests of sequences that begin with a start within one of their inner edges."""
    inner = {edge for sequence in sequences for edge in sequence[1:-1]} & started
    return {
        (edge_count + edge, *sequence[place + 1 :])
        for sequence in sequences
        for place, edge in enumerate(sequence[:-1])
        if edge in inner
    }


class _Trie:
    """The prefixes while they are collected."""

    def __init__(self) -> None:
        self.children: list[dict[int, int]] = [{}]
        self.complete = [False]
        self.symbol = [-1]

    def add(self, sequence: Sequence[int]) -> None:
        state = 0
        for symbol in sequence:
            if symbol not in self.children[state]:
                self.children[state][symbol] = len(self.children)
                self.children.append({})
                self.complete.append(False)
                self.symbol.append(symbol)
            state = self.children[state][symbol]
        self.complete[state] = True

    def link(self) -> list[int]:
        """Return the fallback of every state, and mark states whose fallback is complete."""
        fallback = [0] * len(self.children)
        queue = deque(self.children[0].values())
        while queue:
            state = queue.popleft()
            self.complete[state] |= self.complete[fallback[state]]
            for symbol, child in self.children[state].items():
                shorter = fallback[state]
                while shorter and symbol not in self.children[shorter]:
                    shorter = fallback[shorter]
                fallback[child] = self.children[shorter].get(symbol, 0)
                queue.append(child)
        return fallback
