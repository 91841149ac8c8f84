"""The local OpenAI-compatible server as a process of its own, and its scripts."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import openai
import pytest
from mensrea.testing.openai_local import LocalOpenAI
from mensrea.testing.openai_script import Script
from mensrea.testing.openai_server import main, misbehave
from openai import DefaultHttpxClient, OpenAI

RULES = [
    {"contains": ["France"], "reply": "Paris."},
    {"contains": "a colour", "replies": ["red", "green", "blue"]},
    {"model": "thinker", "reply": {"answer": 1}, "reasoning": "Because.", "finish": "length"},
    {"model": "shy", "refusal": "No."},
]


def plain() -> DefaultHttpxClient:
    # Certificates take a quarter of a second to read, and there are none to check.
    return DefaultHttpxClient(verify=False)


def body(text: str, model: str = "local-model") -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}]}


@contextmanager
def process(*arguments: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "mensrea.testing.openai_server", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd="/") as child:
        try:
            assert child.stdout is not None
            yield child, json.loads(child.stdout.readline())["base_url"]
        finally:
            child.kill()


def test_a_process_serves_counts_and_ends_on_a_signal(tmp_path: Path) -> None:
    script = tmp_path / "rules.jsonl"
    script.write_text("\n".join(map(json.dumps, RULES)) + "\n", encoding="utf-8")
    fault = json.dumps({"fault": "rate_limited", "retry_after": 3, "times": 1, "contains": "France"})
    with process("--script", str(script), "--fault", fault, "--latency", "0.01") as (child, address):
        with OpenAI(base_url=address, api_key="any", max_retries=0, http_client=plain()) as client:
            with pytest.raises(openai.RateLimitError) as limited:
                client.chat.completions.create(**body("The capital of France?"))
            assert limited.value.response.headers["Retry-After"] == "3"
            reply = client.chat.completions.create(**body("The capital of France?"))
            assert reply.choices[0].message.content == "Paris."
        with urlopen(address.removesuffix("/v1") + "/__stats__") as response:
            counts = json.load(response)
        assert (counts["requests"], counts["limited"], counts["served"], counts["distinct"]) == (2, 1, 1, 1)
        with urlopen(address.removesuffix("/v1") + "/__calls__") as response:
            assert json.load(response) == {LocalOpenAI.key(body("The capital of France?")): 1}
        os.kill(child.pid, signal.SIGTERM)
        assert child.wait(timeout=10) == 0


def test_the_first_rule_that_fits_answers() -> None:
    script = Script(RULES)
    assert script(body("Which city in France?")).text == "Paris."
    colours = {script(body(f"Name a colour, {number}.")).text for number in range(30)}
    assert colours == {"red", "green", "blue"}
    thought = script(body("Anything", "thinker"))
    assert (thought.text, thought.reasoning, thought.finish) == ('{"answer":1}', "Because.", "length")
    assert script(body("Anything", "shy")).refusal == "No."
    with pytest.raises(ValueError, match="no rule of the script fits: 'user"):
        script(body("Anything"))


@pytest.mark.parametrize("line", ["[1]", "{"])
def test_a_script_is_lines_of_objects(tmp_path: Path, line: str) -> None:
    path = tmp_path / "rules.jsonl"
    path.write_text('{"reply": "a"}\n' + line, encoding="utf-8")
    with pytest.raises(ValueError, match=r"rules.jsonl:2: expected a JSON object"):
        Script.read(path)


def test_faults_are_named_as_the_class_methods_are() -> None:
    with pytest.raises(ValueError, match=r"unknown fault 'rudeness'.*rate_limited"):
        misbehave(LocalOpenAI(), {"fault": "rudeness"})
    misbehave(LocalOpenAI(), {"fault": "without", "arguments": ["n"], "every": 2, "on": ["chat"]})


def test_a_wrong_option_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--latency", "soon"])
    assert "--latency" in capsys.readouterr().err
