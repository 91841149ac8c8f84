from pathlib import Path

import pytest
from mensrea.errors import MensreaError, ModelError, UsageError
from mensrea.models.endpoints import Options, connect
from mensrea.models.openai_endpoint import OpenAIEndpoint
from mensrea.models.scripted import ScriptedModel


def test_a_model_behind_a_server_keeps_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    name, transport = connect("openai/org/model-7b", Options(base_url="http://localhost:8000/v1"))
    assert name == "openai/org/model-7b"
    assert isinstance(transport, OpenAIEndpoint)
    assert transport.server == "localhost:8000"
    assert connect("openai/gpt-4.1")[1].server == "api.openai.com"


def test_a_script_is_named_by_what_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "replies.jsonl"
    file.write_text('{"reply": "Yes."}\n')
    name, transport = connect(f"scripted/{file}")
    assert isinstance(transport, ScriptedModel)
    assert name == transport.name
    assert str(tmp_path) not in name


def test_a_folder_without_a_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MensreaError) as raised:
        connect(f"held/{tmp_path}")
    assert isinstance(raised.value, ModelError | UsageError)


@pytest.mark.parametrize("spec", ["gpt-4.1", "openai/", "openai", "", "azure/gpt", "/m"])
def test_what_names_no_model_is_refused_with_what_would(spec: str) -> None:
    with pytest.raises(
        UsageError, match=r"names no model; expected one of openai/NAME, scripted/FILE, held/PATH"
    ):
        connect(spec)


def test_a_script_that_is_missing_is_named() -> None:
    with pytest.raises(UsageError, match=r"nowhere\.jsonl: the script can't be read"):
        connect("scripted/nowhere.jsonl")
