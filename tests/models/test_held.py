"""A tiny model held in this process. Needs the extra `gpu`: torch and transformers, a CPU is enough."""

import asyncio
import json
import math
import threading
from collections.abc import Awaitable, Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

# Of these the development environment lacks `accelerate`: held models have one of their own.
if any(find_spec(library) is None for library in ("torch", "transformers", "accelerate")):
    pytest.skip("needs torch, transformers and accelerate: make test-models", allow_module_level=True)

from mensrea.errors import ModelError
from mensrea.models.calls import Request
from mensrea.models.failures import CallError, FailureKind
from mensrea.models.held import HeldModel
from mensrea.testing.tiny_model import make_tiny_model

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def single_thread() -> Iterator[None]:
    """Several threads on busy cores wait for each other longer than such a model computes."""
    import torch  # pyright: ignore[reportMissingImports]

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


def question(number: int = 0, *, sample: int = 0, text: str | None = None, **parameters: Any) -> Request:
    content = text or f"Say {number} words about reasoning. " * (1 + number % 5)
    given = {"max_tokens": 12, **parameters}
    return Request("held/tiny", [{"role": "user", "content": content}], given, sample=sample)


def run(folder: Path, use: Callable[[HeldModel], Awaitable[Any]], **options: Any) -> Any:
    async def main() -> Any:
        model = HeldModel(folder, **options)
        try:
            return await use(model)
        finally:
            await model.close()

    return asyncio.run(main())


def ask(folder: Path, *requests: Request, **options: Any) -> list[dict[str, Any]]:
    """Replies to calls made at the same time."""

    async def use(model: HeldModel) -> list[dict[str, Any]]:
        return [json.loads(body) for body in await asyncio.gather(*map(model.send, requests))]

    return run(folder, use, **options)


def text(reply: dict[str, Any], choice: int = 0) -> str:
    return reply["choices"][choice]["message"]["content"]


def test_a_reply_is_a_chat_completion(folder: Path) -> None:
    [reply] = ask(folder, question())
    assert reply["object"] == "chat.completion"
    assert reply["model"].startswith("held/tiny@")
    [choice] = reply["choices"]
    assert choice["message"]["role"] == "assistant"
    assert choice["finish_reason"] == "length"
    assert reply["usage"]["completion_tokens"] == 12
    assert reply["usage"]["total_tokens"] == reply["usage"]["prompt_tokens"] + 12


def test_replies_dont_depend_on_what_else_is_asked(folder: Path) -> None:
    requests = [question(number, max_tokens=1 + number % 20) for number in range(40)]
    together = ask(folder, *requests)
    alone = ask(folder, *requests, batch=1)
    # Padding moves the last bits of logits, and once in thousands of tokens that decides.
    assert sum(map(dict.__eq__, together, alone)) >= 38


def test_calls_at_the_same_time_share_a_batch(folder: Path) -> None:
    sizes: list[int] = []

    async def use(model: HeldModel) -> None:
        answer = model._answer
        model._answer = lambda asks: (sizes.append(len(asks)), answer(asks))[1]  # type: ignore[method-assign]
        await asyncio.gather(*(model.send(question(number)) for number in range(20)))

    run(folder, use, batch=8)
    assert sizes == [8, 8, 4]


def test_samples_differ_and_a_call_is_answered_the_same_way_again(folder: Path) -> None:
    first, second, again = ask(folder, question(), question(sample=1), question())
    assert text(first) == text(again) != text(second)


def test_a_seed_counts_on_with_the_sample(folder: Path) -> None:
    first, second, other = ask(
        folder, question(seed=3, sample=4), question(seed=7), question(seed=8), batch=4
    )
    assert text(first) == text(second) != text(other)


def test_choices_differ(folder: Path) -> None:
    [reply] = ask(folder, question(n=3))
    assert len({text(reply, choice) for choice in range(3)}) == 3
    assert [choice["index"] for choice in reply["choices"]] == [0, 1, 2]
    assert reply["usage"]["completion_tokens"] == 36


def test_temperature_zero_takes_the_likeliest_token(folder: Path) -> None:
    [reply] = ask(folder, question(temperature=0, logprobs=True, top_logprobs=2))
    tokens = reply["choices"][0]["logprobs"]["content"]
    assert len(tokens) == 12
    for token in tokens:
        best, next_best = (each["logprob"] for each in token["top_logprobs"])
        assert token["logprob"] == best >= next_best


def test_a_small_top_p_does_too(folder: Path) -> None:
    likeliest, nucleus = ask(folder, question(temperature=0), question(top_p=1e-6))
    assert text(likeliest) == text(nucleus)


def test_tokens_come_as_often_as_their_probability_says(folder: Path) -> None:
    [reply] = ask(folder, question(max_tokens=1, n=2000, logprobs=True, top_logprobs=5), batch=2000)
    firsts = [choice["logprobs"]["content"] for choice in reply["choices"]]
    seen = [entry[0]["token"] for entry in firsts if entry]
    for top in firsts[0][0]["top_logprobs"]:
        share = math.exp(top["logprob"])
        error = math.sqrt(share * (1 - share) / len(firsts))
        assert abs(seen.count(top["token"]) / len(firsts) - share) < 4 * error


