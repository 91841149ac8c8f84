r"""Tables and schemas for them, drawn together so that about every second row breaks its schema.

What `jsonschema` 4.26 does otherwise than the standard stays out of what is drawn:

- `pattern` is Python's `re`: only patterns and texts are drawn on which that and ECMA-262 agree, so no
  `\w` or `\b` beside letters outside ASCII, no `.` beside other line ends than the line feed, no text that
  ends in one.
- `multipleOf` and comparisons take a double for its exact binary value, not for the decimal that JSON
  writes, and round quotients: doubles drawn are exact in both, or far from what they are compared with.
- `$ref` that leads back to itself without going deeper is a RecursionError.
- NaN and infinities aren't JSON, so columns hold none.

What is drawn, and differs in what is told but not in the verdict: members beside a keyword that failed may
count as evaluated or not, so in rows that are broken anyway `unevaluated…` is told or not.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from .columns import ARROW, LEAVES, NAMES, json_type, structs, value

Schema = Any
Rows = list[dict[str, Any]]
ABOUT = ("_type", "_own", "_own", "_own", "_own", "_value", "_logic")

PATTERNS = (
    "a",
    "^a",
    "b$",
    "^[ab]*$",
    "^.$",
    "^.{2,}$",
    "[^a-z]",
    "^$",
    "a|é",
    "😀",
    r"^\S+$",
    "(?=a)",
    "^(?!a)",
    r"\d",
)
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
NAME_PATTERNS = ("a", "^a", "^.$", "[/~]", "^[a-c]", "é|b")
BOUNDS = (
    0,
    1,
    2,
    -1,
    3,
    0.5,
    2.0,
    -0.5,
    1.5,
    10,
    127,
    2**31,
    2**53,
    2**53 + 1,
    2**63 - 1,
    2**64 - 1,
    1e300,
    -1e19,
)
DIVISORS = (1, 2, 3, 0.5, 0.25, 5, 10)
BOOLEANS = (True, True, False)


@dataclass(frozen=True)
class Table:
    """A schema, and rows of columns that it may or may not fit.

    Attributes:
        schema: A JSON Schema of a row.
        batch: The rows; `rows` are the same as `to_pylist` gives them.
    """

    schema: Schema
    batch: pa.RecordBatch

    @property
    def rows(self) -> Rows:
        """The rows as JSON values."""
        return self.batch.to_pylist()


def without_nulls(node: Any) -> Any:
    """The value without members that are null, at any depth."""
    if isinstance(node, dict):
        return {name: without_nulls(each) for name, each in node.items() if each is not None}
    return [without_nulls(each) for each in node] if isinstance(node, list) else node


class Schemas:
    """Draws schemas for values of an Arrow type.

    Attributes:
        draw: Hypothesis' own function.
        chance: Where the values of `enum` and `const` come from.
        definitions: What `$ref` may name so far.
    """

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any], chance: random.Random) -> None:
        self.draw = draw
        self.chance = chance
        self.definitions: dict[str, Schema] = {}

    def of(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def often(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) < percent

    def root(self, kind: pa.StructType) -> Schema:
        """A schema of rows, with definitions."""
        for name in ("one", "two")[: self.of(0, 0, 1, 2)]:
            member = self.of(*[each.type for each in kind]) if kind.num_fields else kind
            self.definitions[name] = self.schema(member, 1)
        schema: dict[str, Schema] = {}
        for _ in range(self.of(0, 1, 1, 2, 3)):
            schema.update(self.of(self._own, self._own, self._logic)(kind, 2))
        if self.often(85):
            schema["properties"] = {each.name: self.child(each.type, 2) for each in kind if self.often(90)}
        return {**schema, "$defs": self.definitions} if self.definitions else schema

    def child(self, kind: pa.DataType, depth: int) -> Schema:
        """A schema of a value further down: there a reference to the root goes deeper."""
        return {"$ref": "#"} if self.draw(st.integers(0, 60)) == 60 else self.schema(kind, depth)

    def schema(self, kind: pa.DataType, depth: int) -> Schema:
        """A schema that values of the type mostly fit, if they fit any."""
        if self.draw(st.integers(0, 40)) == 40:
            return self.of(*BOOLEANS)
        if self.often(4):
            kind = self.of(*LEAVES)
        schema: dict[str, Schema] = {}
        for _ in range(self.of(0, 1, 1, 2, 2, 3)):
            about = self.of(*ABOUT) if depth else self.of("_type", "_own", "_value")
            schema.update(getattr(self, about)(kind, depth))
        return schema

    def _type(self, kind: pa.DataType, depth: int) -> Schema:
        del depth
        name = json_type(kind) if self.often(95) else self.of(*TYPES)
        return {"type": sorted({name, "null", self.of(name, *TYPES)}) if self.often(80) else name}

    def _value(self, kind: pa.DataType, depth: int) -> Schema:
        del depth
        if self.often(5):
            return {"const": self._example(kind)}
        examples = [self._example(kind) for _ in range(self.draw(st.integers(1, 8)))]
        return {
            "enum": [each for index, each in enumerate(examples) if each not in examples[:index]] + [None]
        }

    def _example(self, kind: pa.DataType) -> Any:
        self.chance.seed(self.draw(st.integers(0, 999)))
        example = value(self.chance, kind if self.often(85) else self.of(*LEAVES))
        if isinstance(example, int) and self.often(30):
            return float(example) if not isinstance(example, bool) else int(example)
        return bool(example) if example in (0, 1) and self.often(20) else example

    def _logic(self, kind: pa.DataType, depth: int) -> Schema:
        about = self.of("allOf", "anyOf", "oneOf", "not", "if", "if", "$ref")
        if about == "$ref" and self.definitions:
            return {"$ref": f"#/$defs/{self.of(*self.definitions)}"}
        if about in ("not", "$ref"):
            return {"not": self.schema(kind, depth - 1)}
        if about == "if":
            present = ["if", *self.of(("then",), ("else",), ("then", "else"), ())]
            return {keyword: self.schema(kind, depth - 1) for keyword in present}
        return {about: [self.schema(kind, depth - 1) for _ in range(self.draw(st.integers(1, 3)))]}

    def _own(self, kind: pa.DataType, depth: int) -> Schema:
        name = json_type(kind) if self.often(95) else self.of("string", "number", "array", "object")
        if name == "array":
            return self._array(kind.value_type if json_type(kind) == "array" else pa.string(), depth)
        if name == "object":
            return self._object(kind if json_type(kind) == "object" else pa.struct([("a", pa.int8())]), depth)
        return self._string() if name == "string" else self._number()

    def _string(self) -> Schema:
        keyword = self.of("minLength", "maxLength", "pattern", "pattern", "format")
        if keyword == "pattern":
            return {keyword: self.of(*PATTERNS)}
        return {keyword: "date" if keyword == "format" else self.of(0, 1, 2, 3, 2.0)}

    def _number(self) -> Schema:
        keyword = self.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
        return {keyword: self.of(*(DIVISORS if keyword == "multipleOf" else BOUNDS))}

    def _array(self, kind: pa.DataType, depth: int) -> Schema:
        keyword = self.of(
            "items", "items", "prefixItems", "length", "uniqueItems", "contains", "unevaluatedItems"
        )
        if keyword == "length" or not depth:
            return {self.of("minItems", "maxItems"): self.of(0, 1, 2, 3)}
        if keyword == "uniqueItems":
            return {keyword: self.of(*BOOLEANS)}
        if keyword == "contains":
            limits = {name: self.of(0, 1, 2) for name in ("minContains", "maxContains") if self.often(40)}
            return {keyword: self.child(kind, depth - 1), **limits}
        if keyword != "prefixItems":
            return {keyword: self.child(kind, depth - 1)}
        first = [self.child(kind, depth - 1) for _ in range(self.draw(st.integers(1, 2)))]
        return {keyword: first, **({"items": self.of(*BOOLEANS, {})} if self.often(30) else {})}

    def _object(self, kind: pa.StructType, depth: int) -> Schema:
        names = [member.name for member in kind] or ["a"]
        keyword = self.of("properties", "properties", "properties", "names", "sizes", "others", "dependent")
        if keyword == "sizes" or not depth:
            return {self.of("minProperties", "maxProperties"): self.of(0, 1, 2, 3)}
        if keyword == "properties":
            chosen = [member for member in kind if self.often(80)]
            return {
                keyword: {each.name: self.child(each.type, depth - 1) for each in chosen},
                **self._more(depth),
            }
        if keyword == "names":
            required = {"required": [*{*(self.of(*names, *names, *NAMES) for _ in range(2))}]}
            return self.of(required, {"propertyNames": self.schema(pa.string(), 1)})
        if keyword == "dependent":
            dependent = {"dependentRequired": {self.of(*names): [self.of(*names, "c")]}}
            return self.of(dependent, {"dependentSchemas": {self.of(*names): self.schema(kind, depth - 1)}})
        return self._others(kind, depth)

    def _others(self, kind: pa.StructType, depth: int) -> Schema:
        member = self.of(*[each.type for each in kind]) if kind.num_fields else pa.string()
        keyword = self.of("patternProperties", "additionalProperties", "unevaluatedProperties")
        schema = self.child(member, depth - 1)
        return {keyword: {self.of(*NAME_PATTERNS): schema} if keyword == "patternProperties" else schema}

    def _more(self, depth: int) -> Schema:
        if self.often(75):
            return {}
        keyword = self.of("additionalProperties", "unevaluatedProperties")
        return {keyword: self.of(*BOOLEANS, self.schema(pa.string(), depth - 1))}


@st.composite
def tables(draw: Callable[[st.SearchStrategy[Any]], Any], rows: int = 60) -> Table:
    """A schema and a batch of rows."""
    kind = draw(structs(ARROW, least=2))
    chance = random.Random()
    schema = Schemas(draw, chance).root(kind)
    chance.seed(draw(st.integers(0, 999)))
    made = [value(chance, kind, nulls=0) if index % 3 == 0 else _row(chance, kind) for index in range(rows)]
    columns = [pa.array([row[member.name] for row in made], member.type) for member in kind]
    return Table(schema, pa.RecordBatch.from_arrays(columns, schema=pa.schema(list(kind))))


def _row(chance: random.Random, kind: pa.StructType) -> dict[str, Any]:
    return {member.name: value(chance, member.type) for member in kind}
