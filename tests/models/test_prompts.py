from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import PromptError
from mensrea.generation.recipe import FOLDER
from mensrea.models.prompts import _paths, load_prompt

FRONT = '+++\nname = "toy"\nversion = 1\npurpose = "Try a step."\n+++\n'
SHIPPED = sorted(FOLDER.rglob("*.md"))


def write_prompt(folder, body):
    path = folder / "ask.md"
    text = body if body.startswith("--- ") else f"--- user ---\n{body}"
    path.write_text(f"{FRONT}{text}\n", encoding="utf-8")
    load_prompt.cache_clear()
    return path


def load(folder, body):
    return load_prompt(write_prompt(folder, body=body))


def rendered(folder, body, **values):
    return load(folder, body).render(values)[-1]["content"]


def test_a_part_is_a_message(tmp_path):
    body = "--- system ---\nBe brief.\n\n--- user ---\nHello {{ name }}.\n--- assistant --- \nDear"
    assert load(tmp_path, body).render({"name": "Łódź"}) == (
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello Łódź."},
        {"role": "assistant", "content": "Dear"},
    )


def test_front_matter_is_kept(tmp_path):
    prompt = load(tmp_path, "Hello.")
    assert (prompt.name, prompt.version, prompt.purpose) == ("toy", 1, "Try a step.")


def test_line_endings_change_nothing(tmp_path):
    path = write_prompt(tmp_path, body="Hello {{ name }}.\n\nBye.")
    before = load_prompt(path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    load_prompt.cache_clear()
    assert load_prompt(path) == before


def test_another_word_is_another_digest(tmp_path):
    assert load(tmp_path, "Hello.").digest != load(tmp_path, "Hallo.").digest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Hello.", "a prompt begins with TOML between lines of `+++`"),
        ("+++\nname = \n+++\n--- user ---\nHello.", "its front matter isn't TOML: "),
        (
            FRONT.replace("version = 1\n", "") + "--- user ---\nHi.",
            "`version` is missing or has another type",
        ),
        (FRONT.replace("= 1", "= true") + "--- user ---\nHi.", "`version` is missing or has another type"),
        (
            FRONT.replace("= 1", '= 1\nowner = "me"') + "--- user ---\nHi.",
            "`owner` isn't known; expected name",
        ),
        (FRONT + "Hello.", "expected parts under `--- system ---` and `--- user ---`, and no other text"),
        (FRONT + "--- system ---\nHello.", "expected parts under"),
        (FRONT + "--- user ---\n \n", "expected parts under"),
        (FRONT + "--- users ---\nHello.", "a part `--- users ---`, expected one of system, user, assistant"),
        (FRONT + "--- user ---\n{{ name", "not a template: "),
        (FRONT + "--- user ---\n{{ name | random }}", "not a template: No filter named 'random'"),
    ],
)
def test_what_is_no_prompt_is_refused_by_file(tmp_path, text, message):
    path = tmp_path / "bad.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PromptError, match=rf"^{re.escape(str(path))}: .*{re.escape(message)}") as caught:
        load_prompt(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(PromptError, match=r"gone\.md: the prompt can't be read \("):
        load_prompt(tmp_path / "gone.md")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "bytes.md").write_bytes(b"\xff\xfe")
    with pytest.raises(PromptError, match=r"bytes\.md: the prompt can't be read \("):
        load_prompt(tmp_path / "bytes.md")


@pytest.mark.parametrize(
    ("body", "values", "message"),
    [
        ("{{ name }}", {}, "'name' is undefined"),
        ("{{ habit.gloss }}", {"habit": {"name": "x"}}, "has no attribute 'gloss'"),
        ("{% if name %}x{% endif %}", {}, "'name' is undefined"),
        ("{{ name.__class__.__mro__ }}", {"name": "x"}, "access to attribute '__class__' of 'str' object"),
        ("{{ names.append(1) }}", {"names": []}, "access to attribute 'append' of 'list' object is unsafe"),
        ("{{ habit.update(a=1) }}", {"habit": {}}, "access to attribute 'update' of 'dict' object is unsafe"),
        ("{{ name.title }}", {"name": "x"}, "title is a function, not a value"),
        ("{{ 1 // number }}", {"number": 0}, "division or modulo by zero"),
        ("{{ number + name }}", {"number": 0, "name": "x"}, "unsupported operand"),
        ("{% for each in range(9999999) %}{% endfor %}", {}, "Range too big"),
        ("{% include 'other.md' %}", {}, "no loader"),
        ("{{ lipsum() }}", {}, "'lipsum' is undefined"),
    ],
)
def test_what_a_template_may_not_do(tmp_path, body, values, message):
    with pytest.raises(PromptError, match=rf"^prompt toy: can't be rendered: .*{re.escape(message)}"):
        rendered(tmp_path, body, **values)


