"""Graph questions as tokens: prompts, searches that end early, and which walks are valid."""

import itertools
from collections import deque
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
from mensrea.training.graphs import Questions, graph_task  # noqa: E402 (needs torch)
from mensrea.training.task import Task  # noqa: E402

VERTICES, STEPS = 6, 3
# Two ways to 4, a dead end at 5; the same with the target a step away; a root without a way to it.
EDGES = [
    [(0, 2), (0, 1), (1, 3), (2, 3), (3, 4), (1, 5)],
    [(2, 4), (2, 3), (3, 5)],
    [(1, 0), (3, 2)],
]
ROOTS, TARGETS = [0, 2, 3], [4, 4, 0]


def walks(row: int) -> list[list[int]]:
    """Every walk from the root, the shortest first."""
    found: list[list[int]] = []
    waiting = deque([[ROOTS[row]]])
    while waiting:
        walk = waiting.popleft()
        found.append(walk)
        waiting.extend([*walk, end] for start, end in EDGES[row] if start == walk[-1])
    return found


def shares(ends: list[list[int]]) -> Any:
    """Of each step, the shares of the vertices; zero where there are none."""
    counts = torch.tensor([[step.count(vertex) for vertex in range(VERTICES)] for step in ends]).float()
    return counts / counts.sum(-1, keepdim=True).clamp_min(1)


def questions(rows: list[int], *, yes_or_no: bool = False) -> Questions:
    """Rows as `loading` gives them, with targets counted of all walks."""
    longest = max(len(EDGES[row]) for row in rows)
    edges = torch.full((len(rows), longest, 2), -1)
    on_path: list[Any] = []
    frontier: list[Any] = []
    for place, row in enumerate(rows):
        edges[place, : len(EDGES[row])] = torch.tensor(EDGES[row])
        every = walks(row)
        first: dict[int, int] = {}
        for walk in every:
            first.setdefault(walk[-1], len(walk))
        shortest = [walk for walk in every if len(walk) == first[walk[-1]]]
        paths = [walk for walk in shortest if walk[-1] == TARGETS[row]]
        steps = range(1, STEPS + 1)
        frontier.append(shares([[walk[-1] for walk in shortest if len(walk) == step + 1] for step in steps]))
        on_path.append(shares([[walk[step] for walk in paths if len(walk) > step] for step in steps]))
    options = [[TARGETS[row]] if yes_or_no else [5, TARGETS[row]] for row in rows]
    reached = [any(walk[-1] == TARGETS[row] for walk in walks(row)) for row in rows]
    hops = [next((len(walk) - 1 for walk in walks(row) if walk[-1] == TARGETS[row]), 0) for row in rows]
    return Questions(
        edges=edges,
        roots=torch.tensor([ROOTS[row] for row in rows]),
        options=torch.tensor(options),
        answers=torch.tensor(reached).long() if yes_or_no else torch.ones(len(rows), dtype=torch.int64),
        hops=torch.tensor(hops),
        on_path=torch.stack(on_path),
        targets={"frontier": torch.stack(frontier), "on_path": torch.stack(on_path)},
    )


def words(task: Task, tokens: Any) -> str:
    return " ".join(task.vocabulary[token] for token in tokens.tolist())


@pytest.fixture
def choices() -> Task:
    return graph_task(questions([0, 1]))


@pytest.fixture
def decisions() -> Task:
    return graph_task(questions([0, 1, 2], yes_or_no=True))


def test_prompts_are_edges_options_and_root_with_padding_in_front(choices: Task) -> None:
    assert [words(choices, prompt) for prompt in choices.prompts] == [
        "v0 v2 v0 v1 v1 v3 v2 v3 v3 v4 v1 v5 <bos> <ask> v5 v4 <root> v0",
        "<pad> <pad> <pad> <pad> <pad> <pad> v2 v4 v2 v3 v3 v5 <bos> <ask> v5 v4 <root> v2",
    ]
    assert choices.visible is not None
    assert torch.equal(choices.visible, choices.prompts != choices.vocabulary.index("<pad>"))
    assert choices.visible.sum(1).tolist() == [18, 12]
    assert choices.positions == 18 + STEPS


