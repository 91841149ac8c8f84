"""Running declared rules over batches, and sorting out the findings that are accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from ...errors import MissingLibraryError
from ..findings import Finding, FindingLog
from ..inputs.batch import Batch
from .base import Declared, Rule, Suppression
from .catalogue import find_rule
from .registry import OwnRules, build_rule, holds_for
from .spanning import SpanningRule


class Suppressor:
    """Says which findings are accepted, and which suppressions were never needed."""

    def __init__(self, suppressions: Iterable[Suppression] = ()) -> None:
        """Take the suppressions.

        Raises:
            UsageError: One names a rule that doesn't exist.
        """
        self._codes = {each: find_rule(each.rule).name for each in suppressions}
        self._counts: Counter[Suppression] = Counter()

    @property
    def counts(self) -> Mapping[Suppression, int]:
        """How many findings each suppression accepted; one that two accept counts for both."""
        return {each: self._counts[each] for each in self._codes if self._counts[each]}

    def accepts(self, finding: Finding) -> bool:
        """Whether a finding is accepted; it is counted for every suppression that accepts it."""
        matching = [each for each, code in self._codes.items() if _matches(each, code, finding)]
        self._counts.update(matching)
        return bool(matching)

    def unused(self, among: Collection[Suppression] | None = None) -> Iterator[Finding]:
        """A warning for each suppression, of all or of these, that accepted nothing."""
        for each in self._codes:
            if not self._counts[each] and (among is None or each in among):
                place = f" at {each.where}" if each.where else ""
                message = f"no finding {each.rule}{place} was there to suppress; remove the suppression"
                yield Finding("unused-suppression", message)


@dataclass(slots=True)
class _Running:
    """A rule that runs, and where its columns were found."""

    declared: Declared
    rule: Rule
    seen: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def observe(self, batch: Batch) -> Iterable[Finding]:
        paths = self.seen.setdefault(batch.place.config, set())
        paths.update(path for path in self.rule.columns if path not in paths and _has(batch, path))
        if holds_for(self.declared, batch.place.config):
            return self.rule.observe(batch)
        if isinstance(self.rule, SpanningRule):
            self.rule.look_up(batch)
        return ()

    def adjusted(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """With the declared severity, but for what the rule reports with another than its own."""
        for each in findings:
            yield self.declared.adjusted(each) if each.severity == self.rule.severity else each


class RuleRun:
    """Declared rules at work: batches in, findings out.

    Attributes:
        findings: What was found so far and isn't accepted.
        suppressor: What is accepted.
    """

    def __init__(
        self,
        declared: Sequence[Declared],
        suppressions: Suppressor | Sequence[Suppression] = (),
        own: OwnRules = (),
    ) -> None:
        """Check the declarations; rules are made when a config's first batch comes.

        Args:
            declared: The rules.
            suppressions: What is accepted; a suppressor where other checks share it.
            own: Classes of rules that are the dataset's own.

        Raises:
            UsageError: A rule, a parameter or a suppression is not as it should be.
        """
        is_made = isinstance(suppressions, Suppressor)
        self.suppressor = suppressions if is_made else Suppressor(suppressions)
        self.findings = FindingLog()
        self._own = own
        self._models: list[Rule] = []
        self._missing: set[str] = set()
        self._declared = [each for each in declared if self._is_made(each)]
        self._spanning: dict[int, _Running] = {}
        self._by_config: dict[str, list[_Running]] = {}

    def _is_made(self, declared: Declared) -> bool:
        """Whether a rule can run here; its model is kept, or a finding says what it needs."""
        try:
            self._models.append(build_rule(declared, self._own))
        except MissingLibraryError as error:
            if str(error) not in self._missing:
                self._missing.add(str(error))
                self._collect([Finding("rule-not-run", str(error), "warning")])
            return False
        return True

    @property
    def names(self) -> tuple[str, ...]:
        """The declared rules, by name, each once."""
        return tuple(sorted({each.name for each in self._declared}))

    @property
    def ran(self) -> tuple[str, ...]:
        """The rules that saw a batch of a config that they hold for, by name, each once."""
        declared = [
            each.declared.name
            for config, running in self._by_config.items()
            for each in running
            if holds_for(each.declared, config)
        ]
        return tuple(sorted(set(declared)))

    def columns(self, config: str) -> tuple[str, ...]:
        """The paths that the rules of a config read."""
        meant = (rule for number, rule in enumerate(self._models) if self._concerns(number, config))
        return tuple(sorted({path for rule in meant for path in rule.columns}))

    def observe(self, batch: Batch) -> None:
        """Show a batch to the rules of its config."""
        config = batch.place.config
        if config not in self._by_config:
            numbers = range(len(self._declared))
            self._by_config[config] = [
                self._running(each) for each in numbers if self._concerns(each, config)
            ]
        for running in self._by_config[config]:
            self._collect(running.adjusted(running.observe(batch)))

    def finish(self) -> None:
        """Collect what needed all batches; called once, after the last."""
        running = {id(each): each for of_config in self._by_config.values() for each in of_config}
        for each in running.values():
            self._collect(each.adjusted(each.rule.finish()))
        for number in range(len(self._declared)):
            self._collect(self._absent(number, running.values()))

    def _concerns(self, number: int, config: str) -> bool:
        model = self._models[number]
        is_other = isinstance(model, SpanningRule) and config in model.other_configs
        return is_other or holds_for(self._declared[number], config)

    def _running(self, number: int) -> _Running:
        declared = self._declared[number]
        if not isinstance(self._models[number], SpanningRule):
            return _Running(declared, build_rule(declared, self._own))
        return self._spanning.setdefault(number, _Running(declared, self._models[number]))

    def _absent(self, number: int, running: Iterable[_Running]) -> Iterator[Finding]:
        """Columns of a rule that no batch had: of those configs that it names, or of all together."""
        declared = self._declared[number]
        seen: dict[str, set[str]] = {}
        for each in running:
            if each.declared is declared:
                seen.update(each.seen)
        model = self._models[number]
        is_spanning = isinstance(model, SpanningRule)
        if not seen or (is_spanning and not seen.keys() >= set(model.other_configs)):
            return
        for path in model.columns:
            without = [config for config, paths in seen.items() if path not in paths]
            if declared.configs and not is_spanning:
                yield from (_without_column(declared.name, path, config) for config in without)
            elif len(without) == len(seen):
                yield _without_column(declared.name, path)

    def _collect(self, findings: Iterable[Finding]) -> None:
        self.findings.extend(each for each in findings if not self.suppressor.accepts(each))


def _without_column(rule: str, path: str, config: str = "") -> Finding:
    message = f"the rule {rule} reads a column that isn't there, so it checked nothing; correct its field"
    return Finding("rule-without-column", message, "error", config, path)


def _has(batch: Batch, path: str) -> bool:
    return batch.column(path) is not None


def _matches(suppression: Suppression, code: str, finding: Finding) -> bool:
    if finding.code != code:
        return False
    places = (finding.where, finding.field, finding.file)
    glob = suppression.where
    return not glob or any(place == glob or fnmatchcase(place, glob) for place in places)
