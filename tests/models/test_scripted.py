import asyncio
import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.models.calls import Api, Request, Response
from mensrea.models.checks import check
from mensrea.models.failures import CallError, FailureKind
from mensrea.models.scripted import ScriptedModel
from mensrea.models.scripted_body import Reply
from mensrea.models.scripted_rules import read_rules
from mensrea.models.wire import decode
from mensrea.testing.simulated_time import run_simulated

APIS = pytest.mark.parametrize("api", ["chat", "responses"])


def ask(
    text: str = "Is it?", *, step: str = "", api: Api = "chat", sample: int = 0, **parameters: Any
) -> Request:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
    return Request("scripted/s", messages, {"max_tokens": 50, **parameters}, api, sample, step)


def script(folder: Path, *rules: Any) -> ScriptedModel:
    file = folder / "replies.jsonl"
    file.write_text("".join(f"{json.dumps(rule)}\n" for rule in rules), encoding="utf-8")
    return ScriptedModel.from_file(file)


def answer(model: ScriptedModel, request: Request) -> Response:
    response = decode(run_simulated(model.send(request)), request.api)
    check(request, response, model.server)
    return response


def test_the_first_rule_that_fits_answers(tmp_path: Path) -> None:
    model = script(
        tmp_path,
        {"step": "judge", "contains": ["brief", "rain"], "reply": "Both."},
        {"step": "judge", "reply": "Judged."},
        {"contains": "rain", "reply": "It rains."},
        {"model": "scripted/other", "reply": "Never."},
        {"reply": {"value": [1, "é"]}},
    )
    assert answer(model, ask("Will it rain?", step="judge")).text == "Both."
    assert answer(model, ask(step="judge")).text == "Judged."
    assert answer(model, ask("Will it rain?")).text == "It rains."
    assert json.loads(answer(model, ask()).text) == {"value": [1, "é"]}


def test_no_rule_is_a_bad_request_that_names_the_step(tmp_path: Path) -> None:
    model = script(tmp_path, {"step": "judge", "reply": "Judged."})
    with pytest.raises(
        CallError, match=r"no rule fits the call of step 'write' that begins with 'Be brief"
    ) as raised:
        answer(model, ask(step="write"))
    assert raised.value.kind is FailureKind.BAD_REQUEST


def test_the_name_is_the_file_s_and_a_digest_and_no_path(tmp_path: Path) -> None:
    model = script(tmp_path, {"reply": "Yes."})
    digest = hashlib.sha256((tmp_path / "replies.jsonl").read_bytes()).hexdigest()[:12]
    assert model.name == model.server == f"scripted/replies.jsonl@{digest}"
    assert answer(model, ask()).model == model.name


@APIS
def test_a_reply_has_what_the_rule_says(tmp_path: Path, api: Api) -> None:
    rule = {"reply": "Yes, it is.", "reasoning": "Hm, let me see.", "finish": "length"}
    response = answer(script(tmp_path, rule), ask(api=api))
    [choice] = response.choices
    assert (choice.text, choice.reasoning, choice.finish) == ("Yes, it is.", "Hm, let me see.", "length")
    assert response.usage is not None
    assert (response.usage.prompt, response.usage.completion, response.usage.reasoning) == (4, 7, 4)


@APIS
def test_a_refusal_stands_in_its_own_field(tmp_path: Path, api: Api) -> None:
    [choice] = answer(script(tmp_path, {"reply": "", "refusal": "I can't."}), ask(api=api)).choices
    assert choice.refusal == "I can't."


@APIS
def test_log_probabilities_come_if_asked_for(tmp_path: Path, api: Api) -> None:
    model = script(tmp_path, {"reply": "Yes indeed", "logprobs": {"No": -2.3, "Yes": -0.1, "So": -9.0}})
    [choice] = answer(model, ask(api=api, logprobs=True, top_logprobs=2)).choices
    assert choice.logprobs is not None
    first, second = choice.logprobs
    assert (first.token, first.logprob, first.top) == ("Yes", -0.1, (("Yes", -0.1), ("No", -2.3)))
    assert (second.token, second.logprob) == ("indeed", 0.0)
    assert answer(model, ask(api=api)).choices[0].logprobs is None


