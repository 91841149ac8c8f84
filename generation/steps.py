"""The steps of a recipe.

A step of rows sees one row at a time: `expand`, `ask`, `judge`, `rewrite`, `derive`, `keep` and `branch`. A
step of collections, `distinct` or `draw`, sees all of them, and so waits for the steps before it.

A row is a dictionary of JSON values. A step reads fields and adds others; a dropped row keeps its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .structured import Schema

Row = dict[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Expand:
    """Makes of each row one for every value of `values(row)`, as its field `into`."""

    name: str
    values: Callable[[Row], Iterable[Any]]
    into: str
    schema: Schema
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Derive:
    """Computes a field of a row from its other fields."""

    name: str
    value: Callable[[Row], Any]
    into: str
    schema: Schema


@dataclass(frozen=True, slots=True)
class Keep:
    """Drops rows for which `reason(row)` gives a reason, a name in kebab-case, rather than None.

    Attributes:
        rate: The share of rows that is expected to stay, for estimates.
    """

    name: str
    reason: Callable[[Row], str | None]
    rate: float = 1.0


@dataclass(frozen=True, slots=True)
class Ask:
    """Asks a model a question about each row.

    Attributes:
        prompt: The prompt's file, below the recipe's folder of prompts, without `.md`.
        into: The field for the answer: an object if there is an `output`, a text otherwise; a list of them
            if there are several `samples` that aren't spread, with null for those that are missing.
        output: Schema of a structured answer, an object.
        role: Which of the recipe's models answers.
        samples: Answers for each row.
        spread: Whether each sample makes a row of its own.
        when: Asks only rows for which this holds; others pass as they are.
        tokens: Tokens of an answer as expected, for estimates.
        most_tokens: Tokens of an answer at most.
        temperature: The sampling temperature.
        parameters: Further parameters of the call.
    """

    name: str
    prompt: str
    into: str
    output: Schema | None = None
    role: str = "writer"
    samples: int = 1
    spread: bool = False
    when: Callable[[Row], bool] | None = None
    tokens: int = 200
    most_tokens: int = 1_024
    temperature: float = 1.0
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def schema(self) -> Schema:
        """The schema of the field that it adds."""
        answer = self.output or TEXT
        if self.samples == 1 or self.spread:
            return answer
        return {"type": "array", "items": answer, "minItems": self.samples, "maxItems": self.samples}


@dataclass(frozen=True, slots=True)
class Branch:
    """Sends each row through the steps of the route that `by(row)` names, or on as it is if it has none.

    With an `Ask` of several samples before it, this branches by rollout.

    Attributes:
        shares: The share of rows expected on each route, for estimates; equal ones if left out. A name that
            is no route stands for rows that go on as they are.
    """

    name: str
    by: Callable[[Row], str]
    routes: Mapping[str, Sequence[RowStep]]
    shares: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Distinct:
    """Drops rows whose text repeats an earlier row's, exactly or nearly.

    Attributes:
        text: A row's text.
        threshold: The least Jaccard similarity of word pairs that counts as nearly the same.
        rate: The share of rows that is expected to stay, for estimates.
    """

    name: str
    text: Callable[[Row], str]
    threshold: float = 0.8
    rate: float = 1.0


@dataclass(frozen=True, slots=True)
class Draw:
    """Draws rows at random, the same ones for the same seed and rows, and drops the others.

    Attributes:
        count: Rows drawn of each group, of all rows if there are no groups; None for as many as the run asks
            for, shared among the groups.
        by: A row's group, as text.
        identity: What a row is, as text; the draw depends on it, not on the order of rows.
    """

    name: str
    identity: Callable[[Row], str]
    count: int | None = None
    by: Callable[[Row], str] | None = None


RowStep = Expand | Derive | Keep | Ask | Branch
CollectionStep = Distinct | Draw
Step = RowStep | CollectionStep


def judge(name: str, prompt: str, into: str, output: Schema, **options: Any) -> Ask:
    """Asks the recipe's judge for a structured verdict, at temperature 0."""
    settings: dict[str, Any] = {"role": "judge", "temperature": 0.0, **options}
    return Ask(name, prompt, into, output, **settings)


def rewrite(name: str, prompt: str, into: str, output: Schema, **options: Any) -> Ask:
    """Asks for a better version of the field `into`, which it replaces; of some rows only, with `when`."""
    return Ask(name, prompt, into, output, **options)
