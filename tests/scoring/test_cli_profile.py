"""`mensrea profile` as it is typed."""

import json

import pytest
from mensrea import cli
from mensrea.scoring.profiles import FORMAT
from mensrea.scoring.report_json import write_report

from .habit_reports import report_on
from .outcomes import report_of


def chance(own, judged, _):
    return (0.6 if own == judged else 0.1) + 0.02 * (len(judged) % 9)


@pytest.fixture
def mensrea(tmp_path, monkeypatch, capfd):
    """Runs the command in this process, in a folder with reports."""
    write_report(report_on("core", chance, per_habit=3, every=False), tmp_path / "core.json")
    write_report(report_of(), tmp_path / "drinks.json")
    (tmp_path / "no.json").write_text("{}")

    def ran(line):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.argv", ["mensrea", *line.split()])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), *capfd.readouterr()

    return ran


def test_text_json_and_page(mensrea, tmp_path):
    code, out, err = mensrea("profile core.json --resamples 100 --out a.json --html a.html")
    assert (code, err) == (0, "")
    assert "openai/a: 48 tasks of core, one sample each" in out
    assert out.endswith("wrote a.json\nwrote a.html\n")
    written = json.loads((tmp_path / "a.json").read_text())
    assert written["format"] == FORMAT
    assert "<svg" in (tmp_path / "a.html").read_text()
    code, out, _ = mensrea("profile core.json --resamples 100 --format json")
    assert json.loads(out) == written


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("profile gone.json", "gone.json: can't be read"),
        ("profile no.json", "no.json: is no report"),
        ("profile drinks.json", "drinks.json: has no judgements of habits; score cogtest's responses again"),
        ("profile core.json core.json", "two reports are about openai/a on core; give one of them"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(mensrea, line, said):
    code, out, err = mensrea(line)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) <= 3