def test_a_text_ends_an_answer(folder: Path) -> None:
    [whole] = ask(folder, question(temperature=0))
    stop = text(whole)[5:8]
    [cut] = ask(folder, question(temperature=0, stop=["never said", stop]))
    assert text(cut) == text(whole)[: text(whole).index(stop)]
    assert cut["choices"][0]["finish_reason"] == "stop"
    assert cut["usage"]["completion_tokens"] < 12


def test_the_model_s_end_token_ends_an_answer_and_isnt_part_of_it(folder: Path) -> None:
    async def use(model: HeldModel) -> dict[str, Any]:
        whole = json.loads(await model.send(question(temperature=0)))
        assert model._engine is not None
        ids = model._engine.tokenizer(text(whole), add_special_tokens=False)["input_ids"]
        model._engine.ends = frozenset([ids[2]])
        cut = json.loads(await model.send(question(temperature=0, logprobs=True)))
        assert text(cut) == model._engine.tokenizer.decode(ids[:2])
        return cut

    cut = run(folder, use)
    assert cut["choices"][0]["finish_reason"] == "stop"
    assert len(cut["choices"][0]["logprobs"]["content"]) == 2
    assert cut["usage"]["completion_tokens"] == 3


def test_a_prefill_is_continued(folder: Path) -> None:
    prompt = {"role": "user", "content": "Is it safe?"}
    begun = Request("held/tiny", [prompt, {"role": "assistant", "content": "It is "}], {"max_tokens": 4})
    fresh, continued = ask(folder, Request("held/tiny", [prompt], {"max_tokens": 4}), begun)
    assert continued["usage"]["prompt_tokens"] > fresh["usage"]["prompt_tokens"]
    assert not text(continued).startswith("It is")


def test_a_call_that_doesnt_fit_the_context_fails_alone(folder: Path) -> None:
    async def use(model: HeldModel) -> list[Any]:
        requests = [question(), question(text="word " * 3000), question(max_tokens=2048)]
        return await asyncio.gather(*map(model.send, requests), return_exceptions=True)

    fine, *failed = run(folder, use)
    assert isinstance(fine, bytes)
    assert {error.kind for error in failed} == {FailureKind.TOO_LONG}
    assert "of 2048" in str(failed[0])


def test_a_batch_too_large_for_memory_is_halved(folder: Path) -> None:
    import torch  # pyright: ignore[reportMissingImports]

    requests = [question(number) for number in range(7)]

    async def use(model: HeldModel) -> list[Any]:
        await model.send(question())
        engine = model._engine
        assert engine is not None
        decode = engine._decode

        def small(rows: list[Any]) -> None:
            decode(rows[:2])
            if len(rows) > 2:
                raise torch.OutOfMemoryError("CUDA out of memory")

        engine._decode = small  # type: ignore[method-assign]
        return [json.loads(body) for body in await asyncio.gather(*map(model.send, requests))]

    assert sum(map(dict.__eq__, run(folder, use), ask(folder, *requests))) >= 6


def test_a_call_that_was_given_up_isnt_generated(folder: Path) -> None:
    async def use(model: HeldModel) -> int:
        calls = [asyncio.create_task(model.send(question(number))) for number in range(3)]
        await asyncio.sleep(0)
        calls[1].cancel()
        done = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(done[1], asyncio.CancelledError)
        return sum(isinstance(each, bytes) for each in done)

    assert run(folder, use, wait=0.2) == 2


def test_closing_fails_what_waits_and_ends_the_thread(folder: Path) -> None:
    async def main() -> None:
        model = HeldModel(folder, wait=60)
        call = asyncio.create_task(model.send(question()))
        await asyncio.sleep(0)
        await model.close()
        with pytest.raises(CallError, match="closed"):
            await call

    asyncio.run(main())
    assert not [each for each in threading.enumerate() if each.name.startswith("held")]


def test_a_folder_without_weights_is_a_fatal_failure(folder: Path, tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(CallError, match="can't be loaded") as caught:
        ask(tmp_path, question())
    assert caught.value.fatal
    with pytest.raises(ModelError, match=r"no config\.json"):
        HeldModel(tmp_path / "nowhere")


def test_loading_draws_no_bars(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ask(folder, question())
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_the_same_arguments_make_the_same_model(folder: Path, tmp_path: Path) -> None:
    again = make_tiny_model(tmp_path / "tiny")
    assert HeldModel(again).name == HeldModel(folder).name
    assert HeldModel(make_tiny_model(tmp_path / "other" / "tiny", seed=1)).name != HeldModel(folder).name
    assert sum(path.stat().st_size for path in again.iterdir()) < 2_000_000