def test_of_several_replies_the_call_picks_one_whatever_came_before(tmp_path: Path) -> None:
    model = script(tmp_path, {"replies": ["One.", "Two.", {"three": 3}]})
    calls = [ask(str(number)) for number in range(60)]
    first = [answer(model, call).text for call in calls]
    assert set(first) == {"One.", "Two.", '{"three":3}'}
    assert [answer(model, call).text for call in reversed(calls)] == first[::-1]
    assert len({answer(model, ask(sample=sample)).text for sample in range(20)}) == 3
    assert len({choice.text for choice in answer(model, ask(n=20)).choices}) == 3


def test_a_failure_comes_as_often_as_it_says_for_each_call(tmp_path: Path) -> None:
    model = script(tmp_path, {"failure": "rate-limited", "retry_after": 2, "times": 2}, {"reply": "Yes."})
    for call in (ask("1"), ask("2")):
        for _ in range(2):
            with pytest.raises(CallError) as raised:
                answer(model, call)
            assert (raised.value.kind, raised.value.retry_after) == (FailureKind.RATE_LIMITED, 2)
        assert answer(model, call).text == "Yes."


def test_a_long_reply_counts_no_more_tokens_than_were_allowed(tmp_path: Path) -> None:
    response = answer(script(tmp_path, {"reply": "word " * 200}), ask())
    assert response.usage is not None
    assert response.usage.completion == 50


@pytest.mark.parametrize(
    ("given_", "text"),
    [
        ("Yes.", "Yes."),
        ({"a": 1}, '{"a":1}'),
        (Reply("Yes."), "Yes."),
        ([Reply("Yes."), Reply("No.")], "Yes."),
        (orjson.dumps({"choices": [{"message": {"content": "Raw."}}]}), "Raw."),
    ],
)
def test_a_function_answers(given_: Any, text: str) -> None:
    assert answer(ScriptedModel(lambda _: given_), ask()).text == text


def test_it_takes_as_long_as_it_is_told() -> None:
    async def main() -> float:
        await ScriptedModel(lambda _: "Yes.", latency=3).send(ask())
        return asyncio.get_running_loop().time()

    assert run_simulated(main()) == 3


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("{", "no JSON"),
        ("[1]", "found [1]; expected an object"),
        ("{}", "has no answer; expected one of reply, replies, failure"),
        ('{"reply": "a", "replies": ["b"]}', "has reply and replies"),
        ('{"replies": []}', "`replies` is no list of answers"),
        ('{"replies": "a"}', "`replies` is no list of answers"),
        ('{"reply": "a", "contain": "b"}', "unknown key 'contain'"),
        ('{"reply": "a", "contains": [1]}', "`contains` isn't text"),
        ('{"reply": "a", "step": 1}', "'step' is 1; expected str"),
        ('{"failure": "flood"}', "unknown failure 'flood'; expected one of rate-limited"),
        ('{"failure": "auth", "times": true}', "'times' is True; expected int"),
        ('{"failure": "auth", "retry_after": "1"}', "'retry_after' is '1'; expected a number"),
        ('{"reply": "a", "logprobs": {"a": "b"}}', "`logprobs` isn't a table of numbers"),
    ],
)
def test_a_line_that_is_no_rule_is_named(line: str, found: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_rules(f'// how it begins\n\n{{"reply": "a"}}\n{line}\n'.encode(), "replies.jsonl")
    message = str(raised.value)
    assert message.startswith("replies.jsonl:4: ")
    assert found in message
    assert "\n" not in message


def test_an_empty_or_missing_script_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"replies\.jsonl: the script is empty"):
        script(tmp_path)
    with pytest.raises(UsageError, match="nowhere: the script can't be read: No such file"):
        ScriptedModel.from_file(tmp_path / "nowhere")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = [
    "step",
    "model",
    "contains",
    "reply",
    "replies",
    "reasoning",
    "finish",
    "logprobs",
    "failure",
    "times",
]


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), JSON, max_size=5) | JSON)
def test_whatever_a_line_holds_it_is_a_rule_or_refused(line: Any) -> None:
    with suppress(UsageError):
        [rule] = read_rules(orjson.dumps(line), "replies.jsonl")
        assert rule.failure is not None or rule.pick(b"key", 0) in rule.replies
