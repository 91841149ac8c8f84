"""Training CoT2's models for MNNS: a table's runs side by side, against a plain PyTorch loop a run.

The plain loop is written as the paper's release trains: one model at a time, a DataLoader, batch 16, the loss
read every step. Both do the same steps on the same problems at the same sizes; that one step gives the same
losses from the same weights is checked first. On a GPU our steps are CUDA graphs, and `--epochs 1000` is the
paper's table; seconds of the plain loop are measured over `--plain-steps` steps of one run a width and
multiplied. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import torch
from mensrea.generation.cot2 import Family, generate
from mensrea.loading.cot2 import MnnsTensors
from mensrea.training.course import Course, Member, Targets
from mensrea.training.ensemble import Shape
from mensrea.training.mnns import mnns_task
from mensrea.training.settings import Arm, Training
from mensrea.training.supervised import forced
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

if TYPE_CHECKING:
    from mensrea.training.task import Task

WIDTHS = (16, 24, 32)
LAYERS = HEADS = 2
BATCH = 16
RATE = 1e-4
DROPOUT = 0.1


class PlainBlock(nn.Module):
    """GPT-2's block of ready-made layers."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.attended = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.dropout = dropout

    def forward(self, state: Tensor) -> Tensor:
        rows, length, width = state.shape
        parts = self.attend(self.first(state)).view(rows, length, 3, HEADS, width // HEADS)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        rate = self.dropout if self.training else 0.0
        read = functional.scaled_dot_product_attention(query, key, value, dropout_p=rate, is_causal=True)
        state = state + functional.dropout(self.attended(read.transpose(1, 2).flatten(2)), rate)
        grown = functional.gelu(self.widen(self.second(state)), approximate="tanh")
        return state + functional.dropout(self.narrow(grown), rate)


class Plain(nn.Module):
    """One small GPT-2 with tied embeddings."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.tokens = nn.Embedding(shape.vocabulary, shape.width)
        self.places = nn.Embedding(shape.positions, shape.width)
        self.blocks = nn.ModuleList(PlainBlock(shape.width, shape.dropout) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)

    def forward(self, prompts: Tensor, targets: Tensor) -> Tensor:
        """The loss, with targets fed as thoughts."""
        read = torch.cat([self.tokens(prompts), targets[:, :-1] @ self.tokens.weight], 1)
        state = read + self.places(torch.arange(read.shape[1], device=read.device))
        state = functional.dropout(state, self.shape.dropout if self.training else 0.0)
        for block in self.blocks:
            state = block(state)
        scores = self.norm(state[:, -targets.shape[1] :]) @ self.tokens.weight.T
        return -(targets * scores.log_softmax(-1)).sum(-1).mean()


def copied(plain: Plain, course: Course, member: int) -> None:
    """Give a plain model the weights of a member."""
    with torch.no_grad():
        model = course.model
        plain.tokens.weight.copy_(model.tokens[member])
        plain.places.weight.copy_(model.places[member])
        for name, each in plain.named_parameters():
            if not name.startswith(("tokens", "places")):
                theirs = model.get_parameter(name)[member]
                each.copy_(theirs.T if theirs.dim() == 2 and each.dim() == 2 else theirs[0])


def task_of(split: str, device: str) -> Task:
    family = Family.from_name("mnns-4x9")
    found = MnnsTensors.from_table(pa.concat_tables(generate(family, split)), family).to(device)
    every = torch.arange(len(found.digits), device=device)
    return mnns_task(
        found.digits.long(),
        found.answers.long(),
        found.trace.long(),
        {"all": found.targets.dense(every)},
        lowest=family.lowest,
        highest=family.highest,
    )


def course_of(width: int, seeds: int, epochs: int, tasks: tuple[Task, Task]) -> Course:
    training = Training(rate=RATE, batch=BATCH, epochs=epochs, dropout=DROPOUT)
    arms = (Arm("cot2", "cot2", training, "all"), Arm("discrete", "discrete", training))
    members = [Member(arm, seed) for arm in arms for seed in range(seeds)]
    shape = Shape(LAYERS, HEADS, width, len(tasks[0].vocabulary), tasks[0].positions, DROPOUT)
    return Course(members, shape, *tasks)


def plain_step_seconds(width: int, steps: int, task: Task, device: str) -> float:
    """Seconds of a step of the plain loop."""
    plain = Plain(Shape(LAYERS, HEADS, width, len(task.vocabulary), task.positions, DROPOUT)).to(device)
    optimiser = torch.optim.AdamW(plain.parameters(), RATE)
    loader = DataLoader(TensorDataset(task.prompts, task.targets["all"]), BATCH, shuffle=True)

    def some(count: int) -> None:
        done = 0
        while done < count:
            for prompts, targets in loader:
                optimiser.zero_grad()
                loss = plain(prompts, targets)
                loss.backward()
                optimiser.step()
                loss.item()
                done += 1
                if done == count:
                    return

    some(20)
    return seconds_of(lambda: some(steps), device) / steps


def seconds_of(work: Callable[[], object], device: str) -> float:
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return time.perf_counter() - start


def disagreement(course: Course, task: Task) -> float:
    """The largest difference of losses between an ensemble and plain models with its weights."""
    course.model.eval()
    rows = torch.arange(64, device=task.prompts.device).expand(len(course.members), -1)
    batch = Targets(course.members, task, course.device).batch(rows)
    ours = forced(course.model, batch)
    worst = 0.0
    for place in range(len(course.members)):
        plain = Plain(course.model.shape).to(course.device).eval()
        copied(plain, course, place)
        theirs = plain(batch.prompts[place], batch.targets[place])
        worst = max(worst, abs(float((theirs - ours[place]).detach())))
    return worst


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", default="cpu")
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--epochs", type=int, default=1)
    options.add_argument("--plain-steps", type=int, default=200)
    options.add_argument("--threads", type=int, default=1)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    tasks = (task_of("train", given.device), task_of("validation", given.device))
    steps = len(tasks[0]) // BATCH * given.epochs
    figures: dict[str, Any] = {}
    for width in WIDTHS:
        course = course_of(width, given.seeds, given.epochs, tasks)
        worst = disagreement(course, tasks[0])
        if worst > 1e-4:
            raise SystemExit(f"d = {width}: losses differ by {worst}")
        plain = plain_step_seconds(width, given.plain_steps, tasks[0], given.device)
        ours = seconds_of(
            lambda course=course: [course.one_epoch() for _ in range(given.epochs)], given.device
        )
        figures[f"d{width}"] = {
            "runs": len(course.members),
            "seconds": round(ours, 2),
            "plain_seconds": round(plain * steps * len(course.members), 2),
            "largest_difference": worst,
        }
    whole = {name: sum(each[name] for each in figures.values()) for name in ("seconds", "plain_seconds")}
    figures["table"] = {**whole, "ratio": round(whole["plain_seconds"] / whole["seconds"], 1)}
    on_gpu = given.device.startswith("cuda")
    machine = {
        "device": torch.cuda.get_device_name() if on_gpu else platform.processor() or platform.machine(),
        "torch": torch.__version__,
        "threads": given.threads,
        "steps": steps,
    }
    print(json.dumps({"benchmark": "cot2_train", "machine": machine, "figures": figures}))


if __name__ == "__main__":
    main()
