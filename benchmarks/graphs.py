"""Generating ProsQA and ProntoQA rows: this package against plain Python, in rows a second on one core.

The peer is what one would write for a single graph: lists and dictionaries, a queue for the search, a
join for the text. It makes the same rows of the same graphs, which is checked before timing, and draws
graphs by the same rules, one at a time. Seconds are of CPU time, so that other programs disturb less.
Prints one JSON line.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import random
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from mensrea.generation.graph_families import GraphFamily
from mensrea.generation.graph_names import FIRST_NAMES, NOUNS, with_article
from mensrea.generation.graph_rows import Problems, generate, problems, table
from mensrea.generation.graph_search import frontier, on_path, reach, search
from mensrea.generation.graph_wording import SYMBOLS, named
from mensrea.generation.seeds import stream

REPEATS = 7
ROWS, LOOP_ROWS = 10_000, 300

Edges = list[tuple[int, int]]


class Loop:
    """One graph question, in plain Python."""

    def __init__(self, edges: Edges, ends: tuple[int, int, int], nodes: int) -> None:
        self.edges, self.nodes = edges, nodes
        self.root, self.target, self.negative = ends
        self.children: list[list[int]] = [[] for _ in range(nodes)]
        self.parents: list[list[int]] = [[] for _ in range(nodes)]
        for start, end in edges:
            self.children[start].append(end)
            self.parents[end].append(start)

    def search(self) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
        distance, paths, queue = {self.root: 0}, {self.root: 1}, [self.root]
        for node in queue:
            for child in self.children[node]:
                if child not in distance:
                    distance[child], paths[child] = distance[node] + 1, 0
                    queue.append(child)
                if distance[child] == distance[node] + 1:
                    paths[child] += paths[node]
        onward = {self.target: 1}
        for node in reversed(queue):
            for parent in self.parents[node]:
                if node in onward and distance.get(parent) == distance[node] - 1:
                    onward[parent] = onward.get(parent, 0) + onward[node]
        return distance, paths, onward

    def targets(self, *, has_path: bool) -> dict[str, list[dict[str, int]]]:
        distance, paths, onward = self.search()
        steps = range(1, distance[self.target] + 1)
        every = [(step, node) for step in steps for node in sorted(distance) if 0 < distance[node] <= step]
        exact = [(step, node) for step, node in every if distance[node] == step]
        through = [(step, node) for step, node in exact if has_path and node in onward]
        return {
            "frontier": [_entry(step, node, paths[node]) for step, node in exact],
            "reach": [_entry(step, node, paths[node]) for step, node in every],
            "on_path": [_entry(step, node, paths[node] * onward[node]) for step, node in through],
        }

    def path(self) -> list[int]:
        distance, _, onward = self.search()
        path = [self.root]
        while path[-1] != self.target:
            on = (node for node in self.children[path[-1]] if node in onward)
            path.append(min(node for node in on if distance[node] == len(path)))
        return path

    def row(self, task: str, names: list[str], *, first: bool) -> dict[str, Any]:
        is_choice = task == "prosqa"
        asked = [self.target, self.negative] if first else [self.negative, self.target]
        asked = asked if is_choice else asked[:1]
        concepts = [with_article(names[node]) for node in asked]
        sentences = [_sentence(names[start], names[end]) for start, end in self.edges]
        ask = f"Is {names[self.root]} {' or '.join(concepts)}?"
        if not is_choice:
            ask = f"True or false: it follows that {names[self.root]} is {concepts[0]}."
        question = " ".join([*sentences, ask])
        path = self.path()
        steps = [_sentence(names[start], names[end]) for start, end in pairwise(path)]
        written = " ".join(f"{start}>{end}" for start, end in self.edges)
        return {
            "id": f"{task}:{hashlib.sha256(question.encode()).hexdigest()[:16]}",
            "task": task,
            "question": question,
            "answer": _sentence(names[self.root], names[self.target]) if is_choice else str(first),
            "steps": steps if is_choice or first else [],
            "symbolic": f"{written} | {self.root} ? {' '.join(map(str, asked))}",
            "idx_to_symbol": names,
            "edges": [list(edge) for edge in self.edges],
            "root": self.root,
            "target": self.target,
            "neg_target": self.negative,
            "asked": asked,
            "hops": len(path) - 1,
            **self.targets(has_path=is_choice or first),
        }


def _entry(step: int, node: int, count: int) -> dict[str, int]:
    return {"step": step, "node": node, "count": count}


def _sentence(start: str, end: str) -> str:
    return f"{start if start[0].isupper() else f'Every {start}'} is {with_article(end)}."


def drawn(family: GraphFamily, chance: random.Random) -> Loop:
    """A graph by the rules of the package's `graph_drawing`, with random vertex numbers."""
    hops = chance.choices(list(family.mix), list(family.mix.values()))[0]
    size = chance.randint(*family.nodes) - 2
    kinds = [1] * hops + [2] * hops + [0] * (size - 2 - 2 * hops)
    chance.shuffle(kinds)
    label, depth, people, edges = [1, 2], [0, 0], {0, 1}, list[tuple[int, int]]()
    paths: dict[int, list[int]] = {1: [0], 2: [1]}
    closed: set[int] = set()
    for node, kind in enumerate(kinds, 2):
        side = kind or (
            chance.choices((1, 2, 3), (50, 50, 156))[0] if family.paths_meet else chance.choice((1, 2))
        )
        floor = len(paths[kind]) - 1 if kind else 0
        allowed = [n for n in range(node) if n not in closed and not label[n] & ~side and depth[n] >= floor]
        if family.paths_meet and not kind and chance.random() < 18 / 256:
            allowed = []
            people.add(node)
        mean = (1.1 if kind else 2.4) if family.paths_meet else 0.0
        share = mean / max(1, len(allowed))
        parents = {n for n in allowed if chance.random() < (share / 5 if n < 2 else share)}
        if kind:
            parents.add(paths[kind][-1])
            paths[kind].append(node)
            closed |= {node} if len(paths[kind]) > hops else set()
        elif allowed and not parents:
            parents.add(chance.choice(allowed))
        _connect(node, parents, label, depth, edges)
    for side in (1, 2):
        deep = chance.randint(0, hops - 3)
        high = [n for n in range(len(label)) if label[n] == side and depth[n] == deep]
        _connect(len(label), {chance.choice(high), paths[3 - side][deep + 2]}, label, depth, edges)
    used = sorted({node for edge in edges for node in edge})
    number = dict(zip(used, chance.sample(range(len(used)), len(used)), strict=True))
    chance.shuffle(edges)
    ends = (number[0], number[paths[1][-1]], number[paths[2][-1]])
    return Loop([(number[start], number[end]) for start, end in edges], ends, len(used))


