"""Names to rules, parameters that fit, and what files declare."""

import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import pytest
from mensrea.errors import UsageError
from mensrea.validation.findings import Finding
from mensrea.validation.inputs.batch import Batch
from mensrea.validation.rules import declarations as declaring
from mensrea.validation.rules.base import Rule, Suppression, rule
from mensrea.validation.rules.catalogue import all_rules
from mensrea.validation.rules.declarations import Declarations, declarations, read_rules_file
from mensrea.validation.rules.ids import DuplicateId, SharedId
from mensrea.validation.rules.registry import MODULES, build_rule, build_rules, rule_class


class Own(Rule):
    """A dataset's own rule, with a parameter of every type."""

    name: ClassVar[str] = "own-rule"

    def __init__(
        self,
        field: str,
        share: float = 0.5,
        count: int | None = None,
        kinds: Sequence[str] = ("a",),
        table: Mapping[str, Any] | None = None,
        *,
        strict: bool = False,
        mode: Literal["low", "high"] = "low",
    ) -> None:
        if share > 1:
            raise ValueError("share: found more than 1")
        self.given = (field, share, count, kinds, table, strict, mode)

    @property
    def columns(self) -> tuple[str, ...]:
        return ("id",)

    def observe(self, batch: Batch) -> Iterable[Finding]:
        del batch
        return ()


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_name_leads_to_its_class(name):
    made = rule_class(name)
    assert issubclass(made, Rule)
    assert made.name == name
    assert not inspect.isabstract(made)


@pytest.mark.parametrize("module", sorted(set(MODULES.values())))
def test_every_class_of_a_module_has_a_name_in_the_table(module):
    classes = importlib.import_module(f"mensrea.validation.rules.{module}").RULES
    assert {each.name for each in classes} == {name for name, place in MODULES.items() if place == module}


def test_a_rules_page_gives_its_severity():
    pages = {info.name: info.severity for info in all_rules()}
    assert {name: pages[name] for name in MODULES} == {name: rule_class(name).severity for name in MODULES}


def test_rules_are_built_for_the_configs_that_they_hold_for():
    declared = [rule("duplicate-id"), rule("shared-id", field="pair", configs=("a",))]
    built = build_rules(declared, "a")
    assert [(each.name, type(made)) for each, made in built] == [
        ("duplicate-id", DuplicateId),
        ("shared-id", SharedId),
    ]
    assert built[1][1].columns == ("pair",)
    assert [each.name for each, _ in build_rules(declared, "b")] == ["duplicate-id"]
    assert build_rules(declared, "b")[0][1] is not built[0][1]


