from __future__ import annotations

import pytest
from mensrea.generation.estimate import StepEstimate, estimate, total
from mensrea.generation.job import Job
from mensrea.generation.plan import RoleModel
from mensrea.generation.recipe import Start
from mensrea.generation.steps import Ask, Branch, Derive, Distinct, Draw, Expand, Keep, judge
from mensrea.generation.structured import response_format

from .recipes import INTEGER, MODELS, TEXT, WORD, same, toy, write_prompt


def cost(model, prompt, completion, cached):
    """One dollar a token in, two a token out, for the writer alone."""
    assert cached == 0
    return prompt + 2.0 * completion if model == "scripted/writer" else None


def estimated(folder, *steps, rows=100, models=MODELS, **changes):
    recipe = toy(folder, *steps, **changes)
    return estimate(Job(recipe, Start(rows, 0), models), cost)


def calls(folder, *steps, **options):
    return {each.step: each.calls for each in estimated(folder, *steps, **options)}


@pytest.fixture
def folder(tmp_path):
    write_prompt(
        tmp_path, "ask", "--- system ---\nBe brief, 12.\n--- user ---\nWhat is it? 44444."
    )  # 13 + 18
    write_prompt(tmp_path, "late", "Say: {{ answer }}.")
    return tmp_path


ASK = Ask("ask", "ask", "answer", tokens=20, most_tokens=50)
END = Ask("end", "ask", "end")


def keep(row):
    del row


HALF = Keep("half", keep, rate=0.5)


def test_a_step_costs_what_its_tokens_cost(folder):
    (found,) = estimated(folder, ASK)
    assert found == StepEstimate(
        step="ask",
        model="scripted/writer",
        calls=100,
        prompt=700,  # 31 bytes are 7 tokens
        completion=2_000,
        most=5_000,
        usd=700 + 2 * 2_000,
        most_usd=700 + 2 * 5_000,
    )


