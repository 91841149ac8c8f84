from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import BudgetError, PromptError, RecipeError, RunStoppedError
from mensrea.generation.chain import Asker, Chain
from mensrea.generation.outcome import read_outcome
from mensrea.generation.plan import RoleModel
from mensrea.generation.steps import Ask, Branch, Derive, Expand, Keep, judge, rewrite
from mensrea.models.calls import Choice, Response
from mensrea.models.failures import CallError, FailureKind

from .recipes import (
    INTEGER,
    MODELS,
    TEXT,
    WORD,
    answering,
    object_of,
    question,
    reply,
    run_row,
    toy,
    write_prompt,
)

ASK = Ask("ask", "ask", "answer")
WORDS = Ask("ask", "ask", "answer", WORD)


@pytest.fixture
def folder(tmp_path):
    write_prompt(tmp_path)
    return tmp_path


def ran(folder, call, *steps, row=None, **options):
    return run_row(toy(folder, *steps), {"number": 7} if row is None else row, call, **options)


def request_of(recipe, step, model=MODELS["writer"], structured="schema", sample=0):
    return Asker(recipe, step, model, answering(question), structured).request({"number": 7}, sample)


# What is asked


def test_a_request_holds_what_the_step_says(folder):
    step = Ask("ask", "ask", "answer", WORD, most_tokens=50, temperature=0.5, parameters={"stop": ["x"]})
    request = request_of(toy(folder, step), step, sample=2)
    assert (request.model, request.step, request.sample) == ("scripted/writer", "ask", 2)
    assert request.messages == ({"role": "user", "content": "Number 7."},)
    wanted = request.parameters["response_format"]
    assert wanted["json_schema"]["name"] == "ask"
    assert request.parameters == {
        "temperature": 0.5,
        "max_tokens": 50,
        "stop": ["x"],
        "response_format": wanted,
    }


def test_parameters_of_a_role_replace_those_of_a_step(folder):
    model = RoleModel("m", {"temperature": 0.1, "max_tokens": None, "max_completion_tokens": 9, "seed": 1})
    request = request_of(toy(folder, ASK), ASK, model)
    assert request.parameters == {"temperature": 0.1, "max_completion_tokens": 9, "seed": 1}
    assert request.most_tokens == 9


def test_a_schema_can_be_asked_for_in_words(folder):
    request = request_of(toy(folder, WORDS), WORDS, structured="prompt")
    assert "response_format" not in request.parameters
    text = question(request)
    assert text.startswith("Number 7.\n\nAnswer with one JSON object")
    assert json.loads(text.rpartition("\n")[2])["required"] == ["word"]


def test_words_about_a_schema_go_before_a_prefill(folder):
    write_prompt(folder, "ask", "--- user ---\nHi.\n--- assistant ---\n{")
    first, last = request_of(toy(folder, WORDS), WORDS, structured="prompt").messages
    assert first["content"].startswith("Hi.\n\nAnswer with one JSON object")
    assert last["content"] == "{"


# What comes of the answers


def test_a_text_is_kept_without_blanks_at_its_ends(folder):
    outcome = ran(folder, answering(lambda request: f" \n{question(request)} Zażółć. \n"), ASK)
    assert outcome.rows == [{"number": 7, "answer": "Number 7. Zażółć."}]
    assert outcome.drops == []


def test_reasoning_before_an_answer_is_no_part_of_it(folder):
    told = ran(folder, answering(lambda _: "<think>A bird.</think>\n\nA wren."), ASK)
    assert told.rows == [{"number": 7, "answer": "A wren."}]
    found = ran(folder, answering(lambda _: '<think>{"word": "owl"}</think>{"word": "wren"}'), WORDS)
    assert found.rows == [{"number": 7, "answer": {"word": "wren"}}]


def test_a_tag_within_an_object_is_text(folder):
    outcome = ran(folder, answering(lambda _: '{"word": "<think>"}'), WORDS)
    assert outcome.rows == [{"number": 7, "answer": {"word": "<think>"}}]


def test_a_structured_answer_is_an_object(folder):
    outcome = ran(folder, answering(lambda _: '```json\n{"word": "été"}\n```'), WORDS)
    assert outcome.rows == [{"number": 7, "answer": {"word": "été"}}]


