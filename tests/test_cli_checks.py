"""`mensrea validate` and `mensrea explain` as commands: exit codes, options, streams, and interrupts."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

SCHEMA = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "n": {"type": "integer", "maximum": 5}},
}
DEFECTS = [
    b"{", b"", b'{"id": "\xff"}', b'{"id": 1, "id": 2}', b'{"id": "a", "n": NaN}', b"[1]", b"null", b"{}",
    b"{}{}",
    b'{"id": "a", "n": 36893488147419103232}', b'{"id": "a", "n": 7}\r',
    b'{"id": "' + b"x" * 200 + b'", "n": "x"}',
]  # fmt: skip


@pytest.fixture
def folder(shell: Any) -> Path:
    """A folder with good rows, bad rows and their schema, in which commands start."""
    good = b"".join(b'{"id": "row-%d", "n": %d}\n' % (number, number % 5) for number in range(50))
    (shell.cwd / "good.jsonl").write_bytes(good)
    (shell.cwd / "bad.jsonl").write_bytes(b"\xef\xbb\xbf" + good + b"\n".join(DEFECTS))
    (shell.cwd / "s.json").write_text(json.dumps(SCHEMA))
    (shell.cwd / "odd.json").write_text(json.dumps({"maxLenght": 1}))
    (shell.cwd / "rules.toml").write_text(
        '[[suppress]]\nrule = "schema-violation"\nreason = "Known."\n\n[[rules]]\nname = "duplicate-id"\n'
    )
    return shell.cwd


def codes(ended: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for finding in json.loads(ended.out)["findings"]:
        counts[finding["code"]] = counts.get(finding["code"], 0) + 1
    return counts


@pytest.mark.slow
def test_exit_codes(shell: Any, folder: Path) -> None:
    (folder / "empty").mkdir()
    (folder / "blank.jsonl").touch()
    (folder / "cut.parquet").write_bytes(b"PAR1")
    (folder / "s2.json").write_text("{")
    expected: Sequence[tuple[int, Sequence[str]]] = [
        (0, ["good.jsonl"]),
        (0, ["good.jsonl", "--schema", "s.json"]),
        (0, ["good.jsonl", "--schema", "s.json", "--fail-on", "warning"]),
        (0, ["good.jsonl", "--schema", "odd.json"]),
        (1, ["good.jsonl", "--schema", "odd.json", "--strict-schema"]),
        (0, ["blank.jsonl"]),
        (1, ["blank.jsonl", "--fail-on", "warning"]),
        (1, ["bad.jsonl"]),
        (1, ["bad.jsonl", "--max-findings", "0"]),
        (1, ["cut.parquet"]),
        (1, ["good.jsonl", "bad.jsonl", "--schema", "s.json"]),
        (2, ["nowhere.jsonl"]),
        (2, ["good.jsonl", "nowhere.jsonl"]),
        (2, ["empty"]),
        (2, ["s.toml"]),
        (2, ["good.jsonl", "--schema", "s2.json"]),
        (2, ["good.jsonl", "--schema", "nowhere.json"]),
        (2, ["good.jsonl", "--schema", ""]),
        (2, ["good.jsonl", "--config", ""]),
        (2, ["good.jsonl", "--split", "train"]),
        (2, ["good.jsonl", "--strict-schema"]),
        (2, ["good.jsonl", "--rules", "nowhere.toml"]),
        (2, ["good.jsonl", "--rules", "rules.toml", "--no-rules"]),
        (2, ["good.jsonl", "--baseline", "cut.parquet"]),
        (2, ["good.jsonl", "--report", "json"]),
        (2, ["good.jsonl", "--report", "yaml=a"]),
        (2, ["good.jsonl", "--report", "json=nowhere/a"]),
        (2, ["good.jsonl", "--report", "json=empty"]),
    ]
    for code, arguments in expected:
        ended = shell.run("validate", *arguments)
        assert ended.code == code, (arguments, ended)
        if code == 2:
            assert ended.out == ""
            assert ended.error
        else:
            assert ended.err == ""


@pytest.mark.usefixtures("folder")
def test_the_report_of_many_defects_fits_a_terminal(shell: Any) -> None:
    ended = shell.run("validate", "bad.jsonl", "--schema", "s.json")
    assert all(len(line) <= 80 for line in ended.out.splitlines())
    assert ended.out.startswith("Checked bad.jsonl against s.json\n")
    assert "MR101 schema-violation: 8 errors\n" in ended.out
    for line in (51, 53, 59):
        assert f"  bad.jsonl:{line}\n" in ended.out
    assert ended.out.splitlines()[-1].startswith("bad.jsonl: 13 errors, ")
    assert "\x1b" not in ended.out


@pytest.mark.usefixtures("folder")
def test_as_few_findings_as_wished(shell: Any) -> None:
    one, none = (
        shell.run("validate", "bad.jsonl", "--schema", "s.json", "--max-findings", number) for number in "10"
    )
    assert "MR101 schema-violation: 8 errors\n" in one.out
    assert "  ... 7 more\n" in one.out
    assert "bad.jsonl:5" not in none.out
    assert one.out.splitlines()[-1].partition("(")[0] == none.out.splitlines()[-1].partition("(")[0]


def test_formats_of_reports(shell: Any, folder: Path) -> None:
    files = {"json": "a.json", "junit": "a.xml", "sarif": "a.sarif", "markdown": "a.md", "text": "a.txt"}
    (folder / "a.md").write_text("Before.\n")
    reports = [f"--report={form}={name}" for form, name in files.items()]
    ended = shell.run("validate", "bad.jsonl", "--schema", "s.json", "--format", "github", *reports)
    assert ended.code == 1
    assert ended.out.startswith("::error ")
    assert json.loads((folder / "a.json").read_text())["findings"]
    assert json.loads((folder / "a.sarif").read_text())["version"] == "2.1.0"
    assert ET.fromstring((folder / "a.xml").read_text()).tag == "testsuites"
    assert (folder / "a.md").read_text().startswith("Before.\n")
    assert (folder / "a.txt").read_text().startswith("Checked bad.jsonl against s.json\n")


@pytest.mark.usefixtures("folder")
def test_rules_and_suppressions(shell: Any) -> None:
    both, neither = shell.run_all(
        ["validate", "bad.jsonl", "--schema", "s.json", "--rules", "rules.toml", "--json"],
        ["validate", "bad.jsonl", "--schema", "s.json", "--no-rules", "--json"],
    )
    assert "schema-violation" not in codes(both)
    assert codes(both)["duplicate-id"] >= 1
    assert codes(neither)["schema-violation"] == 8


def test_a_baseline(shell: Any, folder: Path) -> None:
    pq.write_table(pa.table({"id": ["a"] * 50, "m": list(range(50))}), folder / "old.parquet")
    same, changed = shell.run_all(
        ["validate", "good.jsonl", "--baseline", "good.jsonl", "--json"],
        ["validate", "good.jsonl", "--baseline", "old.parquet", "--json"],
    )
    assert (same.code, codes(same)) == (0, {})
    assert codes(changed)["drift-schema"] == 2


def test_a_folder_with_one_split(shell: Any, folder: Path) -> None:
    (folder / "d" / "a").mkdir(parents=True)
    for name in ("a/train", "a/test"):
        (folder / "d" / f"{name}.jsonl").write_bytes((folder / "good.jsonl").read_bytes())
    ended = shell.run("validate", "d", "--config", "a", "--split", "test", "--schema", "s.json")
    assert ended.code == 0
    assert ended.out.splitlines()[-1].startswith("d: valid (50 rows")
    assert "a/train" not in ended.out


@pytest.mark.usefixtures("folder")
def test_a_closed_pipe_is_no_error_to_report(shell: Any) -> None:
    started = shell.start("validate", "bad.jsonl")
    started.stdout.close()
    assert started.wait(timeout=60) == 141
    assert started.stderr.read() == ""
    started.stderr.close()


def test_a_report_replaces_nothing_that_is_read(shell: Any, folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    (folder / "link").symlink_to("good.jsonl")
    for name in ("good.jsonl", f"{folder}/good.jsonl", "link", "s.json", "rules.toml"):
        options = ("--schema", "s.json", "--rules", "rules.toml", "--report", f"json={name}")
        ended = shell.run("validate", "good.jsonl", *options)
        assert (ended.code, ended.out) == (2, ""), name
        assert ended.error.endswith("that is read, and would be overwritten; name another file")
    assert all(path.read_bytes() == data for path, data in before.items())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.usefixtures("folder")
def test_a_report_that_does_not_fit_is_named(shell: Any) -> None:
    ended = shell.run("validate", "good.jsonl", "--report", "json=/dev/full")
    assert (ended.code, ended.error) == (
        2, "mensrea: /dev/full: the report can't be written (No space left on device)",
    )  # fmt: skip


def wait_until_opened(name: str, process: Any) -> None:
    until = time.monotonic() + 60
    while name not in {Path(each.path).name for each in psutil.Process(process.pid).open_files()}:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("rules", [(), ("--rules", "rules.toml")])
def test_an_interrupt_is_one_line(shell: Any, folder: Path, rules: Sequence[str]) -> None:
    (folder / "long.jsonl").write_bytes(b'{"id": "a", "n": 1, "n": 1}\n' * 400_000)
    started = shell.start("validate", "long.jsonl", "--schema", "s.json", *rules)
    wait_until_opened("long.jsonl", started)
    started.send_signal(signal.SIGINT)
    ended = shell.end(started)
    assert ended.code == 130
    assert ended.error == "mensrea: interrupted; what was there before is unchanged"


def on_terminal(shell: Any, *command: object) -> str:
    """What the command shows on a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    environment = {**shell.environment(), "TERM": "xterm"}
    environment.pop("NO_COLOR")
    started = subprocess.Popen(
        ["mensrea", *map(str, command)], executable=str(Path(sys.executable).parent / "mensrea"),
        cwd=shell.cwd, env=environment, stdout=theirs, stderr=theirs, stdin=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            shown += os.read(ours, 1 << 16)
        except OSError:
            break
    started.wait(timeout=60)
    os.close(ours)
    return shown.decode()


@pytest.mark.usefixtures("folder")
def test_colour_is_for_terminals(shell: Any) -> None:
    shown = on_terminal(shell, "validate", "bad.jsonl")
    assert "\x1b[" in shown
    assert "bad.jsonl: " in shown


def test_every_rule_is_explained(shell: Any) -> None:
    listing, by_number, by_name, unknown = shell.run_all(
        ["explain"], ["explain", "MR405"], ["explain", "mojibake"], ["explain", "mojibak"]
    )
    assert by_number.out == by_name.out != ""
    assert "MR405  " in listing.out
    assert (listing.code, by_number.code, unknown.code, unknown.out) == (0, 0, 2, "")
    assert "mojibake" in unknown.error