def test_a_prompt_holds_the_answers_before_it(folder):
    _, late = estimated(folder, ASK, Ask("late", "late", "end"))
    # "Say: " and ".", and 20 tokens of four bytes, the last without its blank.
    assert late.prompt == 100 * ((6 + 79) // 4)


def test_a_prompt_holds_all_samples_before_it(folder):
    samples = Ask("ask", "ask", "answer", samples=3, tokens=20)
    body = "Say: {% for each in answer %}{{ each }} {% endfor %}."
    write_prompt(folder, "late", body)
    first, late = estimated(folder, samples, Ask("late", "late", "end"))
    assert first.calls == 300
    assert late.prompt == 100 * ((6 + 3 * 80) // 4)


def test_a_schema_counts_as_part_of_the_prompt(folder):
    (found,) = estimated(folder, Ask("ask", "ask", "answer", WORD), rows=1)
    assert found.prompt == (31 + len(str(response_format("ask", WORD)))) // 4


def test_bytes_count_rather_than_characters(folder):
    write_prompt(folder, "ask", "ł" * 40)
    assert estimated(folder, ASK, rows=1)[0].prompt == 20


def test_the_longest_of_the_first_rows_is_taken(folder):
    write_prompt(folder, "ask", "{{ text }}")

    def texts(start):
        return ({"text": "x" * length} for length in (4, 40, 8, *[4] * 47, 4_000)[: start.rows])

    found = estimated(folder, ASK, source=texts, rows=51)
    assert [(each.calls, each.prompt) for each in found] == [(51, 51 * 10)]


def test_rows_of_a_generator_are_counted_and_not_held(folder):
    alive = 0

    class Counted(dict[str, int]):
        def __del__(self):
            nonlocal alive
            alive -= 1

    def many(start):
        nonlocal alive
        for number in range(start.rows):
            alive += 1
            assert alive < 100
            yield Counted(number=number)

    assert calls(folder, ASK, source=many, rows=5_000) == {"ask": 5_000}


def test_a_source_without_rows_costs_nothing(folder):
    assert estimated(folder, ASK, source=lambda _: iter(())) == []
    assert total([]) == StepEstimate("total", "", 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((HALF, END), {"end": 50}),
        ((Distinct("d", str, rate=0.25), END), {"end": 25}),
        ((Derive("d", same, "x", INTEGER), END), {"end": 100}),
        ((Expand("e", list, "each", TEXT, factor=2.5), END), {"end": 250}),
        ((Ask("ask", "ask", "answer", samples=3), END), {"ask": 300, "end": 100}),
        ((Ask("ask", "ask", "answer", samples=3, spread=True), END), {"ask": 300, "end": 300}),
        ((Expand("e", list, "each", TEXT, factor=3), Draw("d", str), END), {"end": 100}),
        ((Draw("d", str, 30), END), {"end": 30}),
        ((Draw("d", str, 300), END), {"end": 100}),
        ((Draw("d", str, 30, by=str), END), {"end": 100}),
        ((HALF, Ask("ask", "ask", "a"), Keep("more", keep, rate=0.1), END), {"ask": 50, "end": 5}),
    ],
)
def test_calls_follow_the_rows_that_are_expected_to_stay(folder, steps, expected):
    assert calls(folder, *steps) == expected


def branch(shares=None, **routes):
    return Branch("branch", str, routes, shares or {})


ONE = Ask("one", "ask", "x")
TWO = Ask("two", "ask", "y", samples=2, spread=True)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (branch(a=(ONE,), b=()), {"one": 50, "end": 100}),
        (branch(a=(ONE,), b=(TWO,)), {"one": 50, "two": 100, "end": 150}),
        (branch({"a": 0.2}, a=(ONE, HALF)), {"one": 20, "end": 90}),
        (branch({"a": 0.2, "as-it-is": 0.8}, a=(ONE,)), {"one": 20, "end": 100}),
        (branch({"a": 0.2, "b": 0.3}, a=(ONE,), b=(TWO,)), {"one": 20, "two": 60, "end": 130}),
        (branch({"a": 1.0}, a=(ONE,), b=(TWO,)), {"one": 100, "two": 0, "end": 100}),
        (branch(), {"end": 100}),
        (branch(a=(ONE,)), {"one": 100, "end": 100}),
        (branch(a=(Branch("inner", str, {"c": (ONE,), "d": ()}),), b=()), {"one": 25, "end": 100}),
    ],
)
def test_rows_are_shared_among_routes_and_come_together_again(folder, step, expected):
    assert calls(folder, step, END) == expected


def test_parameters_of_a_role_bound_its_answers(folder):
    models = {"writer": RoleModel("scripted/writer", {"max_tokens": 8})}
    (found,) = estimated(folder, ASK, models=models, rows=1)
    assert (found.completion, found.most) == (8, 8)


def test_an_unpriced_model_has_no_cost_nor_has_the_sum(folder):
    first, verdict = estimated(folder, ASK, judge("judge", "ask", "verdict", WORD, tokens=5, most_tokens=9))
    assert first.usd is not None
    assert (verdict.model, verdict.usd, verdict.most_usd) == ("scripted/judge", None, None)
    whole = total([first, verdict])
    assert (whole.calls, whole.completion, whole.most) == (200, 2_000 + 500, 5_000 + 900)
    assert (whole.usd, whole.most_usd) == (None, None)


def test_a_sum_adds_up(folder):
    found = estimated(folder, ASK, END)
    whole = total(found)
    assert whole.prompt == 1_400
    assert whole.usd == sum(each.usd or 0 for each in found)
    assert whole.most_usd == sum(each.most_usd or 0 for each in found)


def test_every_shipped_recipe_can_be_estimated():
    from mensrea.generation.cogtest import GENERATED

    job = Job(GENERATED, GENERATED.start(None, 0, {}), MODELS)
    found = {each.step: each for each in estimate(job, cost)}
    assert found["write"].calls == len(list(GENERATED.source(job.start)))
    assert found["rewrite"].calls == found["spontaneity-again"].calls < found["spontaneity"].calls
    assert all(each.prompt > 100 * each.calls > 0 for each in found.values())