def _connect(node: int, parents: set[int], label: list[int], depth: list[int], edges: Edges) -> None:
    reached = 0
    for parent in parents:
        reached |= label[parent]
    label.append(reached)
    depth.append(min((depth[parent] for parent in parents), default=99) + 1)
    edges += [(parent, node) for parent in parents]


def drawn_row(family: GraphFamily, chance: random.Random) -> dict[str, Any]:
    loop = drawn(family, chance)
    has_parent = {end for _, end in loop.edges}
    names = [
        noun if node in has_parent else person
        for node, (noun, person) in enumerate(
            zip(chance.sample(NOUNS, loop.nodes), chance.sample(FIRST_NAMES, loop.nodes), strict=True)
        )
    ]
    return loop.row(family.task, names, first=chance.random() < 0.5)


def loops_of(graphs: Problems) -> list[Loop]:
    return [
        Loop(
            list(zip(graphs.start[start:stop].tolist(), graphs.end[start:stop].tolist(), strict=True)),
            (int(graphs.root[row]), int(graphs.target[row]), int(graphs.negative[row])),
            int(graphs.nodes[row]),
        )
        for row, (start, stop) in enumerate(pairwise(graphs.offsets.tolist()))
    ]


def rows_per_second(rows: int, make: Callable[[], object]) -> float:
    seconds: list[float] = []
    for _ in range(REPEATS):
        start = time.process_time()
        make()
        seconds.append(time.process_time() - start)
    return rows / statistics.median(seconds)


def compare(ours: float, loop: float) -> dict[str, float]:
    return {"ours": round(ours), "peer": round(loop), "ratio": round(ours / loop, 1)}


def all_targets(graphs: Problems) -> list[pa.Array]:
    found = search(graphs)
    hops = found.distance[np.arange(len(graphs)), graphs.target].astype(np.int64)
    made = [kind(found, hops) for kind in (frontier, reach, on_path)]
    return [pa.array(column) for each in made for column in (each.step, each.node, each.count)]


def figures(name: str) -> dict[str, dict[str, float]]:
    family = GraphFamily.from_name(name)
    graphs = problems(family, "train", rows=ROWS)
    symbols, first = named(graphs, stream(0, name)), np.arange(ROWS) % 2 == 0
    some = np.arange(LOOP_ROWS)
    loops, chance = loops_of(graphs.take(some)), random.Random(0)
    names = [[SYMBOLS[each] for each in row[: loop.nodes]] for row, loop in zip(symbols, loops, strict=False)]
    every = list(zip(loops, names, first.tolist(), strict=False))
    rows = [loop.row(family.task, row, first=right) for loop, row, right in every]
    if table(family, graphs.take(some), symbols[some], first[some]).to_pylist() != rows:
        raise RuntimeError(f"{name}: the rows differ from the loop's")
    chunks = [np.arange(start, start + 2_500) for start in range(0, ROWS, 2_500)]
    parts = [(graphs.take(chunk), symbols[chunk], first[chunk]) for chunk in chunks]
    return {
        "targets_rows_per_s": compare(
            rows_per_second(ROWS, lambda: [all_targets(part) for part, _, _ in parts]),
            rows_per_second(LOOP_ROWS, lambda: [loop.targets(has_path=True) for loop in loops]),
        ),
        "rows_of_given_graphs_per_s": compare(
            rows_per_second(ROWS, lambda: [table(family, *part) for part in parts]),
            rows_per_second(
                LOOP_ROWS, lambda: [loop.row(family.task, row, first=right) for loop, row, right in every]
            ),
        ),
        "rows_per_s": compare(
            rows_per_second(ROWS, lambda: list(generate(family, "train", rows=ROWS))),
            rows_per_second(LOOP_ROWS, lambda: [drawn_row(family, chance) for _ in range(LOOP_ROWS)]),
        ),
    }


def main() -> None:
    machine = {
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
    found: dict[str, Any] = {name: figures(name) for name in ("prosqa", "prontoqa", "prosqa-6")}
    print(json.dumps({"benchmark": "graphs", "machine": machine, "figures": found}))


if __name__ == "__main__":
    main()
