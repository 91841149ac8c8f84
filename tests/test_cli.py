"""The `mensrea` command, as the console script that users run."""

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

WIDTH = 80
COMMAND = Path(sys.executable).parent / "mensrea"
TEXT_FILE = "text/train-00000-of-00001.parquet"


@pytest.fixture
def rows(toy: Any) -> Path:
    return toy.root / "rows"


def fits(text: str) -> bool:
    from rich.cells import cell_len

    return all(cell_len(line) <= WIDTH for line in text.splitlines())


def usage_error(ended: Any) -> str:
    """What an option or argument that can't be read gives: where help is, and what is wrong."""
    assert (ended.code, ended.out) == (2, "")
    usage, hint, _, error = ended.err.splitlines()
    assert usage.startswith("Usage: mensrea ")
    assert hint.startswith("Try 'mensrea ")
    assert error.startswith("Error: ")
    return error


class TestList:
    def test_it_is_a_table(self, shell: Any) -> None:
        ended = shell.run("list")
        assert (ended.code, ended.err) == (0, "")
        lines = ended.out.splitlines()
        assert lines[0].split() == ["STEM", "CONFIG", "ORIGIN", "ROWS", "VERSION", "TIER", "OFFLINE"]
        assert len({line.split()[0] for line in lines[1:]}) == 8
        assert all(len(line.split()) == 7 for line in lines)

    def test_it_fits_a_terminal(self, shell: Any) -> None:
        assert fits(shell.run("list").out)

    def test_json_has_the_documented_members(self, shell: Any) -> None:
        import mensrea

        plain, module = shell.run("list", "--json"), self.module(shell)
        entries = json.loads(plain.out)
        assert entries == [entry.as_dict() for entry in mensrea.list_datasets()] == json.loads(module.stdout)
        members = {"stem", "config", "origin", "rows", "version", "tier", "offline"}
        assert all(set(entry) == members for entry in entries)

    def test_a_closed_pipe_is_no_error_to_report(self, shell: Any) -> None:
        listing = shell.start("list")
        listing.stdout.close()
        listing.wait(timeout=60)
        assert listing.stderr.read() == ""
        listing.stderr.close()

    @pytest.mark.slow
    def test_a_closed_pipe_ends_it_as_the_signal_would(self, shell: Any) -> None:
        for command in (["list"], ["show", "cot2"]):
            started = shell.start(*command)
            started.stdout.close()
            assert started.wait(timeout=60) == 141
            assert started.stderr.read() == ""
            started.stderr.close()

    @pytest.mark.slow
    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    @pytest.mark.parametrize("unbuffered", ["", "1"])
    def test_a_full_output_is_named(self, shell: Any, unbuffered: str) -> None:
        environment = shell.environment(more={"PYTHONUNBUFFERED": unbuffered})
        for verb in (["list"], ["show", "cot2"]):
            with Path("/dev/full").open("w") as full:
                ended = subprocess.run(
                    [COMMAND, *verb],
                    stdout=full,
                    stderr=subprocess.PIPE,
                    text=True,
                    check=False,
                    env=environment,
                    cwd=shell.cwd,
                )
            assert ended.returncode == 2
            assert ended.stderr == "mensrea: standard output can't be written (No space left on device)\n"

    def module(self, shell: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mensrea", "list", "--json"]
        return subprocess.run(
            command, capture_output=True, text=True, check=True, env=shell.environment(), cwd=shell.cwd
        )


class TestHelp:
    @pytest.mark.slow
    def test_every_verb_has_help_that_fits(self, shell: Any) -> None:
        checks = ("validate", "dedupe", "overlap", "explain")
        scoring = ("score", "run", "compare", "agree", "reproduce")
        habits = ("profile", "associate")
        verbs = ("list", "show", "build", *checks, "generate", *scoring, *habits, "diff", "pin")
        whole, *each = shell.run_all(["--help"], *([verb, "--help"] for verb in verbs))
        assert all(ended.code == 0 and ended.err == "" and fits(ended.out) for ended in (whole, *each))
        commands = whole.out.partition("Commands:\n")[2]
        assert [line.split()[0] for line in commands.splitlines()] == list(verbs)

    @pytest.mark.slow
    def test_what_cannot_be_read_is_explained(self, shell: Any) -> None:
        errors = [
            usage_error(ended)
            for ended in shell.run_all(
                ["list", "--jsno"],
                ["shwo"],
                ["show"],
                ["show", "cot2", "-n", "-1"],
                ["build", "cot2", "--rows", "many"],
                ["build", "cot2", "--workers", "0"],
                ["build"],
                ["build", "cot2", "--all"],
            )
        ]
        for error, part in zip(
            errors,
            ("--jsno", "'shwo'", "Missing argument", "'-n'", "'--rows'", "'--workers'", "--all", "--all"),
            strict=True,
        ):
            assert part in error

    def test_the_version_is_said_without_anything_heavy(self, shell: Any) -> None:
        import mensrea

        ended = shell.run("--version")
        assert (ended.code, ended.out, ended.err) == (0, f"mensrea {mensrea.__version__}\n", "")
        imports = shell.run("--version", more={"PYTHONPROFILEIMPORTTIME": "1"}).err
        assert not any(f" {name}\n" in imports for name in ("datasets", "polars", "pyarrow"))

    def test_it_promises_only_what_there_is(self, shell: Any) -> None:
        commands = shell.run("--help").out.partition("Commands:\n")[2]
        assert "publish" not in [line.split()[0] for line in commands.splitlines()]


class TestBuild:
    @pytest.mark.slow
    def test_a_config_is_built_and_how_to_load_it_said(self, shell: Any, rows: Path, tmp_path: Path) -> None:
        ended = shell.run("build", "toy", rows=rows)
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.splitlines() == [
            "built dist/toy text 1.0.0: train 3, test 1 rows",
            'load  load_dataset("dist/toy", "text", split="train")',
        ]
        assert (tmp_path / "dist" / "toy" / TEXT_FILE).is_file()
        assert {path.name for path in (tmp_path / "dist").iterdir()} == {"toy"}

    @pytest.mark.slow
    def test_what_it_carries_over_and_finds_is_said_within_the_width(
        self, toy: Any, shell: Any, rows: Path
    ) -> None:
        message = "a sentence of many words that is wrapped, " * 5
        finding = {"!": "finding", "code": "odd-row", "message": message, "where": "chat-1"}
        shell.run("build", "toy", rows=rows)
        toy.write("chat", [finding, finding], shard=1)
        ended = shell.run("build", "toy", "--config", "chat", rows=rows)
        assert ended.code == 0
        assert fits(ended.out)
        lines = ended.out.splitlines()
        assert lines[:2] == ["built dist/toy chat 1.0.0: train 3 rows", "  warning odd-row (2)"]
        assert lines[-3:] == [
            "every finding is in dist/toy/findings.jsonl",
            "kept  dist/toy text from the previous release",
            'load  load_dataset("dist/toy", "chat", split="train")',
        ]

    @pytest.mark.slow
    def test_a_closed_pipe_leaves_the_release_and_is_no_failure(self, shell: Any, rows: Path) -> None:
        build = shell.start("build", "toy", rows=rows)
        build.stdout.close()
        assert build.wait(timeout=60) == 141
        assert build.stderr.read() == ""
        build.stderr.close()
        assert shell.run("validate", "dist/toy").code == 0

    @pytest.mark.slow
    def test_the_load_line_is_python_whatever_the_path(self, shell: Any, rows: Path) -> None:
        for folder in ('a "quoted" \\n é', "two\nlines"):
            ended = shell.run("build", "toy", "--out", folder, rows=rows)
            assert ended.code == 0
            call = ast.parse(ended.out.splitlines()[-1].removeprefix("load  "), mode="eval").body
            assert isinstance(call, ast.Call)
            assert [ast.literal_eval(each) for each in call.args] == [f"{folder}/toy", "text"]

    def test_a_finding_of_a_long_path_keeps_its_indent(self, toy: Any, shell: Any, rows: Path) -> None:
        where = "a-long-path/" * 6
        finding = {"!": "finding", "code": "odd-row", "message": "is odd, " * 20, "where": where}
        toy.write("chat", [finding], shard=1)
        ended = shell.run("build", "toy", "--config", "chat", rows=rows)
        assert fits(ended.out)
        lines = ended.out.splitlines()
        found = lines[2 : lines.index("every finding is in dist/toy/findings.jsonl")]
        assert found[0] == f"    {where}:"
        assert all(line.startswith("    ") and line[4] != " " for line in found)

    @pytest.mark.slow
    def test_the_home_folder_is_expanded(self, toy: Any, shell: Any, rows: Path, tmp_path: Path) -> None:
        home = {"HOME": str(tmp_path / "home")}
        built = shell.run("build", "toy", "--out=~/x", rows=rows, more=home)
        assert built.code == 0
        assert (tmp_path / "home" / "x" / "toy" / TEXT_FILE).is_file()
        valid, same, absent, nobody = shell.run_all(
            ["validate", "~/x/toy"],
            ["diff", "~/x/toy", "~/x/toy"],
            ["build", "cogtest", "--source=~/y"],
            ["validate", "~nobody-of-this-name/x"],
            more=home,
        )
        assert (valid.code, same.code, absent.code, nobody.code) == (0, 0, 2, 2)
        assert f"{tmp_path}/home/y: no such folder" in absent.error
        assert "no such home folder" in nobody.error
        assert not list(shell.cwd.glob("~*"))
        del toy

    @pytest.mark.slow
    def test_all_builds_what_needs_no_network_and_names_the_rest(self, shell: Any, tmp_path: Path) -> None:
        ended = shell.run("build", "--all", "--rows", "100")
        assert (ended.code, ended.err) == (0, "")
        assert fits(ended.out)
        assert sorted(path.name for path in (tmp_path / "dist").iterdir()) == ["cogtest", "cot2"]
        hint = " ".join(ended.out.partition("not built: ")[2].split())
        assert hint == (
            "cuaharm, deceptionbench, dualmath, mmathcot, safechain, thought_crime "
            "import published releases; see `mensrea build STEM --source DIR`"
        )

    @pytest.mark.slow
    def test_an_interrupt_leaves_what_was_there(
        self, toy: Any, shell: Any, rows: Path, hashes: Callable[[Path], Mapping[str, str]]
    ) -> None:
        assert shell.run("build", "toy", rows=rows).code == 0
        before = hashes(shell.cwd / "dist")
        reached = shell.cwd / "reached"
        toy.write("text", [{"!": "wait", "touch": str(reached)}])
        build = shell.start("build", "toy", rows=rows)
        deadline = time.monotonic() + 60
        while not reached.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        build.send_signal(signal.SIGINT)
        ended = shell.end(build)
        assert ended.code == 130
        assert ended.error == "mensrea: interrupted; what was there before is unchanged"
        assert hashes(shell.cwd / "dist") == before


class TestErrorsAreOneLine:
    @pytest.mark.slow
    def test_of_names(self, shell: Any) -> None:
        commands: dict[Sequence[str], Sequence[str]] = {
            ("show", "cott"): ("'cott'", "did you mean 'cot2'?", "mensrea list"),
            ("build", "cogtests"): ("did you mean 'cogtest'?",),
            ("pin", "cott"): ("cott",),
            ("show", "cot2", "--config", "orignal"): ("did you mean 'original'?", "mnns-4x9"),
            ("build", "cot2", "--config", "mnns-4"): ("no config 'mnns-4'", "mnns-<digits>x<max>"),
        }
        for command, ended in zip(commands, shell.run_all(*commands), strict=True):
            assert (ended.code, ended.out) == (2, "")
            assert all(part in ended.error for part in commands[command]), ended.error

    def test_of_unset_variables(self, shell: Any, tmp_path: Path) -> None:
        commands = (
            ["show", "cot2", "--config", ""],
            ["build", "cot2", "--config", ""],
            ["show", "cot2", "--out", ""],
            ["build", "cot2", "--out", ""],
            ["build", "cogtest", "--source", ""],
            ["validate", ""],
        )
        for ended in shell.run_all(*commands):
            assert (ended.code, ended.out) == (2, "")
            assert "is empty" in ended.error
        assert not list(tmp_path.iterdir())

    def test_of_what_does_not_go_with_all(self, shell: Any, tmp_path: Path) -> None:
        options = (["--source", "copy"], ["--config", "mnns-4x9"])
        for option, ended in zip(
            options, shell.run_all(*(["build", "--all", *each] for each in options)), strict=True
        ):
            assert (ended.code, ended.out) == (2, "")
            assert option[0] in ended.error
            assert "--all" in ended.error
        assert not list(tmp_path.iterdir())

    def test_of_text(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        from mensrea import cli

        monkeypatch.setattr(cli, "app", lambda: b"\xff".decode("utf-8"))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("mensrea: text can't be read or written: ")
        assert said.err.count("\n") == 1

    @pytest.mark.slow
    def test_of_sources(self, shell: Any, tmp_path: Path) -> None:
        (tmp_path / "copy").mkdir()
        (tmp_path / "copy" / "deceptionbench_0527.json").write_text("[]")
        commands = (
            ["build", "cogtest", "--source", "nowhere"],
            ["build", "cogtest", "--source", "."],
            ["build", "deceptionbench", "--config", "original", "--source", "copy"],
            ["build", "cuaharm"],
        )
        separate = [[*command, "--out", f"dist-{number}"] for number, command in enumerate(commands)]
        missing, empty, other, offline = shell.run_all(*separate, more={"HF_HUB_OFFLINE": "1"})
        assert [each.code for each in (missing, empty, other, offline)] == [2, 2, 1, 2]
        assert "nowhere: no such folder" in missing.error
        assert "not in ." in empty.error
        assert "sha256 is 4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945" in other.error
        assert "HF_HUB_OFFLINE is set" in offline.error
        assert not [path for folder in tmp_path.glob("dist-*") for path in folder.iterdir()]

    @pytest.mark.slow
    def test_of_places(self, shell: Any, rows: Path, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        (tmp_path / "folder" / "toy").mkdir(parents=True)
        (tmp_path / "folder" / "toy" / "notes.txt").touch()
        commands = (
            ["build", "toy", "--out", "file"],
            ["build", "toy", "--out", "file/deeper"],
            ["build", "toy", "--out", "/proc/mensrea"],
            ["build", "toy", "--out", "folder"],
        )
        for command, ended in zip(commands, shell.run_all(*commands, rows=rows), strict=True):
            assert (ended.code, ended.out) == (2, "")
            assert command[-1] in ended.error
        assert (tmp_path / "folder" / "toy" / "notes.txt").exists()

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_of_permission(self, shell: Any, rows: Path, tmp_path: Path) -> None:
        (tmp_path / "closed").mkdir(mode=0o500)
        ended = shell.run("build", "toy", "--out", "closed", rows=rows)
        assert (ended.code, ended.out) == (2, "")
        assert "closed/toy: can't be written (Permission denied)" in ended.error

    def test_of_what_is_no_release(self, toy: Any, shell: Any, tmp_path: Path) -> None:
        toy.build("text")
        (tmp_path / "empty").mkdir()
        damaged = tmp_path / "damaged"
        damaged.mkdir()
        (damaged / "manifest.json").write_text("{")
        folder = tmp_path / "odd"
        (folder / "manifest.json").mkdir(parents=True)
        commands = (
            ["diff", toy.release, "empty"],
            ["diff", "empty", toy.release, "--json"],
            ["validate", "nowhere"],
            ["validate", "empty", "--json"],
            ["validate", folder],
            ["validate", "damaged"],
        )
        *absent, damage = shell.run_all(*commands)
        assert [(ended.code, ended.out) for ended in absent] == [(2, "")] * 5
        assert all("no release here" in ended.error for ended in absent[:2])
        assert "nowhere: no such file or folder" in absent[2].error
        assert all("no data in this folder" in ended.error for ended in absent[3:])
        assert (damage.code, damage.out) == (1, "")
        assert "damaged/manifest.json: not valid JSON" in damage.error

    def test_of_rows(self, toy: Any, shell: Any, rows: Path) -> None:
        toy.write("text", [{"id": "text-0", "text": 1}])
        ended = shell.run("build", "toy", rows=rows)
        assert (ended.code, ended.out) == (1, "")
        assert "text" in ended.error

    @pytest.mark.slow
    def test_of_versions(self, toy: Any, shell: Any, rows: Path) -> None:
        toy.build("text", out=shell.cwd / "dist")
        toy.write("text", [{"id": "text-0", "text": "Another."}])
        refused, replaced = (
            shell.run("build", "toy", *options, rows=rows) for options in ((), ("--overwrite",))
        )
        assert (refused.code, refused.out) == (1, "")
        assert "2.0.0 or higher (major)" in refused.error
        assert replaced.code == 0


class TestValidate:
    def test_a_whole_release(self, toy: Any, shell: Any) -> None:
        toy.build("text", "chat", "pictures", out=shell.cwd / "dist")
        plain, document = shell.run_all(["validate", "dist/toy"], ["validate", "dist/toy", "--json"])
        assert (plain.code, plain.err) == (0, "")
        assert plain.out.splitlines()[0] == "Checked dist/toy"
        assert plain.out.splitlines()[-1].startswith("dist/toy: valid (10 rows, ")
        assert fits(plain.out)
        assert (document.code, document.err) == (0, "")
        assert json.loads(document.out)["findings"] == []

    def test_a_damaged_one(self, toy: Any, shell: Any) -> None:
        toy.build("text", out=shell.cwd / "dist")
        release = shell.cwd / "dist" / "toy"
        shutil.copy(release / TEXT_FILE, release / "text" / "stray.parquet")
        (release / TEXT_FILE).write_bytes(b"x" * (release / TEXT_FILE).stat().st_size)
        plain, document = shell.run_all(["validate", "dist/toy"], ["validate", "dist/toy", "--json"])
        assert (plain.code, document.code) == (1, 1)
        assert plain.err == document.err == ""
        assert plain.out.splitlines()[-1].startswith("dist/toy: 2 errors in 0 rows")
        findings = json.loads(document.out)["findings"]
        assert {finding["code"] for finding in findings} == {"stray-file", "file-changed"}
        for finding in findings:
            assert finding["message"] in " ".join(plain.out.split())
        assert fits(plain.out)


class TestDiff:
    @pytest.fixture
    def releases(self, toy: Any, shell: Any) -> Sequence[str]:
        """Two releases under one version, with a row that is new, one that changed and one that is gone."""
        toy.build("text", out=shell.cwd / "old")
        texts = [{"id": f"text-{number}", "text": f"New {number}."} for number in range(1, 30) if number != 3]
        toy.write("text", [texts[0], {"id": "text-2", "text": "Text 2."}, *texts[2:]])
        toy.build("text", out=shell.cwd / "new")
        return "old/toy", "new/toy"

    def test_it_says_what_moved_and_exits_with_1(self, shell: Any, releases: Sequence[str]) -> None:
        ended, few = shell.run_all(["diff", *releases], ["diff", *releases, "--ids", "0"])
        assert (ended.code, ended.err, few.code) == (1, "", 1)
        assert fits(ended.out + few.out)
        assert ended.out.splitlines() == [
            "text/train: 26 added, 1 changed, 1 removed",
            "  added: text-4 text-5 text-6 … 23 more",
            "  changed: text-1",
            "  removed: text-0",
            "1.0.0 -> 1.0.0: required bump major, too small, needs 2.0.0 or higher",
        ]
        assert few.out.splitlines() == [ended.out.splitlines()[0], ended.out.splitlines()[-1]]

    def test_json_has_every_id(self, shell: Any, releases: Sequence[str]) -> None:
        ended, same = shell.run_all(
            ["diff", *releases, "--json"], ["diff", releases[0], releases[0], "--json"]
        )
        assert (ended.code, ended.err) == (1, "")
        document = json.loads(ended.out)
        assert document == {
            "old": "1.0.0",
            "new": "1.0.0",
            "rows": {
                "text/train": {
                    "added": [f"text-{number}" for number in range(4, 30)],
                    "changed": ["text-1"],
                    "removed": ["text-0"],
                    "moved": False,
                }
            },
            "lines": [],
            "required": "major",
            "required_version": "2.0.0",
            "is_enough": False,
        }
        assert same.code == 0
        assert json.loads(same.out)["is_enough"] is True

    def test_of_a_higher_version_it_exits_with_0(self, toy: Any, shell: Any, releases: Sequence[str]) -> None:
        toy.version("2.0.0")
        toy.build("text", out=shell.cwd / "newer")
        ended = shell.run("diff", releases[0], "newer/toy")
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.splitlines()[-1] == "1.0.0 -> 2.0.0: required bump major, enough"