@pytest.mark.parametrize(
    ("step", "answer", "reason", "detail"),
    [
        (ASK, reply(" \n"), "empty", "the answer has no text"),
        (ASK, reply("half", finish="length"), "truncated", "the answer was cut; it may have 1,024 tokens"),
        (ASK, reply("", refusal="I won't."), "refused", "I won't."),
        (ASK, reply("half", finish="content_filter"), "content-filter", "the provider cut the answer"),
        (WORDS, reply('{"word": "it', finish="length"), "truncated", "the answer was cut; "),
        (ASK, reply("<think>Hm"), "truncated", "the reasoning never ends"),
        (WORDS, reply('<think>{"word": "wren"}'), "truncated", "the reasoning never ends"),
        (ASK, reply("<think>Hm.</think>\n"), "empty", "the answer has no text"),
        (WORDS, reply("", refusal="No.", finish="stop"), "refused", "No."),
        (WORDS, reply('{"word": "x"}'), "off-schema", '"x" is shorter than 2 characters'),
        (WORDS, reply('{"word": "xx", "more": 1}'), "off-schema", "Additional properties are not allowed"),
        (WORDS, reply("no JSON"), "off-schema", "invalid literal"),
        (WORDS, reply(""), "off-schema", "Input is a zero-length"),
        (WORDS, reply("[]"), "off-schema", '[] is not of type "object"'),
    ],
)
def test_an_answer_that_is_none_drops_its_row_with_the_reason(folder, step, answer, reason, detail):
    outcome = ran(folder, answering(lambda _: answer), step)
    (drop,) = outcome.drops
    assert outcome.rows == []
    assert (drop.row, drop.step, drop.reason) == ({"number": 7}, "ask", reason)
    assert drop.detail.startswith(detail)
    assert "\n" not in drop.detail
    assert not outcome.failed
    assert outcome.calls == {("ask", "scripted/writer"): [1, 100, 10, 4, 2]}


def failing(kind, body=b"", *, only=None):
    """Calls that fail, all of them or those of a sample."""

    def answer(request):
        if only is None or request.sample in only:
            raise CallError(kind, "the server said no", body=body)
        return f"sample {request.sample}"

    return answering(answer)