def test_a_chain_is_a_shortest_path_that_stays_at_its_end(choices: Task) -> None:
    assert [words(choices, trace) for trace in choices.traces] == ["v1 v3 v4 v4", "v4 v4 v4 v4"]
    assert words(choices, choices.answers) == "v4 v4"


def test_yes_and_no_are_answers(decisions: Task) -> None:
    assert [words(decisions, trace) for trace in decisions.traces] == [
        "v1 v3 v4 True", "v4 v4 v4 True", "v3 v3 v3 False",
    ]  # fmt: skip
    assert words(decisions, decisions.answers) == "True True False"
    assert words(decisions, decisions.prompts[2]) == (
        "<pad> <pad> <pad> <pad> <pad> <pad> <pad> <pad> v1 v0 v3 v2 <bos> <ask> v0 <root> v3"
    )


def told(task: Task, name: str, row: int) -> list[dict[str, float]]:
    return [
        {task.vocabulary[place]: round(step[place].item(), 4) for place in step.nonzero().flatten()}
        for step in task.targets[name][row]
    ]


def test_targets_stay_where_a_search_ended(decisions: Task) -> None:
    assert told(decisions, "frontier", 0) == [
        {"v1": 0.5, "v2": 0.5}, {"v3": 0.6667, "v5": 0.3333}, {"v4": 1}, {"True": 1},
    ]  # fmt: skip
    assert told(decisions, "on_path", 0) == [{"v1": 0.5, "v2": 0.5}, {"v3": 1}, {"v4": 1}, {"True": 1}]
    assert told(decisions, "frontier", 1) == [{"v3": 0.5, "v4": 0.5}, {"v5": 1}, {"v5": 1}, {"True": 1}]
    assert told(decisions, "on_path", 1) == [{"v4": 1}] * 3 + [{"True": 1}]
    assert told(decisions, "frontier", 2) == [{"v2": 1}] * 3 + [{"False": 1}]


def test_a_search_without_a_path_stays_at_its_root(decisions: Task) -> None:
    assert told(decisions, "on_path", 2) == [{"v3": 1}] * 3 + [{"False": 1}]


def test_targets_are_distributions_and_end_with_the_answer(choices: Task, decisions: Task) -> None:
    for task in (choices, decisions):
        for targets in task.targets.values():
            assert torch.allclose(targets.sum(-1), torch.ones(len(task), STEPS + 1))
            assert torch.equal(targets[:, -1], task.one_hot_traces()[:, -1])


def test_exactly_walks_along_edges_follow(choices: Task) -> None:
    tokens = torch.arange(len(choices.vocabulary))
    every = torch.cartesian_prod(*[tokens] * STEPS, choices.answers[:1])
    for row in (0, 1):
        steps = {(start, end) for start, end in EDGES[row]} | {(each, each) for each in range(VERTICES)}
        valid = {
            " ".join(f"v{each}" for each in walk)
            for walk in itertools.product(range(VERTICES), repeat=STEPS)
            if all(step in steps for step in itertools.pairwise([ROOTS[row], *walk]))
        }
        follows = choices.follows(every, torch.full((len(every),), row))
        assert {words(choices, chain[:-1]) for chain in every[follows]} == valid


def test_traces_are_valid(choices: Task, decisions: Task) -> None:
    for task in (choices, decisions):
        assert task.follows(task.traces, torch.arange(len(task))).all()
        assert task.groups.tolist() == [*range(len(task))]


def test_padding_changes_no_question(decisions: Task) -> None:
    alone = graph_task(questions([2], yes_or_no=True))
    length = alone.prompts.shape[1]
    assert alone.visible is not None
    assert alone.visible.all()
    assert torch.equal(decisions.prompts[2:, -length:], alone.prompts)
    assert torch.equal(decisions.traces[2:], alone.traces)
