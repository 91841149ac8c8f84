"""The action and the hooks: their scripts run as a runner and as pre-commit run them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
INSTALL, VALIDATE = (step for step in ACTION["runs"]["steps"] if "run" in step)
NASTY = [
    "a b/c d.jsonl",
    "$(touch ran)",
    "`touch ran`",
    "'; touch ran; '",
    '"; touch ran; "',
    "--help",
    "*",
    "é",
]
# A stand-in for a program: it writes down how it was called.
STAND_IN = """#!{python}
import json, os, sys
with open({calls!r}, "a") as file:
    file.write(json.dumps(sys.argv) + "\\n")
os.makedirs(os.environ["RUNNER_TEMP"] + "/mensrea/bin", exist_ok=True)
sys.exit(int(os.environ.get("STAND_IN_EXIT", "0")))
"""


class Runner:
    """A folder as a runner has it, and the programs that the action calls."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls_file = root / "calls.jsonl"
        self.work = root / "work space"
        self.temp = root / "runner temp"
        self.bin = self.temp / "mensrea" / "bin"
        for folder in (self.work, self.bin):
            folder.mkdir(parents=True)

    def stand_in(self, path: Path) -> None:
        path.write_text(STAND_IN.format(python=sys.executable, calls=str(self.calls_file)), encoding="utf-8")
        path.chmod(0o755)

    def run(self, step: dict[str, Any], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        script = self.root / "script.sh"
        script.write_text(step["run"], encoding="utf-8")
        variables = {
            "PATH": os.environ["PATH"],
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTION_PATH": str(self.root / "action path"),
            "GITHUB_OUTPUT": str(self.root / "output"),
            "GITHUB_STEP_SUMMARY": str(self.root / "summary.md"),
            **environment,
        }
        # What a runner runs for `shell: bash`.
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        return subprocess.run(
            command, cwd=self.work, env=variables, capture_output=True, text=True, check=False
        )

    def validate(self, *, code: int = 0, **inputs: str) -> tuple[int, list[str]]:
        """The exit code of the step and the arguments of the command."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert set(given) <= set(ACTION["inputs"])
        values = {
            name: given.get(name, str(each.get("default", ""))) for name, each in ACTION["inputs"].items()
        }
        environment = {name: filled(text, values) for name, text in VALIDATE["env"].items()}
        self.stand_in(self.bin / "mensrea")
        done = self.run(VALIDATE, {**environment, "STAND_IN_EXIT": str(code)})
        assert done.stderr == ""
        (call,) = self.calls()
        assert call[0] == str(self.bin / "mensrea")
        return done.returncode, call[1:]

    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in self.calls_file.read_text(encoding="utf-8").splitlines()]


def filled(text: str, values: dict[str, str]) -> str:
    """An expression such as `${{ inputs.path }}`, evaluated."""
    match = re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", text)
    assert match, text
    return values[match[1]]


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_no_script_holds_an_expression():
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_every_input_is_used_and_described():
    used = set(re.findall(r"inputs\.([a-z-]+)", json.dumps(ACTION["runs"])))
    assert used == set(ACTION["inputs"])
    assert all(each["description"] for each in ACTION["inputs"].values())
    assert all("default" in each or each["required"] for each in ACTION["inputs"].values())


def test_the_plainest_call(runner: Runner):
    assert runner.validate(path="data.jsonl") == (
        0,
        [
            "validate",
            f"--report=markdown={runner.root / 'summary.md'}",
            "--format=github",
            "--fail-on=error",
            "--",
            "data.jsonl",
        ],
    )
    assert (runner.root / "output").read_text() == "exit-code=0\n"


def test_every_option_arrives(runner: Runner):
    _, arguments = runner.validate(
        path="a.jsonl\nb.jsonl\n",
        schema="s.json",
        config="main",
        split="train",
        rules="rules.toml",
        baseline="old/",
        fail_on="warning",
        max_findings="7",
        format="text",
        reports="sarif=a.sarif\njunit=b.xml\n",
        null_is_absent="true",
        assert_formats="true",
        strict_schema="true",
        no_rules="true",
    )
    assert arguments[2:] == [
        "--format=text",
        "--fail-on=warning",
        "--schema=s.json",
        "--config=main",
        "--split=train",
        "--rules=rules.toml",
        "--baseline=old/",
        "--max-findings=7",
        "--null-is-absent",
        "--assert-formats",
        "--strict-schema",
        "--no-rules",
        "--report=sarif=a.sarif",
        "--report=junit=b.xml",
        "--",
        "a.jsonl",
        "b.jsonl",
    ]


@pytest.mark.parametrize("code", [1, 2, 137])
def test_the_exit_code_is_that_of_the_command(runner: Runner, code: int):
    assert runner.validate(path="a.jsonl", code=code)[0] == code
    assert (runner.root / "output").read_text() == f"exit-code={code}\n"


@pytest.mark.parametrize("text", NASTY)
def test_what_inputs_hold_is_never_run(runner: Runner, text: str):
    (runner.work / "globbed.jsonl").touch()
    before = sorted(path.name for path in runner.work.iterdir())
    _, arguments = runner.validate(path=text, schema=text, reports=f"json={text}", max_findings=text)
    assert arguments[-1] == text
    assert arguments[-2] == "--"
    assert {f"--schema={text}", f"--report=json={text}", f"--max-findings={text}"} < set(arguments)
    assert sorted(path.name for path in runner.work.iterdir()) == before


def test_installation_goes_into_its_own_environment(runner: Runner):
    folder = runner.root / "path"
    folder.mkdir()
    for program in (folder / "python", runner.bin / "python"):
        runner.stand_in(program)
    done = runner.run(INSTALL, {"PATH": f"{folder}:{os.environ['PATH']}"})
    assert (done.returncode, done.stderr) == (0, "")
    action = str(runner.root / "action path")
    venv, locked, package = runner.calls()
    assert venv == [str(folder / "python"), "-m", "venv", str(runner.temp / "mensrea")]
    assert locked[:4] == [str(runner.bin / "python"), "-m", "pip", "install"]
    assert locked[-3:] == ["--require-hashes", "-r", f"{action}/requirements.lock"]
    assert package[-2:] == ["--no-deps", action]
    assert (ROOT / "requirements.lock").is_file()


def test_a_failed_installation_fails_the_step(runner: Runner):
    folder = runner.root / "path"
    folder.mkdir()
    runner.stand_in(folder / "python")
    done = runner.run(INSTALL, {"PATH": f"{folder}:{os.environ['PATH']}", "STAND_IN_EXIT": "3"})
    assert done.returncode == 3


def test_hooks_take_the_files_that_hold_rows():
    assert [hook["id"] for hook in HOOKS] == ["mensrea-validate", "mensrea-dedupe"]
    for hook in HOOKS:
        assert all(re.search(hook["files"], name) for name in ("a.jsonl", "b/c.ndjson", "d.parquet"))
        assert not any(re.search(hook["files"], name) for name in ("a.json", "jsonl", "a.jsonl.gz", "a.py"))


@pytest.mark.slow
def test_pre_commit_runs_the_hooks(tmp_path: Path):
    """In a repository that has these hooks and, for speed, a package that only repeats how it was called."""
    hooks, user = tmp_path / "hooks", tmp_path / "user"
    write(
        hooks,
        "setup.py",
        'from setuptools import setup\nsetup(py_modules=["said"], **{"entry_points": '
        '{"console_scripts": ["mensrea=said:main"]}})\n',
    )
    write(hooks, "said.py", "import sys\ndef main():\n    print(sys.argv[1:])\n    return 1\n")
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    revision = commit(hooks)
    configured = [
        {"id": "mensrea-validate", "args": ["--schema", "rows.schema.json"]},
        {"id": "mensrea-dedupe"},
    ]
    repos = [{"repo": str(hooks), "rev": revision, "hooks": configured}]
    write(user, ".pre-commit-config.yaml", json.dumps({"repos": repos}))
    for name in ("a b.jsonl", "c.parquet", "d.txt"):
        write(user, name, "{}\n")
    commit(user)
    command = [sys.executable, "-m", "pre_commit", "run", "--all-files"]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = {**inherited, "PRE_COMMIT_HOME": str(tmp_path / "cache")}
    done = subprocess.run(command, cwd=user, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    said = [line for line in done.stdout.splitlines() if line.startswith("['")]
    assert said == [
        "['validate', '--schema', 'rows.schema.json', 'a b.jsonl', 'c.parquet']",
        "['dedupe', 'a b.jsonl', 'c.parquet']",
    ]


def write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def commit(folder: Path) -> str:
    """Make a repository of the folder; the commit's name."""
    git = ["git", "-C", str(folder), "-c", "user.name=Test", "-c", "user.email=test@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "All"]):
        subprocess.run([*git, *arguments], check=True, capture_output=True)
    return subprocess.run(
        [*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
