"""`mensrea show`: every config without a build, and rows of every kind in a narrow terminal."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import mensrea
import pytest
from mensrea.cards import find_card
from mensrea.cards.fields import field_rows
from mensrea.schemas import load_row_schema

WIDTH = 80
MEMBERS = {"mnns-<digits>x<max>": "mnns-3x9", "prosqa-<hops>": "prosqa-3", "prontoqa-<hops>": "prontoqa-3"}
PROGRAM = """
import json, sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from mensrea.loading.show import show_dataset

def page(stem, config):
    with redirect_stdout(StringIO()) as page:
        show_dataset(stem, config, 1, Path("dist"))
    return [stem, config, page.getvalue()]

print(json.dumps([page(*arguments) for arguments in json.loads(sys.argv[1])]))
"""
CONFIGS = [
    (entry.stem, MEMBERS.get(entry.config, entry.config), entry.offline) for entry in mensrea.list_datasets()
]

Pages = Mapping[tuple[str, str], str]


def flat(text: str) -> str:
    """Text without its line breaks."""
    return " ".join(text.split())


def fits(text: str) -> bool:
    from rich.cells import cell_len

    return all(cell_len(line) <= WIDTH for line in text.splitlines())


def show(shell: Any, *arguments: object, **options: Any) -> str:
    """What `mensrea show` prints: lines that fit, and nothing on standard error."""
    ended = shell.run("show", *arguments, **options)
    assert (ended.code, ended.err) == (0, "")
    assert fits(ended.out)
    return ended.out


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """What is shown of every config where nothing was built."""
    folder = tmp_path_factory.mktemp("nothing-built")

    def run(chosen: Sequence[Sequence[object]]) -> list[list[str]]:
        command = [sys.executable, "-W", "error", "-c", PROGRAM, json.dumps(chosen)]
        environment = {"COLUMNS": str(WIDTH), "NO_COLOR": "1", "HOME": str(folder)}
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    chosen = [(stem, config) for stem, config, _ in CONFIGS]
    with ThreadPoolExecutor(2) as pool:
        found = {
            (stem, name): page
            for half in pool.map(run, (chosen[::2], chosen[1::2]))
            for stem, name, page in half
        }
    assert not (folder / "dist").exists()
    return found


@pytest.mark.parametrize(("stem", "config", "offline"), CONFIGS)
class TestEveryConfig:
    def test_is_summed_up(self, pages: Pages, stem: str, config: str, *, offline: bool) -> None:
        page, card = pages[stem, config], find_card(stem)
        assert fits(page)
        assert flat(page).startswith(
            f"{flat(card.title)} ({stem} {card.version}, {card.tier}) {flat(card.summary)}"
        )
        assert f"({card.paper.url})" in flat(page)
        assert ("Content warning: " + flat(card.content_warning) in flat(page)) == (card.tier == "gated")
        assert page.count("\n* ") == 1
        assert all(name in page for name in card.configs)
        del offline

    def test_has_its_fields_with_their_types(
        self, pages: Pages, stem: str, config: str, *, offline: bool
    ) -> None:
        page = pages[stem, config]
        fields = page.partition(f"Fields of {config}")[2]
        for row in field_rows(load_row_schema(stem, find_card(stem).config(config).row)):
            assert row.type.split()[0] in fields
            if len(row.path) <= 24 and len(row.type) <= 18:
                assert any(
                    line.startswith(f"{row.path} ") and row.type in line for line in fields.splitlines()
                ), row
        del offline

    def test_has_rows_only_if_it_needs_no_network(
        self, pages: Pages, stem: str, config: str, *, offline: bool
    ) -> None:
        page = flat(pages[stem, config])
        assert (f"First 1 of {config}/" in page) == offline
        advice = f"No rows to show: build them first: mensrea build {stem} --config {config} [--source DIR]"
        assert (advice in page) != offline


class TestTheCommand:
    @pytest.mark.slow
    def test_shows_as_many_rows_as_asked_for(self, shell: Any) -> None:
        none, one, three = shell.run_all(
            ["show", "cot2", "-n", "0"], ["show", "cot2"], ["show", "cot2", "-n", "3", "--config", "mnns-2x9"]
        )
        assert {(each.code, each.err) for each in (none, one, three)} == {(0, "")}
        assert [each.out.count("\nid: mnns-") for each in (none, one, three)] == [0, 1, 3]
        assert "First" not in none.out
        assert "First 3 of mnns-2x9/train" in three.out
        assert one.out.startswith(none.out)
        assert fits(three.out)

    @pytest.mark.slow
    def test_prefers_a_release(self, toy: Any, shell: Any) -> None:
        rows = toy.root / "rows"
        toy.build("text", "chat", out=shell.cwd / "dist")
        toy.build("text", "chat", out=shell.cwd / "elsewhere")
        toy.write("text", [{"id": "text-0", "text": "Made on the spot."}])
        assert "text: Text 0." in show(shell, "toy", rows=rows)
        assert "text: Text 0." in show(shell, "toy", "--out", "elsewhere", rows=rows)
        assert "text: Made on the spot." in show(shell, "toy", "--out", "nowhere", rows=rows)

    @pytest.mark.slow
    def test_shows_rows_of_every_kind(self, toy: Any, shell: Any) -> None:
        rows = toy.root / "rows"
        toy.build("chat", "pictures", out=shell.cwd / "dist")
        chat = show(shell, "toy", "--config", "chat", "-n", "9", rows=rows)
        assert "First 3 of chat/train" in chat
        assert "Rows of every kind, [for tests] :smile: only." in chat
        assert "Content warning: Nothing in it is harmful." in chat
        assert "messages " in chat
        assert "list[struct]" in chat
        assert "list[list[int16]]" in chat
        pictures = show(shell, "toy", "--config", "pictures", rows=rows)
        assert "bytes>" in pictures
        assert "\\x89" not in pictures

    def test_keeps_a_row_from_steering_the_terminal(self, toy: Any, shell: Any) -> None:
        evil = "[red]\x1b[2J\x1b]0;title\x07\x9b1m\rover\u202e [/nothing] :smile: \x00 end"
        toy.write("text", [{"id": "text-0", "text": evil}, {"id": "text-1", "text": "a\tb\nc" + "x" * 500}])
        page = show(shell, "toy", "-n", "2", rows=toy.root / "rows")
        assert not {"\x1b", "\x07", "\x9b", "\r", "\x00"} & set(page)
        assert r"[red]\x1b[2J\x1b]0;title\x07\x9b1m\x0dover" in flat(page)
        assert "[/nothing] :smile: \\x00 end" in flat(page)
        assert "… (505 characters)" in flat(page)

    @pytest.mark.slow
    def test_writes_what_the_terminal_cannot_as_escapes(self, toy: Any, shell: Any) -> None:
        toy.write("text", [{"id": "text-0", "text": "é \u2028 \U0001f600"}])
        ascii_only = {"PYTHONIOENCODING": "ascii"}
        page = shell.run("show", "toy", rows=toy.root / "rows", more=ascii_only)
        assert (page.code, page.err) == (0, "")
        assert page.out.isascii()
        assert r"text: \xe9 \u2028 \U0001f600" in page.out
        shipped = shell.run("show", "cot2", more=ascii_only)
        assert (shipped.code, shipped.err) == (0, "")

    @pytest.mark.slow
    def test_of_a_damaged_release_says_so_in_one_line(self, toy: Any, shell: Any) -> None:
        toy.build("text", "chat", out=shell.cwd / "dist")
        shards = [
            shell.cwd / "dist" / "toy" / name / "train-00000-of-00001.parquet" for name in ("text", "chat")
        ]
        shards[0].unlink()
        shards[1].write_bytes(b"x" * 1000)
        missing, garbled = shell.run_all(
            ["show", "toy"], ["show", "toy", "--config", "chat"], rows=toy.root / "rows"
        )
        for ended in (missing, garbled):
            assert "train-00000-of-00001.parquet" in ended.error
            assert ended.code == 1

    @pytest.mark.slow
    def test_is_as_wide_as_the_terminal(self, shell: Any) -> None:
        from rich.cells import cell_len

        ended = shell.run("show", "cot2", more={"COLUMNS": "50"})
        assert ended.code == 0
        assert max(cell_len(line) for line in ended.out.splitlines()) == 50
