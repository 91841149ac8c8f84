"""A `transformers` model in memory, and the loop that generates for a batch of calls."""

# torch and transformers come with the extra `gpu`, and type checkers may not find them.
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from .failures import CallError, FailureKind
from .held_body import Answer, Token, body
from .held_request import Ask
from .held_sampling import Uniforms, log_probabilities, pick


@dataclass(slots=True)
class _Row:
    """A choice under way."""

    ask: Ask
    prompt: list[int]
    uniforms: Uniforms
    tokens: list[Token] = field(default_factory=list)
    finish: str = ""


class HeldEngine:
    """The model, its tokenizer, and generation; used from one thread at a time."""

    def __init__(self, folder: Path, name: str, device: str, batch: int) -> None:
        """Load it.

        Args:
            folder: A model as `transformers` saves one.
            name: What replies call the model.
            device: `cpu`, `cuda`, `cuda:1` and so on; `auto` takes CUDA where there is one.
            batch: The most answers generated at a time.

        Raises:
            OSError: A file is missing.
            ValueError: transformers doesn't know the architecture, or files contradict each other.
        """
        place = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device)
        # bf16 is what such models are trained in; on a CPU, tests want float32.
        kind = torch.float32 if place.type == "cpu" else torch.bfloat16
        self.name = name
        with _without_bars():
            self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self.model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=kind, local_files_only=True)
        self.model.to(place).eval()
        self.device = place
        self.batch = batch
        self.context = int(getattr(self.model.config, "max_position_embeddings", 0) or 0)
        self.ends = _ends(self.model, self.tokenizer)
        self.pad = next(iter(sorted(self.ends)), 0)

    def answer(self, asks: Sequence[Ask]) -> list[bytes | CallError]:
        """Answer calls: a chat completion as JSON for each, or why there is none."""
        groups = [self._prepare(ask) for ask in asks]
        rows = [row for group in groups if not isinstance(group, CallError) for row in group]
        for start in range(0, len(rows), self.batch):
            self._generate(rows[start : start + self.batch])
        return [group if isinstance(group, CallError) else self._body(group) for group in groups]

    def _prepare(self, ask: Ask) -> list[_Row] | CallError:
        """A row for each choice, unless the prompt can't be made or is too long."""
        try:
            text = self.tokenizer.apply_chat_template(
                list(ask.messages),
                tokenize=False,
                add_generation_prompt=not ask.prefill,
                continue_final_message=ask.prefill,
                **ask.template,
            )
        except Exception as error:  # noqa: BLE001  # a model's template raises what its author liked
            return CallError(FailureKind.BAD_REQUEST, f"{self.name}: chat template: {error}".splitlines()[0])
        prompt: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        if self.context and len(prompt) + ask.most > self.context:
            return CallError(
                FailureKind.TOO_LONG,
                f"{self.name}: {len(prompt)} prompt tokens and {ask.most} to generate, of {self.context}",
            )
        return [_Row(ask, prompt, Uniforms(key)) for key in ask.keys]

    def _generate(self, rows: list[_Row]) -> None:
        """Generate for a batch; halves it for as long as the device's memory is too small."""
        try:
            with torch.inference_mode():
                self._decode(rows)
        except torch.OutOfMemoryError:
            if len(rows) == 1:
                raise
            for half in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
                for row in half:
                    row.tokens, row.finish = [], ""
                    row.uniforms.restart()
                self._generate(half)

    def _decode(self, rows: list[_Row]) -> None:
        """Token by token until every row has ended; those that have leave once they are half."""
        ids, mask = self._padded(rows)
        cache = None
        while rows:
            places = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, -ids.shape[1] :]
            out = self.model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=places,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            cache = out.past_key_values
            picked = self._step(rows, out.logits[:, -1])
            ids = picked.unsqueeze(1)
            mask = torch.cat([mask, mask.new_ones(len(rows), 1)], dim=1)
            alive = [place for place, row in enumerate(rows) if not row.finish]
            if 2 * len(alive) <= len(rows):
                chosen = torch.tensor(alive, device=self.device, dtype=torch.long)
                rows, ids, mask = [rows[place] for place in alive], ids[chosen], mask[chosen]
                cache.batch_select_indices(chosen)

    def _padded(self, rows: Sequence[_Row]) -> tuple[torch.Tensor, torch.Tensor]:
        """Prompts padded on the left, and 1 where a token is: both `[rows, longest]`."""
        longest = max(len(row.prompt) for row in rows)
        ids = [[self.pad] * (longest - len(row.prompt)) + row.prompt for row in rows]
        mask = [[0] * (longest - len(row.prompt)) + [1] * len(row.prompt) for row in rows]
        return torch.tensor(ids, device=self.device), torch.tensor(mask, device=self.device)

    def _step(self, rows: Sequence[_Row], logits: torch.Tensor) -> torch.Tensor:
        """Draw the next token of every row and note it for those that haven't ended."""
        asks = [row.ask for row in rows]
        picked = pick(
            logits,
            [ask.temperature for ask in asks],
            [ask.top_p for ask in asks],
            [row.uniforms.draw() for row in rows],
        )
        wanted = any(ask.logprobs for ask in asks)
        own, top = log_probabilities(logits, picked, max(ask.top for ask in asks)) if wanted else ([], [])
        for place, (row, token) in enumerate(zip(rows, picked.tolist(), strict=True)):
            if not row.finish:
                more = (own[place], tuple(top[place][: row.ask.top])) if row.ask.logprobs else (0.0, ())
                row.tokens.append(Token(token, *more))
                row.finish = self._finish(row)
        return picked

    def _finish(self, row: _Row) -> str:
        """Why a row ends with its last token; empty if it goes on."""
        if row.tokens[-1].id in self.ends or self._stopped(row):
            return "stop"
        return "length" if len(row.tokens) >= row.ask.most else ""

    def _stopped(self, row: _Row) -> bool:
        """Whether a text that ends the answer has just come; it has at most as many tokens as bytes."""
        if not row.ask.stop:
            return False
        reach = max(len(text.encode()) for text in row.ask.stop) + 1
        tail = self.tokenizer.decode([token.id for token in row.tokens[-reach:]])
        return any(text in tail for text in row.ask.stop)

    def _body(self, rows: Sequence[_Row]) -> bytes:
        """The answers to one call."""
        answers = [
            Answer(row.tokens, row.finish, row.ask.stop, self.ends if row.finish == "stop" else frozenset())
            for row in rows
        ]
        return body(self.name, self.tokenizer, len(rows[0].prompt), answers, logprobs=rows[0].ask.logprobs)


@contextmanager
def _without_bars() -> Generator[None]:
    """Progress bars of transformers would write over the run's own."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    """The tokens that end an answer."""
    given = model.generation_config.eos_token_id
    several = given if isinstance(given, list) else [given]
    return frozenset(token for token in [*several, tokenizer.eos_token_id] if token is not None)