PAID = json.dumps(
    {
        "model": "m",
        "choices": [{"message": {"content": "[]"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 5},
    }
).encode()


@pytest.mark.parametrize(
    ("kind", "body", "reason", "calls"),
    [
        (FailureKind.SERVER, b"", "failed", {}),
        (FailureKind.TIMEOUT, b"", "failed", {}),
        (FailureKind.TOO_LONG, b"", "failed", {}),
        (FailureKind.TRUNCATED, b'{"cut', "failed", {}),
        (FailureKind.FILTERED, b"", "content-filter", {}),
        (FailureKind.OFF_SCHEMA, PAID, "off-schema", {("ask", "scripted/writer"): [1, 9, 5, 0, 0]}),
    ],
)
def test_a_call_that_fails_drops_its_row_and_counts_what_was_paid(folder, kind, body, reason, calls):
    outcome = ran(folder, failing(kind, body), ASK)
    (drop,) = outcome.drops
    assert (drop.step, drop.reason, drop.detail) == ("ask", reason, f"{kind}: the server said no")
    assert outcome.failed == (reason == "failed")
    assert outcome.calls == calls


def test_an_answer_without_usage_counts_as_a_call(folder):
    outcome = ran(folder, answering(lambda _: Response("m", (Choice("x"),))), ASK)
    assert outcome.calls == {("ask", "scripted/writer"): [1, 0, 0, 0, 0]}


# Samples


def samples(number, **options):
    return Ask("ask", "ask", "answer", samples=number, **options)


def numbered(request):
    return f"sample {request.sample}"


def test_samples_make_a_list(folder):
    outcome = ran(folder, answering(numbered), samples(3))
    assert outcome.rows == [{"number": 7, "answer": ["sample 0", "sample 1", "sample 2"]}]
    assert outcome.calls == {("ask", "scripted/writer"): [3, 300, 30, 12, 6]}


def test_one_sample_makes_no_list(folder):
    assert ran(folder, answering(numbered), samples(1)).rows[0]["answer"] == "sample 0"


def test_spread_samples_make_rows(folder):
    outcome = ran(folder, answering(numbered), samples(3, spread=True))
    assert [row["answer"] for row in outcome.rows] == ["sample 0", "sample 1", "sample 2"]


def test_a_missing_sample_is_null_and_its_reason_is_counted(folder):
    outcome = ran(folder, failing(FailureKind.SERVER, only={1}), samples(3))
    assert outcome.rows == [{"number": 7, "answer": ["sample 0", None, "sample 2"]}]
    assert outcome.drops == []
    assert outcome.missing == {("ask", "failed"): 1}
    assert outcome.failed
    assert read_outcome(outcome.to_bytes()) == outcome


def test_a_row_without_any_sample_is_dropped(folder):
    outcome = ran(folder, failing(FailureKind.SERVER), samples(3))
    assert outcome.rows == []
    assert [drop.reason for drop in outcome.drops] == ["failed"]
    assert not outcome.missing


def test_a_row_is_failed_if_any_of_its_missing_samples_is(folder):
    def answer(request):
        if request.sample == 2:
            raise CallError(FailureKind.SERVER, "down")
        return reply("", refusal="No.")

    (drop,) = ran(folder, answering(answer), samples(3)).drops
    assert drop.reason == "failed"


def test_a_missing_spread_sample_is_a_drop(folder):
    outcome = ran(folder, failing(FailureKind.SERVER, only={1}), samples(3, spread=True))
    assert [row["answer"] for row in outcome.rows] == ["sample 0", "sample 2"]
    assert [drop.reason for drop in outcome.drops] == ["failed"]
    assert not outcome.missing


# Steps that compute


def test_steps_add_fields_and_keep_drops(folder):
    steps = (
        Expand("each", lambda row: range(row["number"]), "each", INTEGER),
        Derive("square", lambda row: row["each"] ** 2, "square", INTEGER),
        Keep("small", lambda row: "large" if row["square"] > 1 else None),
    )
    outcome = ran(folder, answering(question), *steps, row={"number": 4})
    assert [row["square"] for row in outcome.rows] == [0, 1]
    assert [(drop.row["each"], drop.step, drop.reason) for drop in outcome.drops] == [
        (2, "small", "large"),
        (3, "small", "large"),
    ]


def test_a_row_may_come_to_nothing(folder):
    outcome = ran(folder, answering(question), Expand("each", lambda _: [], "each", INTEGER), ASK)
    assert (outcome.rows, outcome.drops, outcome.calls) == ([], [], {})


def test_a_chain_without_steps_keeps_the_row(folder):
    assert ran(folder, answering(question)).rows == [{"number": 7}]


SIGN = Branch(
    "sign",
    lambda row: "negative" if row["number"] < 0 else "zero" if row["number"] == 0 else "positive",
    {
        "negative": (Derive("negate", lambda row: -row["number"], "number", INTEGER),),
        "zero": (Keep("nothing", lambda _: "zero"),),
    },
)
DOUBLE = Derive("double", lambda row: 2 * row["number"], "double", INTEGER)


@pytest.mark.parametrize(("number", "rows"), [(-3, [(3, 6)]), (0, []), (4, [(4, 8)])])
def test_a_row_takes_its_route_and_goes_on(folder, number, rows):
    outcome = ran(folder, answering(question), SIGN, DOUBLE, row={"number": number})
    assert [(row["number"], row["double"]) for row in outcome.rows] == rows
    assert len(outcome.drops) == 1 - len(rows)


def test_a_branch_after_spread_samples_is_by_rollout(folder):
    write_prompt(folder, "judge", "Judge {{ answer }}.")
    by = Branch(
        "by",
        lambda row: row["answer"],
        {"sample 1": (judge("judge", "judge", "verdict", WORD),)},
    )

    def answer(request):
        return '{"word": "good"}' if request.step == "judge" else numbered(request)

    outcome = ran(folder, answering(answer), samples(3, spread=True), by)
    assert [row.get("verdict") for row in outcome.rows] == [None, {"word": "good"}, None]
    assert outcome.calls["judge", "scripted/judge"][0] == 1


def test_only_rows_for_which_it_holds_are_rewritten(folder):
    write_prompt(folder, "again", "Better than {{ answer }}.")
    again = rewrite("again", "again", "answer", WORD, when=lambda row: row["answer"]["word"] == "bad")

    def answer(request):
        if request.step == "again":
            return '{"word": "better"}'
        return '{"word": "bad"}' if request.sample else '{"word": "good"}'

    write = samples(2, output=WORD, spread=True)
    outcome = ran(folder, answering(answer), write, again)
    assert [row["answer"]["word"] for row in outcome.rows] == ["good", "better"]
    assert outcome.calls["again", "scripted/writer"][0] == 1


@pytest.mark.parametrize("options", [{}, {"spread": True}, {"samples": 3}, {"samples": 3, "spread": True}])
def test_a_row_that_needn_t_be_asked_passes_as_it_is(folder, options):
    step = Ask("ask", "ask", "answer", when=lambda _: False, **options)
    outcome = ran(folder, answering(question), step)
    assert (outcome.rows, outcome.calls) == ([{"number": 7}], {})


# Faults of recipes


def fails(row):
    return row["nothing"]


def always(value: Any) -> Any:
    """A function that gives this value, of whatever type."""
    return lambda _: value


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (Expand("expand", fails, "x", TEXT), "expand"),
        (Derive("derive", fails, "x", TEXT), "derive"),
        (Keep("keep", fails), "keep"),
        (Branch("branch", fails, {}), "branch"),
        (Ask("ask", "ask", "x", when=fails), "ask"),
        (Branch("branch", lambda _: "a", {"a": (Keep("inner", fails),)}), "inner"),
    ],
)
def test_a_function_that_fails_is_named_with_its_step_and_the_fields(folder, step, name):
    with pytest.raises(RecipeError) as caught:
        ran(folder, answering(question), step, row={"number": 7, "text": "x"})
    expected = f"recipe toy generated, step {name}: KeyError: 'nothing', on a row with number, text"
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (Derive("x", lambda _: {1}, "x", TEXT), "TypeError: Type is not JSON serializable: set"),
        (Derive("x", lambda _: {1: 2}, "x", TEXT), "TypeError: Dict key must be str"),
        (Derive("x", lambda _: 2**70, "x", TEXT), "TypeError: Integer exceeds 64-bit range"),
        (Derive("x", lambda _: "\ud800", "x", TEXT), "TypeError: str is not valid UTF-8"),
        (Expand("x", lambda _: [object()], "x", TEXT), "TypeError: Type is not JSON serializable: object"),
        (Expand("x", always(1), "x", TEXT), "TypeError: 'int' object is not iterable"),
        (Branch("x", always([]), {}), "TypeError: "),
        (Keep("x", always(value=True)), "gave the reason True, expected a name, or None to keep"),
        (Keep("x", lambda _: ""), "gave the reason '', expected a name, or None to keep"),
    ],
)
def test_what_a_function_may_not_give(folder, step, message):
    with pytest.raises(RecipeError) as caught:
        ran(folder, answering(question), step)
    assert str(caught.value).startswith(f"recipe toy generated, step x: {message}")


