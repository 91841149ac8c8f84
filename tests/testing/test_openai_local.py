"""The local OpenAI-compatible server, asked by the real client."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from mensrea.testing.openai_answers import Answer
from mensrea.testing.openai_faults import OpenAIFault
from mensrea.testing.openai_local import LocalOpenAI
from openai import DefaultHttpxClient, OpenAI
from pydantic import BaseModel

MODEL = "local-model"
COUNTING: Any = [{"role": "user", "content": "Count to ten."}]
SCHEMA: Any = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 18, "maximum": 20}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


class Person(BaseModel):
    name: str
    age: int


def plain() -> DefaultHttpxClient:
    # Certificates take a quarter of a second to read, and there are none to check.
    return DefaultHttpxClient(verify=False)


def connect(server: LocalOpenAI, key: str = "any") -> OpenAI:
    return OpenAI(base_url=server.base_url, api_key=key, max_retries=0, http_client=plain())


@pytest.fixture
def server() -> Iterator[LocalOpenAI]:
    with LocalOpenAI() as server:
        yield server


@pytest.fixture
def client(server: LocalOpenAI) -> Iterator[OpenAI]:
    with connect(server) as client:
        yield client


def chat(client: OpenAI, messages: Any = COUNTING, **parameters: Any) -> Any:
    return client.chat.completions.create(model=MODEL, messages=messages, **parameters)


class TestChat:
    def test_an_answer_has_text_a_finish_and_usage(self, client: OpenAI) -> None:
        reply = chat(client)
        choice = reply.choices[0]
        assert (reply.model, reply.object, choice.finish_reason) == (MODEL, "chat.completion", "stop")
        assert choice.message.content
        assert reply.usage.completion_tokens == len(choice.message.content.split())
        assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens

    def test_it_depends_on_prompt_seed_and_model_alone(self, client: OpenAI) -> None:
        first = chat(client).choices[0].message.content
        others = [
            chat(client, [{"role": "user", "content": "Count to nine."}]),
            chat(client, seed=1),
            client.chat.completions.create(model="other", messages=COUNTING),
        ]
        assert chat(client).choices[0].message.content == first
        assert len({first, *(other.choices[0].message.content for other in others)}) == 4
        with LocalOpenAI() as another, connect(another) as other_client:
            assert chat(other_client).choices[0].message.content == first

    def test_several_choices_differ(self, client: OpenAI) -> None:
        choices = chat(client, n=3).choices
        assert [choice.index for choice in choices] == [0, 1, 2]
        assert len({choice.message.content for choice in choices}) == 3

    @pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
    def test_the_limit_on_tokens_is_kept(self, client: OpenAI, name: str) -> None:
        reply = chat(client, n=2, **{name: 5})
        assert {choice.finish_reason for choice in reply.choices} == {"length"}
        assert [len(choice.message.content.split()) for choice in reply.choices] == [5, 5]
        assert reply.usage.completion_tokens == 10

    def test_log_probabilities_belong_to_the_tokens(self, client: OpenAI) -> None:
        choice = chat(client, logprobs=True, top_logprobs=4).choices[0]
        entries = choice.logprobs.content
        assert "".join(entry.token for entry in entries) == choice.message.content
        for entry in entries:
            top = entry.top_logprobs
            assert (top[0].token, top[0].logprob) == (entry.token, entry.logprob)
            assert len(top) == 4
            assert [other.logprob for other in top] == sorted((other.logprob for other in top), reverse=True)
            assert sum(2.718281828**other.logprob for other in top) < 1

    def test_log_probabilities_come_only_when_asked_for(self, client: OpenAI) -> None:
        assert chat(client).choices[0].logprobs is None
        assert len(chat(client, logprobs=True).choices[0].logprobs.content[0].top_logprobs) == 1

    def test_a_schema_is_followed(self, client: OpenAI) -> None:
        parsed = client.chat.completions.parse(model=MODEL, messages=COUNTING, response_format=Person)  # pyright: ignore[reportArgumentType]
        assert isinstance(parsed.choices[0].message.parsed, Person)

    def test_answers_to_a_schema_vary_with_the_prompt(self, client: OpenAI) -> None:
        form = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": SCHEMA}}
        prompts = [[{"role": "user", "content": f"Person {number}"}] for number in range(10)]
        people = {chat(client, prompt, response_format=form).choices[0].message.content for prompt in prompts}
        assert len(people) > 5
        assert all(18 <= json.loads(person)["age"] <= 20 for person in people)

    def test_strict_schemas_are_held_to_the_rules_of_the_api(self, client: OpenAI) -> None:
        loose = {**SCHEMA, "required": ["name"]}
        form = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": loose}}
        with pytest.raises(openai.BadRequestError, match="required"):
            chat(client, response_format=form)

    def test_any_object_comes_for_the_json_mode(self, client: OpenAI) -> None:
        reply = chat(client, response_format={"type": "json_object"})
        assert isinstance(json.loads(reply.choices[0].message.content), dict)

    def test_reasoning_comes_when_effort_is_asked_for(self, client: OpenAI) -> None:
        reply = chat(client, reasoning_effort="low")
        reasoning = reply.choices[0].message.reasoning_content
        assert reply.usage.completion_tokens_details.reasoning_tokens == len(reasoning.split())
        assert not hasattr(chat(client).choices[0].message, "reasoning_content")

    def test_images_count_and_change_the_answer(self, client: OpenAI) -> None:
        def ask(address: str) -> Any:
            parts = [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": address}}]
            return chat(client, [{"role": "user", "content": parts}])

        first, second = ask("data:image/png;base64,AAAA"), ask("data:image/png;base64,BBBB")
        assert first.choices[0].message.content != second.choices[0].message.content
        assert first.usage.prompt_tokens > 85

    def test_a_stream_is_the_same_answer_in_pieces(self, client: OpenAI) -> None:
        whole = chat(client, n=2, logprobs=True)
        stream = chat(client, n=2, logprobs=True, stream=True, stream_options={"include_usage": True})
        texts, ends, usage = ["", ""], [], None
        for chunk in stream:
            usage = chunk.usage or usage
            for choice in chunk.choices:
                texts[choice.index] += choice.delta.content or ""
                ends += [choice.finish_reason] if choice.finish_reason else []
        assert texts == [choice.message.content for choice in whole.choices]
        assert (ends, usage) == (["stop", "stop"], whole.usage)


class TestResponses:
    def test_it_says_what_chat_says(self, client: OpenAI) -> None:
        reply = client.responses.create(model=MODEL, input="Count to ten.")
        assert reply.output_text == chat(client).choices[0].message.content
        assert reply.status == "completed"
        assert reply.usage is not None
        assert reply.usage.output_tokens == len(reply.output_text.split())

    def test_instructions_are_a_system_message(self, client: OpenAI) -> None:
        messages = [{"role": "system", "content": "Be brief."}, *COUNTING]
        reply = client.responses.create(model=MODEL, instructions="Be brief.", input="Count to ten.")
        assert reply.output_text == chat(client, messages).choices[0].message.content

    def test_the_limit_ends_it_early(self, client: OpenAI) -> None:
        reply = client.responses.create(model=MODEL, input="Count.", max_output_tokens=3)
        assert (reply.status, len(reply.output_text.split())) == ("incomplete", 3)
        assert reply.incomplete_details is not None
        assert reply.incomplete_details.reason == "max_output_tokens"

    def test_log_probabilities_reasoning_and_schema(self, client: OpenAI) -> None:
        reply = client.responses.create(
            model=MODEL,
            input="Who?",
            include=["message.output_text.logprobs"],
            top_logprobs=2,
            reasoning={"effort": "low"},
            text={"format": {"type": "json_schema", "name": "person", "strict": True, "schema": SCHEMA}},
        )
        reasoning, message = reply.output
        assert reasoning.type == "reasoning"
        assert reasoning.summary[0].text
        assert message.type == "message"
        assert message.content[0].type == "output_text"
        assert message.content[0].logprobs is not None
        assert "".join(entry.token for entry in message.content[0].logprobs) == reply.output_text
        assert Person.model_validate_json(reply.output_text).age >= 18

    def test_a_stream_ends_with_the_same_response(self, client: OpenAI) -> None:
        with client.responses.stream(model=MODEL, input="Count to ten.") as stream:
            text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
            final = stream.get_final_response()
        assert (
            text
            == final.output_text
            == client.responses.create(model=MODEL, input="Count to ten.").output_text
        )

    def test_a_refusal_is_a_part_of_its_own(self) -> None:
        with LocalOpenAI(lambda _: Answer(refusal="I won't.")) as server, connect(server) as client:
            assert chat(client).choices[0].message.refusal == "I won't."
            message = client.responses.create(model=MODEL, input="Do it.").output[0]
            assert message.type == "message"
            assert message.content[0].type == "refusal"


class TestOtherOperations:
    def test_models_are_listed(self) -> None:
        with LocalOpenAI(models=["one", "two"]) as server, connect(server) as client:
            assert [model.id for model in client.models.list()] == ["one", "two"]
            assert client.models.retrieve("two").id == "two"
            with pytest.raises(openai.NotFoundError):
                client.models.retrieve("three")
            with pytest.raises(openai.NotFoundError, match="local-model"):
                chat(client)

    def test_moderations_flag_what_the_function_scores(self) -> None:
        with (
            LocalOpenAI(moderate=lambda text: {"violence": 0.9} if "fight" in text else {}) as server,
            connect(server) as client,
        ):
            results = client.moderations.create(input=["a fight", "a walk"]).results
        assert [result.flagged for result in results] == [True, False]
        assert results[0].categories.violence
        assert results[1].category_scores.violence < 0.1

    def test_an_unknown_address_is_an_error_of_the_client(self, client: OpenAI) -> None:
        with pytest.raises(openai.NotFoundError, match="Unknown request URL"):
            client.embeddings.create(model=MODEL, input="text")

    def test_what_lacks_a_parameter_is_refused(self, client: OpenAI) -> None:
        with pytest.raises(openai.BadRequestError, match="messages"):
            client.post("/chat/completions", body={"model": MODEL}, cast_to=object)


class TestAnswers:
    def test_a_function_gives_texts_objects_answers_and_lists(self) -> None:
        replies: list[Any] = ["Yes.", {"a": 1}, Answer("So.", "Because.", "reasoning"), ["one", "two"]]
        with LocalOpenAI(lambda _: replies.pop(0)) as server, connect(server) as client:
            assert chat(client).choices[0].message.content == "Yes."
            assert chat(client).choices[0].message.content == '{"a":1}'
            assert chat(client).choices[0].message.reasoning == "Because."
            assert [choice.message.content for choice in chat(client, n=2).choices] == ["one", "two"]

    def test_likeliest_tokens_can_be_given(self) -> None:
        answer = Answer("90", top=[{"90": -0.5, "80": -1.5}])
        with LocalOpenAI(lambda _: answer) as server, connect(server) as client:
            entry = chat(client, logprobs=True, top_logprobs=2).choices[0].logprobs.content[0]
        assert {top.token: top.logprob for top in entry.top_logprobs} == {"90": -0.5, "80": -1.5}

    def test_a_limit_cuts_reasoning_first(self) -> None:
        answer = Answer("one two", reasoning="a b c")
        with LocalOpenAI(lambda _: answer) as server, connect(server) as client:
            short, longer = chat(client, max_tokens=2), chat(client, max_tokens=4)
        assert (short.choices[0].message.content, short.choices[0].message.reasoning_content) == ("", "a b")
        assert (longer.choices[0].message.content, longer.choices[0].finish_reason) == ("one", "length")


class TestCounts:
    def test_every_call_is_counted_by_its_body(self, server: LocalOpenAI, client: OpenAI) -> None:
        chat(client)
        chat(client)
        chat(client, seed=2)
        body = {"messages": COUNTING, "model": MODEL}
        assert server.calls[server.key(body)] == 2
        assert (server.served, server.tally.repeated, len(server.calls)) == (3, 1, 2)
        assert [(call.operation, call.token) for call in server.seen] == [("chat", "any")] * 3
        assert server.seen[2].body["seed"] == 2
        server.tally.reset()
        assert server.tally.summary()["requests"] == server.calls.total() == 0

    def test_more_than_the_capacity_is_refused_at_once(self) -> None:
        with LocalOpenAI(latency=1, capacity=2, retry_after=7) as server, connect(server) as client:
            refusals: list[openai.RateLimitError] = []

            at_once = threading.Barrier(5)

            def ask(number: int) -> None:
                at_once.wait()
                try:
                    chat(client, seed=number)
                except openai.RateLimitError as error:
                    refusals.append(error)

            threads = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert [refusal.response.headers["Retry-After"] for refusal in refusals] == ["7"] * 3
            assert (server.served, server.limited, server.peak_in_flight) == (2, 3, 2)
            assert server.calls.total() == 2

    def test_a_key_can_be_insisted_on(self) -> None:
        with LocalOpenAI(api_key="right") as server:
            with connect(server, "wrong") as client, pytest.raises(openai.AuthenticationError):
                chat(client)
            with connect(server, "right") as client:
                assert chat(client).choices
            assert server.environment()["OPENAI_API_KEY"] == "right"


class TestLife:
    def test_it_stops_and_starts_at_the_same_address(self, server: LocalOpenAI, client: OpenAI) -> None:
        address = server.base_url
        chat(client)
        server.stop()
        server.stop()
        with pytest.raises(openai.APIConnectionError):
            chat(client)
        server.start()
        server.start()
        assert server.base_url == address
        assert chat(client).choices
        assert server.served == 2

    def test_stopping_doesnt_wait_for_calls(self, server: LocalOpenAI, client: OpenAI) -> None:
        server.misbehave(OpenAIFault.hanging())
        failures: list[Exception] = []

        def ask() -> None:
            try:
                chat(client)
            except openai.APIConnectionError as error:
                failures.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        while not server.tally.in_flight:
            pass
        server.stop()
        thread.join(timeout=5)
        assert len(failures) == 1
        assert server.tally.in_flight == 0

    def test_there_is_no_address_before_the_start(self) -> None:
        with pytest.raises(RuntimeError, match="before start"):
            _ = LocalOpenAI().base_url

    def test_a_taken_port_is_an_error(self, server: LocalOpenAI) -> None:
        port = int(server.base_url.split(":")[2].split("/")[0])
        with pytest.raises(OSError, match="address already in use"):
            LocalOpenAI(port=port).start()