@settings(deadline=None)
@given(st.text())
def test_values_are_never_templates_nor_escaped(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "values"
    path.mkdir(exist_ok=True)
    if not (path / "ask.md").exists():
        write_prompt(path, body="Say: >{{ text }}<")
    (message,) = load_prompt(path / "ask.md").render({"text": text})
    assert message["content"] == f"Say: >{text}<"


def test_a_template_in_a_value_stays_as_it_is(tmp_path):
    assert rendered(tmp_path, "{{ text }}", text="{{ 7 * 7 }}<b>&") == "{{ 7 * 7 }}<b>&"


def test_a_member_comes_before_a_method_of_its_name(tmp_path):
    habit = {"items": ["a"], "values": "v", "keys": 1}
    body = "{{ habit.items | join }}{{ habit.values }}{{ habit.keys }}"
    assert rendered(tmp_path, body, habit=habit) == "av1"


def test_rendering_leaves_values_alone(tmp_path):
    values = {"names": ["b", "a"], "habit": {"name": "x"}}
    body = "{% for each in names | sort %}{% set names = each %}{{ names }}{% endfor %}{{ habit.name }}"
    assert rendered(tmp_path, body, **values) == "abx"
    assert values == {"names": ["b", "a"], "habit": {"name": "x"}}


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ("Hello.", set()),
        ("{{ a }} {{ b.c.d }}", {"a", "b.c.d"}),
        ("{{ b }} {{ b.c }}", {"b", "b.c"}),
        ("{{ a['b'].c }}", {"a.b.c"}),
        ("{{ a[0].c }} {{ b[k].c }}", {"a", "b", "k"}),
        ("{{ a.b[0].c }}", {"a.b"}),
        ("{{ a.strip() }} {{ b.c.strip().title() }}", {"a", "b.c"}),
        ("{{ a | join(b) | upper }}", {"a", "b"}),
        ("{{ a.b | map(attribute='c') | join(', ') }}", {"a.b"}),
        (
            "{% for x in a.b %}{{ loop.index }} {{ x.c }} {{ y }}{% else %}{{ z }}{% endfor %}",
            {"a.b", "y", "z"},
        ),
        ("{% for k, v in a.items() %}{{ k }}{{ v }}{% endfor %}", {"a"}),
        ("{% set s = a.b %}{{ s.t }}", {"a.b"}),
        ("{% for x in a %}{{ x.c }}{% endfor %}{{ x }}", {"a", "x"}),
        ("{% macro m(p) %}{{ p.q }}{{ r }}{% endmacro %}{{ m(a.b) }}", {"r", "a.b"}),
        ("{% if a.b == 'c' and d is defined %}{{ e }}{% endif %}", {"a.b", "d", "e"}),
        ("{{ range(n) | list }} {{ dict(a=b) }}", {"n", "b"}),
        ("{{ a if b.c else d }} {{ [e.f, {'g': h}] }}", {"a", "b.c", "d", "e.f", "h"}),
        ("{# {{ a }} #}{% raw %}{{ b }}{% endraw %}", set()),
    ],
)
def test_paths_are_what_a_template_reads(tmp_path, body, paths):
    assert {".".join(path) for path in load(tmp_path, body).paths} == paths


PIECES = st.sampled_from(["a", "b.c", "d.e.f", "g['h']"])


@given(st.lists(PIECES), st.sampled_from(["{{ %s }}", "{%% if %s %%}{%% endif %%}", "{{ [%s] | length }}"]))
def test_every_path_read_is_found(pieces, form):
    body = "\n".join(form % each for each in pieces)
    expected = {re.sub(r"\['(\w)'\]", r".\1", each) for each in pieces}
    assert {".".join(path) for path in _paths(body)} == expected


def test_variables_are_the_roots_of_paths(tmp_path):
    assert load(tmp_path, "{{ a.b }}{{ a.c }}{{ d }}").variables == {"a", "d"}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_shipped_prompts_load(path):
    prompt = load_prompt(path)
    assert prompt.name == f"{path.parent.name}-{path.stem}"
    assert prompt.purpose.endswith(".")