def test_a_prompt_that_can_t_be_rendered_is_the_recipe_s_fault(folder):
    with pytest.raises(PromptError, match=r"^prompt toy: can't be rendered: 'number' is undefined"):
        ran(folder, answering(question), ASK, row={"other": 7})


# Rows don't leak


def spoiled(row):
    row["shared"]["list"].append(row.pop("number"))


@pytest.mark.parametrize(
    "step",
    [
        Keep("spoil", spoiled),
        Derive("spoil", lambda row: spoiled(row), "spoilt", TEXT),  # noqa: PLW0108
        Expand("spoil", lambda row: [spoiled(row)], "spoilt", TEXT),
        Branch("spoil", lambda row: str(spoiled(row)), {}),
        Ask("spoil", "ask", "spoilt", when=lambda row: bool(spoiled(row))),
    ],
)
def test_what_a_function_does_to_a_row_reaches_nobody_else(folder, step):
    row = {"number": 7, "shared": {"list": []}}
    outcome = ran(folder, answering(numbered), samples(2, spread=True), step, row=row)
    assert row == {"number": 7, "shared": {"list": []}}
    assert len(outcome.rows) == 2
    for each in outcome.rows:
        assert (each["number"], each["shared"]) == (7, {"list": []})


def test_what_a_function_gives_isn_t_shared_by_rows(folder):
    common = {"list": []}
    steps = (
        Expand("each", lambda _: [common, common], "each", object_of(list={"type": "array"})),
        Derive("spoil", lambda row: row["each"]["list"].append(1), "spoilt", TEXT),
    )
    outcome = ran(folder, answering(question), *steps)
    assert [row["each"] for row in outcome.rows] == [{"list": []}, {"list": []}]
    assert common == {"list": []}