def test_parameters_arrive():
    declared = rule(
        "own-rule", field="f", share=1, count=3, kinds=["x"], table={"k": 1}, strict=True, mode="high"
    )
    made = build_rule(declared, [Own])
    assert isinstance(made, Own)
    assert made.given == ("f", 1, 3, ["x"], {"k": 1}, True, "high")


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("duplicate-ids", {}, "no rule 'duplicate-ids' can be declared; expected one of duplicate-id"),
        ("own-rules", {}, "expected one of own-rule"),
        ("duplicate-id", {"fields": "id"}, "rule duplicate-id: no parameter 'fields'; it takes field='id'"),
        ("duplicate-id", {"field": 3}, "rule duplicate-id: field: found 3, expected a text"),
        ("broken-reference", {"to": "id"}, "rule broken-reference: field is missing; it takes field, to"),
        ("incomplete-group", {"field": "g"}, "rule incomplete-group: expected size, or members_field"),
        ("incomplete-group", {"field": "g", "size": True}, "size: found True, expected a whole number"),
        ("own-rule", {"field": "f", "share": "x"}, "share: found 'x', expected a number"),
        (
            "own-rule",
            {"field": "f", "share": 2},
            "rule own-rule: share: found more than 1; it takes field, share",
        ),
        ("own-rule", {"field": "f", "kinds": "x"}, "kinds: found 'x', expected a list, each a text"),
        ("own-rule", {"field": "f", "kinds": [1]}, "kinds: found [1], expected a list, each a text"),
        ("own-rule", {"field": "f", "table": []}, "table: found [], expected a table"),
        ("own-rule", {"field": "f", "strict": 1}, "strict: found 1, expected true or false"),
        ("own-rule", {"field": "f", "mode": "x"}, "mode: found 'x', expected 'low' or 'high'"),
    ],
)
def test_what_doesnt_fit_is_told_in_one_line(name, parameters, message):
    with pytest.raises(UsageError) as caught:
        build_rule(rule(name, **parameters), [Own])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_only_modules_of_declared_rules_are_imported():
    program = (
        "import sys; from mensrea.validation.rules.registry import build_rules\n"
        "from mensrea.validation.rules.base import rule\n"
        "build_rules([rule('duplicate-id')], '')\n"
        "print(*(name for name in sys.modules if name == 'polars' or '.rules.' in name))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "rules.ids" in done.stdout
    assert "rules.relations" not in done.stdout
    assert "polars" not in done.stdout


GOOD = """
[[rules]]
name = "shared-id"
field = "prompt"
configs = ["original"]
severity = "note"

[[rules]]
name = "cross-field"
when = {properties = {label = {const = "harmful"}}}
then = {required = ["category"]}

[[suppress]]
rule = "MR201"
reason = "Copies of the published file."
where = "original/*"
"""


def test_a_rules_file_is_read(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text(GOOD, encoding="utf-8")
    found = read_rules_file(path)
    when = {"properties": {"label": {"const": "harmful"}}}
    assert found == Declarations(
        (
            rule("shared-id", field="prompt", configs=("original",), severity="note"),
            rule("cross-field", when=when, then={"required": ["category"]}),
        ),
        (Suppression("MR201", "Copies of the published file.", "original/*"),),
    )
    path.write_text("", encoding="utf-8")
    assert read_rules_file(path) == Declarations()
    path.write_text("[[rules]]\nname = 'own-rule'\nfield = 'f'", encoding="utf-8")
    assert read_rules_file(path, [Own]).rules == (rule("own-rule", field="f"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[rules]", "not TOML"),
        ("[[rule]]\nname = 'duplicate-id'", "found key 'rule', expected rules, suppress"),
        ("rules = 3", "rules: expected tables, each under [[rules]]"),
        ("[[rules]]\nfield = 'id'", "rules[1]: name: missing, expected a text"),
        ("[[rules]]\nname = 'duplicate-id'\n[[rules]]\nname = 'duplicate'", "rule 2: no rule 'duplicate'"),
        ("[[rules]]\nname = 'duplicate-id'\nfeild = 'x'", "rule 1: rule duplicate-id: no parameter 'feild'"),
        ("[[rules]]\nname = 'duplicate-id'\nseverity = 'fatal'", "rules[1]: severity: found 'fatal'"),
        ("[[rules]]\nname = 'duplicate-id'\nconfigs = 'a'", "rules[1]: configs: found 'a', expected a list"),
        ("[[suppress]]\nrule = 'MR201'", "suppress[1]: reason: missing"),
        ("[[suppress]]\nrule = 'MR201'\nreason = ' '", "suppress[1]: reason: found ' '"),
        ("[[suppress]]\nrule = 'MR201'\nreason = 'r'\nplace = 'x'", "suppress[1]: found key 'place'"),
        ("[[suppress]]\nrule = 'MR999'\nreason = 'r'", "suppression 1: no rule 'MR999'"),
    ],
)
def test_a_wrong_rules_file_is_told_by_file_and_entry(tmp_path, text, message):
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_rules_file(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_rules_file_that_isnt_there_is_told(tmp_path):
    with pytest.raises(UsageError, match=r"none.toml: can't be read: No such file"):
        read_rules_file(tmp_path / "none.toml")


@pytest.fixture
def riddles(monkeypatch, tmp_path):
    """A package with a module `riddles`, in the place of `mensrea.validation`."""
    package = tmp_path / "riddle_declarations"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(declaring, "_PACKAGE", package.name)
    yield package / "riddles.py"
    for name in [name for name in sys.modules if name.startswith(package.name)]:
        del sys.modules[name]


HEAD = "from mensrea.validation.rules.base import Suppression, rule\n"


def test_a_dataset_declares_rules_in_its_module(riddles):
    riddles.write_text(
        f"{HEAD}RULES = [rule('duplicate-id')]\nSUPPRESSIONS = (Suppression('shared-id', 'Why.'),)"
    )
    assert declarations("riddles") == Declarations(
        (rule("duplicate-id"),), (Suppression("shared-id", "Why."),)
    )
    assert declarations("other") == Declarations()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("RULES = [rule('duplicate')]", "validation/riddles.py: rule 1: no rule 'duplicate'"),
        ("SUPPRESSIONS = [Suppression('MR201', ' ')]", "riddles.py: suppression 1: of MR201: reason"),
        ("SUPPRESSIONS = [Suppression('MR999', 'Why.')]", "riddles.py: suppression 1: no rule 'MR999'"),
    ],
)
def test_a_wrong_declaration_is_told_by_its_module(riddles, text, message):
    riddles.write_text(HEAD + text)
    with pytest.raises(UsageError, match=message):
        declarations("riddles")


def test_a_module_that_imports_what_isnt_there_fails_as_such(riddles):
    riddles.write_text("import nowhere_to_be_found")
    with pytest.raises(ModuleNotFoundError, match="nowhere_to_be_found"):
        declarations("riddles")
