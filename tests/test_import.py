"""What importing and listing cost."""

import json
import resource
import statistics
import subprocess
import sys
from pathlib import Path

import mensrea

HEAVY = {"datasets", "huggingface_hub", "numpy", "openai", "pandas", "polars", "pyarrow", "torch"}
REPORT = """
import json, resource, sys, time
start = time.process_time()
{statement}
seconds = time.process_time() - start
status = open("/proc/self/status").read() if sys.platform == "linux" else ""
resident = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)
roots = sorted({{name.split(".")[0] for name in sys.modules}})
print(json.dumps({{"seconds": seconds, "kilobytes": resident, "modules": roots}}))
"""


def run(statement: str) -> dict[str, object]:
    code = REPORT.format(statement=statement)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def median(statement: str, member: str) -> float:
    return statistics.median(float(str(run(statement)[member])) for _ in range(5))


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not HEAVY & set(map(str, run("import mensrea")["modules"]))  # type: ignore[arg-type]


def test_every_public_name_is_there() -> None:
    public = set(mensrea.__all__)
    assert {"MensreaError", "Report", "build_release", "load", "validate"} <= public <= set(dir(mensrea))
    assert all(getattr(mensrea, name) is not None for name in public)


def test_listing_loads_nothing_heavy() -> None:
    assert not HEAVY & set(map(str, run("import mensrea; mensrea.list_datasets()")["modules"]))  # type: ignore[arg-type]


def test_importing_the_package_is_cheap() -> None:
    assert median("import mensrea", "seconds") <= 0.10
    assert median("import mensrea", "kilobytes") - median("pass", "kilobytes") <= 30 * 1024


def seconds(command: list[str]) -> float:
    """Of a processor: others may keep it busy, and the clock would count them."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_the_list_command_answers_at_once() -> None:
    command = [str(Path(sys.executable).parent / "mensrea"), "list"]
    subprocess.run(command, check=True, capture_output=True)
    bare = min(seconds([sys.executable, "-c", "pass"]) for _ in range(5))
    times = [seconds(command) for _ in range(7)]
    # A slow machine starts a bare interpreter slowly too.
    assert min(times) <= max(0.25, 15 * bare)