# Order


def everything(folder):
    """A recipe with every kind of step, whose rows multiply."""
    write_prompt(folder, "ask", "Number {{ each }} of {{ number }}.")
    write_prompt(folder, "judge", "Judge {{ answer }} of {{ each }}.")
    write_prompt(folder, "again", "Better than {{ answer }}.")
    return toy(
        folder,
        Expand("each", lambda row: range(row["number"]), "each", INTEGER),
        Ask("ask", "ask", "answer", samples=3, spread=True),
        Keep("odd", lambda row: "odd" if len(row["answer"]) % 5 == 0 else None),
        Branch(
            "by",
            lambda row: str(len(row["answer"]) % 3),
            {
                "0": (Ask("again", "again", "answer", samples=2, spread=True),),
                "1": (Expand("twice", lambda _: "ab", "twice", TEXT),),
            },
        ),
        Ask("judge", "judge", "verdicts", role="judge", samples=2),
    )


def varied(request):
    """An answer, a refusal or a failure, by what is asked."""
    number = request.key[0]
    if number % 7 == 0:
        raise CallError(FailureKind.SERVER, "down")
    return reply("", refusal="No.") if number % 7 == 1 else "x" * (number % 20 + 1)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    recipe = everything(tmp_path_factory.mktemp("mixed"))
    return recipe, run_row(recipe, {"number": 5}, answering(varied)).to_bytes()


def test_the_mix_has_rows_drops_and_missing_samples(mixed):
    outcome = read_outcome(mixed[1])
    assert len(outcome.rows) > 5
    assert {drop.reason for drop in outcome.drops} == {"odd", "failed", "refused"}
    assert outcome.missing
    assert len(outcome.calls) == 3


@settings(deadline=None, max_examples=50)
@given(st.randoms(use_true_random=False))
def test_results_come_in_order_whatever_order_calls_end_in(mixed, random):
    recipe, expected = mixed

    async def call(request):
        for _ in range(random.randrange(6)):
            await asyncio.sleep(0)
        return await answering(varied)(request)

    assert run_row(recipe, {"number": 5}, call).to_bytes() == expected


def test_samples_are_asked_at_the_same_time(folder):
    async def run():
        together = asyncio.Barrier(6)

        async def call(request):
            await together.wait()
            return reply(numbered(request))

        steps = (Expand("each", lambda _: "ab", "each", TEXT), samples(3))
        chain = Chain(toy(folder, *steps), steps, MODELS, call)
        async with asyncio.timeout(10):
            return await chain.run({"number": 7})

    assert len(asyncio.run(run()).rows) == 2


# Ends


@pytest.mark.parametrize("error", [BudgetError("spent"), RunStoppedError("stopped")])
def test_what_ends_a_run_ends_the_row_and_its_other_calls(folder, error):
    given_up = []

    async def call(request):
        if request.sample == 1:
            await asyncio.sleep(0)
            raise error
        try:
            await asyncio.Event().wait()
        finally:
            given_up.append(request.sample)

    steps = (Expand("each", lambda _: "ab", "each", TEXT), samples(3, spread=True))
    with pytest.raises(type(error)) as caught:
        ran(folder, call, *steps)
    assert caught.value is error
    assert sorted(given_up) == [0, 0, 2, 2]


def test_a_row_can_be_cancelled(folder):
    async def run():
        async def call(request):
            await asyncio.Event().wait()
            return reply(question(request))

        chain = Chain(toy(folder, samples(3)), (samples(3),), MODELS, call)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await chain.run({"number": 7})
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())


def test_many_branches_one_after_the_other_run(folder):
    steps = [Branch(f"b{at}", lambda _: "a", {"a": (DOUBLE,)}) for at in range(200)]
    assert ran(folder, answering(question), *steps).rows == [{"number": 7, "double": 14}]
