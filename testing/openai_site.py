"""What each operation of a local OpenAI-compatible server answers, before anything spoils it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from .openai_answers import AnswerFunction, Api, Generation, generate, wish_of
from .openai_batches import Batches, StoredBatch
from .openai_chat import CREATED, completion, completion_chunks
from .openai_faults import OpenAIFault, Operation
from .openai_moderations import Moderator, moderation
from .openai_replies import Reply, error_reply, fault_reply
from .openai_responses import response, response_events
from .openai_routes import operation_of
from .openai_schema import UnsupportedSchemaError, strictness_problem
from .openai_strikes import Strikes
from .openai_tally import Tally
from .openai_text import body_key

Json = dict[str, Any]
_ANY = ("local-model",)


@dataclass
class Site:
    """A server's models, files and batches, its faults and its counts.

    Attributes:
        answer: Gives the answers; None takes them from a hash.
        moderate: Gives the scores of a moderation.
        models: The models that are listed, any other being unknown (404); None lists one and takes any.
        batch_polls: How many polls a batch stays in progress.
    """

    answer: AnswerFunction | None = None
    moderate: Moderator | None = None
    models: Sequence[str] | None = None
    batch_polls: int = 1
    tally: Tally = field(default_factory=Tally)
    strikes: Strikes = field(default_factory=Strikes)

    def __post_init__(self) -> None:
        """Start without files and batches."""
        self.batches = Batches(self._answer_piece, self.tally, self.batch_polls)

    def problem(self, operation: Operation, body: Json) -> Reply | None:
        """Return the refusal of a request that is wrong in itself, or None."""
        asked = {"chat": "messages", "responses": "input", "moderations": "input"}[operation]
        if not isinstance(body.get(asked), list | str) or (
            asked == "messages" and isinstance(body[asked], str)
        ):
            return error_reply(400, f"Missing required parameter: '{asked}'.", "missing_required_parameter")
        if operation == "moderations":
            return None
        model = body.get("model")
        if not isinstance(model, str):
            return error_reply(400, "you must provide a model parameter")
        if self.models is not None and model not in self.models:
            return error_reply(404, f"The model '{model}' does not exist.", "model_not_found")
        form = body.get("response_format") or (body.get("text") or {}).get("format") or {}
        form = form.get("json_schema", form)
        wrong = strictness_problem(form.get("schema")) if form.get("strict") else None
        return error_reply(400, f"Invalid schema for response_format: {wrong}") if wrong else None

    def call(self, operation: Operation, key: str, body: Json, fault: OpenAIFault | None = None) -> Reply:
        """Answer a call of a model.

        Args:
            operation: `chat`, `responses` or `moderations`.
            key: The key of the body.
            body: The request's body.
            fault: What spoils the answer's content.
        """
        if operation == "moderations":
            return Reply(orjson.dumps(moderation(key, body, self.moderate)))
        api: Api = "chat" if operation == "chat" else "responses"
        try:
            generation = self._generate(api, body, fault)
        except UnsupportedSchemaError as error:
            return error_reply(400, str(error))
        if body.get("stream"):
            return Reply(events=self._events(api, key, body, generation), kind="text/event-stream")
        whole = self._whole(api, key, body, generation)
        if fault is not None and "usage" in fault.dropped:
            del whole["usage"]
        return Reply(orjson.dumps(whole))

    def _generate(self, api: Api, body: Json, fault: OpenAIFault | None) -> Generation:
        dropped: Collection[str] = fault.dropped if fault else ()
        spoiled = fault.spoiled if fault else None
        return generate(body, wish_of(body, api), self.answer, dropped=dropped, spoiled=spoiled)

    def _whole(self, api: Api, key: str, body: Json, generation: Generation) -> Json:
        if api == "chat":
            return completion(key, body, generation)
        return response(key, body, generation)

    def _events(self, api: Api, key: str, body: Json, generation: Generation) -> list[bytes]:
        if api == "chat":
            chunks = completion_chunks(key, body, generation)
            return [*(b"data: " + orjson.dumps(chunk) + b"\n\n" for chunk in chunks), b"data: [DONE]\n\n"]
        return [
            b"event: %b\ndata: %b\n\n" % (event["type"].encode(), orjson.dumps(event))
            for event in response_events(key, body, generation)
        ]

    def manage(self, operation: Operation, argument: str, body: Json, query: Mapping[str, str]) -> Reply:
        """Answer a request about models, files or batches.

        Args:
            operation: What it is for.
            argument: What it names in its path.
            body: Its body, if it has a JSON one.
            query: The values of its query.
        """
        actions: Mapping[str, Callable[[], Reply]] = {
            "models": lambda: self._models(argument),
            "file": lambda: self._file(argument),
            "submit": lambda: self._submit(body),
            "list": lambda: self._list(query),
            "poll": lambda: self._batch(argument, self.batches.poll),
            "cancel": lambda: self._batch(argument, self.batches.cancel),
        }
        return actions[operation]()

    def _models(self, name: str) -> Reply:
        found = [
            {"id": model, "object": "model", "created": CREATED, "owned_by": "local"}
            for model in self.models or _ANY
            if name in ("", model)
        ]
        if not name:
            return Reply(orjson.dumps({"object": "list", "data": found}))
        if not found:
            return error_reply(404, f"The model '{name}' does not exist", "model_not_found")
        return Reply(orjson.dumps(found[0]))

    def _file(self, argument: str) -> Reply:
        identifier, _, content = argument.partition("/")
        file = self.batches.files.get(identifier)
        if file is None:
            return error_reply(404, f"No such File object: {identifier}")
        if content:
            return Reply(file.content, kind="application/octet-stream")
        return Reply(orjson.dumps(file.described()))

    def _submit(self, body: Json) -> Reply:
        fault = self.strikes.take("batch", body_key(body), body)
        try:
            batch = self.batches.create(body, fault.batch if fault else None)
        except KeyError as error:
            return error_reply(400, f"Invalid value or missing parameter: {error}")
        return Reply(orjson.dumps(batch.described()))

    def _list(self, query: Mapping[str, str]) -> Reply:
        page, more = self.batches.listed(query.get("after"), int(query.get("limit", "20")))
        ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {}
        return Reply(orjson.dumps({"object": "list", "data": page, "has_more": more, **ends}))

    def _batch(self, identifier: str, action: Callable[[StoredBatch], None]) -> Reply:
        batch = self.batches.batches.get(identifier)
        if batch is None:
            return error_reply(404, f"No batch found with id '{identifier}'.")
        action(batch)
        return Reply(orjson.dumps(batch.described()))

    def _answer_piece(self, endpoint: str, body: Json) -> tuple[int, Json]:
        operation, _ = operation_of("POST", endpoint)
        key = body_key(body)
        fault = self.strikes.take("piece", key, body)
        if operation not in ("chat", "responses", "moderations"):
            reply = error_reply(404, f"Unknown endpoint {endpoint}")
        elif fault is not None and fault.refuses:
            reply = fault_reply(fault, "")
        else:
            reply = self.problem(operation, body) or self._counted_call(operation, key, body, fault)
        return reply.status, orjson.loads(reply.body)

    def _counted_call(self, operation: Operation, key: str, body: Json, fault: OpenAIFault | None) -> Reply:
        if self.tally.remembers:
            self.tally.calls[key] += 1
        return self.call(operation, key, body, fault)
