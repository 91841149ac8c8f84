"""Graph questions solved by listing every path, one graph at a time; what generated rows are held to."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

Edges = Sequence[Sequence[int]]


def all_paths(edges: Edges, root: int) -> Iterator[tuple[int, ...]]:
    """Every path from the root, one of no edges first; ends where there is no cycle."""
    children: dict[int, list[int]] = {}
    for start, end in edges:
        children.setdefault(start, []).append(end)
    waiting = [(root,)]
    while waiting:
        path = waiting.pop()
        yield path
        waiting += [(*path, child) for child in children.get(path[-1], [])]


def shortest_paths(edges: Edges, root: int) -> dict[int, list[tuple[int, ...]]]:
    """The shortest paths from the root, by the vertex that they end at."""
    best: dict[int, list[tuple[int, ...]]] = {}
    for path in all_paths(edges, root):
        known = best.get(path[-1])
        if known is None or len(path) < len(known[0]):
            best[path[-1]] = [path]
        elif len(path) == len(known[0]):
            known.append(path)
    return best


def entries(counts: dict[tuple[int, int], int]) -> list[dict[str, int]]:
    return [{"step": step, "node": node, "count": counts[step, node]} for step, node in sorted(counts)]


def sentence(names: list[str], start: int, end: int) -> str:
    subject = names[start] if names[start].istitle() else f"Every {names[start]}"
    return f"{subject} is {'an' if names[end][0] in 'aeiou' else 'a'} {names[end]}."


def solved(row: dict[str, Any]) -> dict[str, Any]:
    """What follows from names, edges, root and what is asked (no answer if it isn't single)."""
    names, edges, root, asked = (row[name] for name in ("idx_to_symbol", "edges", "root", "asked"))
    best = shortest_paths(edges, root)
    reachable = [node for node in asked if node in best]
    is_choice = len(asked) == 2
    sentences = [sentence(names, start, end) for start, end in edges]
    concepts = [sentence(names, root, node).removeprefix(f"{names[root]} is ").rstrip(".") for node in asked]
    ask = f"Is {names[root]} {' or '.join(concepts)}?"
    if not is_choice:
        ask = f"True or false: it follows that {names[root]} is {concepts[0]}."
    target = reachable[0] if reachable else row["target"]
    paths = sorted(best[target])
    hops = len(paths[0]) - 1
    on_path = Counter((step, path[step]) for path in paths for step in range(1, hops + 1))
    at = {(len(ways[0]) - 1, node): len(ways) for node, ways in best.items() if 1 < len(ways[0]) <= hops + 1}
    within = {(step, node): count for (first, node), count in at.items() for step in range(first, hops + 1)}
    question = " ".join([*sentences, ask])
    is_single = len(reachable) == 1 if is_choice else row["neg_target"] not in best
    answer = sentence(names, root, target) if is_choice else str(bool(reachable))
    steps = (
        [sentence(names, *pair) for pair in zip(paths[0], paths[0][1:], strict=False)] if reachable else []
    )
    return {
        "id": f"{row['task']}:{hashlib.sha256(question.encode()).hexdigest()[:16]}",
        "question": question,
        "answer": answer if is_single else None,
        "steps": steps,
        "symbolic": f"{' '.join(f'{a}>{b}' for a, b in edges)} | {root} ? {' '.join(map(str, asked))}",
        "target": target,
        "hops": hops,
        "frontier": entries(at),
        "reach": entries(within),
        "on_path": entries(on_path if reachable else {}),
    }


def refined(edges: Edges) -> str:
    """A name of the graph that isomorphic graphs share: six rounds of colour refinement."""
    nodes = {node for edge in edges for node in edge}
    colour = dict.fromkeys(nodes, "")
    for _ in range(6):
        around = {node: (colour[node], list[str](), list[str]()) for node in nodes}
        for start, end in edges:
            around[start][1].append(colour[end])
            around[end][2].append(colour[start])
        colour = {
            node: hashlib.md5(repr((own, sorted(out), sorted(into))).encode()).hexdigest()
            for node, (own, out, into) in around.items()
        }
    return repr(sorted(colour.values()))
