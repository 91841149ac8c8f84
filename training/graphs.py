"""Graph questions as a task of a reference model: a token for each vertex (CoT2, section 2)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .task import Task

SPECIAL = ("<pad>", "<bos>", "<pause>", "<ask>", "<root>", "False", "True")
_FIRST = len(SPECIAL)


@dataclass(frozen=True, eq=False)
class Questions:
    """Graph questions, as `loading` gives them, with dense targets; the vertices are 0 to v - 1.

    Attributes:
        edges: [from, to], -1 beyond a row's own, int64, (n, e, 2).
        roots: int64, (n,).
        options: The vertices asked for, int64, (n, k); one of them for a yes-or-no question.
        answers: Which option is right, or 1 for yes, int64, (n,).
        hops: From the root to the target, int64, (n,).
        on_path: Shares of the shortest paths to the target, (n, steps, v).
        targets: Distributions over vertices by supervision, each (n, steps, v).
    """

    edges: Tensor
    roots: Tensor
    options: Tensor
    answers: Tensor
    hops: Tensor
    on_path: Tensor
    targets: dict[str, Tensor]


def graph_task(questions: Questions) -> Task:
    """The problems of one split.

    A prompt is the edges in the order of the sentences, padded at the front, then the options and the root.
    A chain of thought has a vertex for each step of the search and ends with the answer: the option, or True
    or False. A search that is over before the last thought stays where it ended.
    """
    vertices = questions.on_path.shape[2]
    prompts, visible = _prompts(questions)
    answers = _answers(questions)
    paths = _paths(questions)
    traces = torch.cat([paths + _FIRST, answers[:, None]], 1)
    adjacent = _adjacency(questions.edges, vertices)

    def follows(tokens: Tensor, rows: Tensor) -> Tensor:
        walked = tokens[:, :-1] - _FIRST
        before = torch.cat([questions.roots[rows, None], walked[:, :-1]], 1)
        inside = (walked >= 0) & (walked < vertices)
        linked = adjacent[rows[:, None], before.clamp(0, vertices - 1), walked.clamp(0, vertices - 1)]
        return (inside & (linked | (walked == before))).all(1)

    start = functional.one_hot(questions.roots, vertices).float()
    targets = {
        name: _placed(_stayed(each, start), answers, _FIRST) for name, each in questions.targets.items()
    }
    return Task(
        prompts=prompts,
        visible=visible,
        answers=answers,
        traces=traces,
        targets=targets,
        vocabulary=(*SPECIAL, *(f"v{each}" for each in range(vertices))),
        pause=SPECIAL.index("<pause>"),
        follows=follows,
        groups=torch.arange(len(answers)),
    )


def _answers(questions: Questions) -> Tensor:
    if questions.options.shape[1] == 1:
        return questions.answers + SPECIAL.index("False")
    return questions.options.gather(1, questions.answers[:, None])[:, 0] + _FIRST


def _prompts(questions: Questions) -> tuple[Tensor, Tensor]:
    count = len(questions.roots)
    given = questions.edges.flatten(1)
    pairs = torch.where(given < 0, SPECIAL.index("<pad>"), given + _FIRST)
    pairs = pairs.gather(1, (given >= 0).int().argsort(dim=1, stable=True))

    def same(name: str) -> Tensor:
        return torch.full((count, 1), SPECIAL.index(name), device=pairs.device)

    asked = [same("<ask>"), questions.options + _FIRST, same("<root>"), questions.roots[:, None] + _FIRST]
    prompts = torch.cat([pairs, same("<bos>"), *asked], 1)
    return prompts, prompts != SPECIAL.index("<pad>")


def _adjacency(edges: Tensor, vertices: int) -> Tensor:
    count, most, _ = edges.shape
    adjacent = torch.zeros(count, vertices + 1, vertices + 1, dtype=torch.bool, device=edges.device)
    rows = torch.arange(count, device=edges.device)[:, None].expand(count, most)
    # Padding, -1, marks the last row and column, which are cut off.
    adjacent[rows, edges[:, :, 0], edges[:, :, 1]] = True
    return adjacent[:, :vertices, :vertices]


def _paths(questions: Questions) -> Tensor:
    """A shortest path from root to target, the lowest vertices first; it stays at its end, (n, steps)."""
    adjacent = _adjacency(questions.edges, questions.on_path.shape[2])
    at, found = questions.roots, list[Tensor]()
    rows = torch.arange(len(at), device=at.device)
    for step in range(questions.on_path.shape[1]):
        ahead = (questions.on_path[:, step] > 0) & adjacent[rows, at]
        at = torch.where(ahead.any(1), ahead.int().argmax(1), at)
        found.append(at)
    return torch.stack(found, 1)


def _stayed(targets: Tensor, start: Tensor) -> Tensor:
    """Steps without a target repeat the one before; a search that never leaves stays at its start."""
    at, steps = start, list[Tensor]()
    for each in targets.unbind(1):
        at = torch.where(each.sum(1, keepdim=True) == 0, at, each)
        steps.append(at)
    return torch.stack(steps, 1)


def _placed(targets: Tensor, answers: Tensor, first: int) -> Tensor:
    """Targets over the whole vocabulary, and the answer alone as one more step."""
    placed = functional.pad(targets, (first, 0))
    told = functional.one_hot(answers, placed.shape[2]).to(placed.dtype)
    return torch.cat([placed, told[:, None]], 1)
