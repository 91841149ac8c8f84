from pathlib import Path

import pytest
from mensrea.errors import UsageError
from mensrea.models.prices import IMAGE_TOKENS, VARIABLE, Price, Prices, cost, how_to_add, is_local


@pytest.fixture(autouse=True)
def _no_prices_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def write(folder: Path, text: str) -> Path:
    file = folder / "prices.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_tokens_of_each_kind_have_a_price() -> None:
    assert cost("openai/gpt-4.1-mini", 1_000_000, 0) == pytest.approx(0.40)
    assert cost("openai/gpt-4.1-mini", 1_000_000, 0, 1_000_000) == pytest.approx(0.10)
    assert cost("openai/gpt-4.1-mini", 0, 1_000_000) == pytest.approx(1.60)
    assert cost("openai/gpt-4.1-mini", 600_000, 500_000, 400_000) == pytest.approx(0.08 + 0.04 + 0.80)


def test_a_batch_costs_half() -> None:
    assert cost("openai/gpt-4o", 1000, 1000, batch=True) == pytest.approx((0.0025 + 0.01) / 2)


def test_a_dated_snapshot_costs_what_its_model_does() -> None:
    assert Prices.load().of("openai/gpt-4.1-mini-2025-04-14") == Prices.load().of("openai/gpt-4.1-mini")


def test_an_unknown_model_has_no_price_and_a_way_to_give_it_one() -> None:
    assert cost("openai/of-my-own", 1, 1) is None
    assert '[openai.models."of-my-own"]' in how_to_add("openai/of-my-own")


@pytest.mark.parametrize("model", ["scripted/replies.jsonl@0123456789ab", "held/tiny@0123"])
def test_models_without_a_server_are_free(model: str) -> None:
    assert cost(model, 10**9, 10**9) == 0


def test_models_on_this_machine_are_free_unless_a_price_is_known() -> None:
    prices = Prices.load()
    prices.free(["openai/of-my-own", "openai/gpt-4o"])
    assert prices.cost("openai/of-my-own", 10**9, 0) == 0
    assert prices.cost("openai/gpt-4o", 1_000_000, 0) == 2.5


def test_every_price_of_the_package_has_a_date_and_a_source() -> None:
    prices = Prices.load()
    for model in ("gpt-4.1", "gpt-4.1-nano", "gpt-4o-mini", "gpt-5", "o4-mini"):
        price = prices.of(f"openai/{model}")
        assert price is not None
        assert price.cached < price.input < price.output
        assert price.as_of
        assert price.source.startswith("https://")


def test_a_file_of_the_user_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(
        tmp_path,
        '[openai.models]\n"gpt-4o" = {input = 1, output = 2}\n[other]\nbatch = 0.25\n'
        "models.m = {input = 4.0, cached = 1, output = 8.0, image_tokens = 70}\n",
    )
    prices = Prices.load(file)
    assert prices.of("openai/gpt-4o") == Price(1, 1, 2, 1.0, IMAGE_TOKENS)
    assert prices.of("other/m") == Price(4, 1, 8, 0.25, 70)
    assert prices.of("openai/gpt-4.1") == Prices.load().of("openai/gpt-4.1")
    monkeypatch.setenv(VARIABLE, str(file))
    assert cost("other/m", 1_000_000, 0) == 4.0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[openai", "no TOML"),
        ("openai = 3", "openai is 3; expected a table"),
        ("[openai]\nmodel = {}", "openai has an unknown key 'model'"),
        ("[openai]\nmodels.m = 3", 'openai.models."m" is 3; expected a table'),
        ("[openai]\nmodels.m = {input = 1}", "has no 'output'"),
        ("[openai]\nmodels.m = {input = 1, output = -1}", "output is -1.0; expected a number"),
        ("[openai]\nmodels.m = {input = nan, output = 1}", "input is nan; expected a number"),
        ("[openai]\nmodels.m = {input = true, output = 1}", "input is True; expected a number"),
        ("[openai]\nmodels.m = {input = 1, output = 1, inputs = 1}", "unknown key 'inputs'"),
        ("[openai]\nbatch = '1'", "openai.batch is '1'; expected a number"),
    ],
)
def test_a_file_that_isn_t_one_is_refused_in_a_line(tmp_path: Path, text: str, found: str) -> None:
    file = write(tmp_path, text.replace("-1}", "-1.0}"))
    with pytest.raises(UsageError) as raised:
        Prices.load(file)
    message = str(raised.value)
    assert message.startswith(f"{file}: ")
    assert found in message
    assert "\n" not in message


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml: prices can't be read: No such file"):
        Prices.load(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    "server", ["localhost", "localhost:8000", "127.0.0.1:80", "[::1]:8000", "http://127.1.2.3/v1"]
)
def test_servers_on_this_machine_are_known(server: str) -> None:
    assert is_local(server)


@pytest.mark.parametrize(
    "server", ["api.openai.com", "localhost.example.org", "128.0.0.1", "scripted/localhost"]
)
def test_others_are_not(server: str) -> None:
    assert not is_local(server)
