"""A small release with every kind of column, written as a build writes it."""

import hashlib
import io
import json
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mensrea.cards.catalogue import Card, Config, Paper
from mensrea.cards.croissant import croissant
from mensrea.cards.manifest import ConfigEntry, FileEntry, Manifest, SourceEntry, SplitEntry
from mensrea.cards.render import render_card
from mensrea.schemas import load_row_schema
from mensrea.schemas.arrow import arrow_schema, storage_schema
from mensrea.schemas.digest import digest_of

os.environ["HF_UPDATE_DOWNLOAD_COUNTS"] = "0"

ID = {"type": "string", "description": "The row's identifier."}
SOURCE = {
    "type": "string",
    "enum": ["upstream", "authored"],
    "description": "How the row came to be: `upstream` or `authored`.",
}


def record(**properties):
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


MESSAGE = record(
    role={"type": "string", "enum": ["user", "assistant"], "description": "Who speaks."},
    content={"type": "string", "description": "What is said, with `<think>` and `a|b`\nor <b> and c|d."},
    tools={"type": "array", "items": {"type": "string"}, "description": "Tools on offer."},
    meta={**record(turn={"type": "integer", "description": "Turn, from 0."}), "description": "About it."},
)
CHAT = record(
    id=ID,
    source=SOURCE,
    canary={"type": "string", "const": "toy:canary", "description": "The canary."},
    messages={"type": "array", "items": MESSAGE, "description": "The conversation."},
    grid={
        "type": "array",
        "items": {"type": "array", "items": {"type": "integer", "format": "int16"}},
        "description": "Edges.",
    },
    place={
        **record(
            x={"type": ["number", "null"], "description": "East, in m."},
            deep={**record(y={"type": "string", "description": "Inside."}), "description": "Deeper."},
        ),
        "description": "Where.",
    },
    payload={"description": "Anything."},
    score={"type": ["integer", "null"], "format": "int32", "description": "Points, 0 to 10."},
    safe={"type": ["boolean", "null"], "description": "Whether it was judged safe."},
    split={"type": "string", "description": "The upstream's own split."},
)
PICTURE = record(
    id=ID,
    source=SOURCE,
    image={"type": ["string", "null"], "contentMediaType": "image/png", "description": "A picture."},
    crops={
        "type": "array",
        "items": {"type": "string", "contentMediaType": "image/png"},
        "description": "Parts of it.",
    },
)
TURNS = record(
    id=ID,
    source=SOURCE,
    turns={
        "type": "array",
        "items": record(
            calls={
                "type": "array",
                "items": record(name={"type": "string", "description": "The tool."}),
                "description": "Calls of the turn.",
            }
        ),
        "description": "Turns.",
    },
)


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 2, 3, 8, 2, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\xff\0\0" * 2) * 3)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def chat(number: int) -> dict[str, Any]:
    message = {"role": "user", "content": f"hello {number}", "tools": ["a", "b"], "meta": {"turn": 0}}
    reply = {"role": "assistant", "content": "<think>x</think>y", "tools": [], "meta": {"turn": 1}}
    return {
        "id": f"chat-{number}",
        "source": "upstream",
        "canary": "toy:canary",
        "messages": [message, reply],
        "grid": [[1, 2], [3]],
        "place": {"x": 1.5, "deep": {"y": "z"}},
        "payload": json.dumps({"k": [1, None]}),
        "score": number or None,
        "safe": None,
        "split": "dev",
    }


ROWS = {
    "chat": {"train": [chat(1), chat(2)], "test": [chat(0)]},
    "pictures": {
        "train": [
            {
                "id": "picture-1",
                "source": "authored",
                "image": {"bytes": png(), "path": None},
                "crops": [{"bytes": png(), "path": None}] * 2,
            }
        ]
    },
    "turns": {
        "train": [
            {
                "id": "turns-1",
                "source": "authored",
                "turns": [{"calls": [{"name": "one"}, {"name": "two"}]}, {"calls": []}],
            }
        ]
    },
}
DEFINITIONS = {"chat": CHAT, "pictures": PICTURE, "turns": TURNS}

CARD = Card(
    stem="toy",
    title="Toy: a release | of every kind",
    summary="Rows of every shape.",
    paper=Paper("A Paper", "2501.00001", 2025, ("Ada Lovelace", "Alan Turing")),
    version="1.2.0",
    tier="gated",
    licence="unknown",
    licence_note="The release states no licence.",
    languages=("en", "no"),
    tasks=("text-generation",),
    tags=("ai-safety",),
    configs={
        "chat": Config(
            "chat", "Conversations, `a|b`.", "chat", "upstream", "cc-by-4.0", {"train": 2, "test": 1}
        ),
        "pictures": Config("pictures", "Pictures.", "pictures", "authored", "mit", {"train": 1}),
        "turns": Config("turns", "Turns.", "turns", "authored", "mit", {"train": 1}),
        "absent": Config("absent", "Not built.", "chat", "upstream", "unknown", {"train": None}),
    },
    rai={"dataBiases": "All of them.", "dataUseCases": "Tests."},
    changes={"1.2.0": "A column more.", "1.0.0": "First."},
    citation="@misc{toy}",
    prose="Some prose.\n\n## Intended use\n\nTests.",
    canary="toy:canary",
    content_warning="Holds harmful text.\n\nTwo paragraphs.",
)


@dataclass(frozen=True)
class Release:
    """A release folder, and what it was written from."""

    folder: Path
    card: Card
    manifest: Manifest


def write_split(folder: Path, config: str, split: str) -> SplitEntry:
    schema = load_row_schema("toy", config)
    plain = pa.Table.from_pylist(ROWS[config][split], schema=storage_schema(schema))
    target = arrow_schema(schema)
    columns = [
        pa.ExtensionArray.from_storage(field.type, column.combine_chunks())
        if isinstance(field.type, pa.BaseExtensionType)
        else column
        for field, column in zip(target, plain.columns, strict=True)
    ]
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns, schema=target), buffer)
    path = f"{config}/{split}-00000-of-00001.parquet"
    (folder / config).mkdir(exist_ok=True)
    (folder / path).write_bytes(buffer.getvalue())
    sha256 = hashlib.sha256(buffer.getvalue()).hexdigest()
    digest = digest_of([plain])
    file = FileEntry(path, plain.num_rows, len(buffer.getvalue()), sha256)
    return SplitEntry(plain.num_rows, digest.hexdigest(), digest.columns(), (file,))


def config_entry(folder: Path, name: str) -> ConfigEntry:
    sources = [
        SourceEntry("main", "hub", "lab/toy", "0123456789abcdef0123", path, 10, "ff", pinned=True)
        for path in ("a.jsonl", "b.jsonl")
    ]
    upstream = CARD.configs[name].origin == "upstream"
    return ConfigEntry(
        origin=CARD.configs[name].origin,
        row=name,
        schema_digest=load_row_schema("toy", name).digest,
        digest="d" * 64,
        seed=None if upstream else 7,
        options={},
        splits={split: write_split(folder, name, split) for split in ROWS[name]},
        sources=tuple(sources) if upstream else (),
        findings={"unclosed-think": 1234} if upstream else {},
    )


@pytest.fixture(scope="module", autouse=True)
def toy_schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Row definitions of the stem `toy`, beside those of the package."""
    folder = tmp_path_factory.mktemp("schemas")
    (folder / "toy.schema.json").write_text(json.dumps({"$defs": DEFINITIONS}), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mensrea.schemas.row.schema_path", lambda stem: folder / f"{stem}.schema.json")
        load_row_schema.cache_clear()
        yield
        load_row_schema.cache_clear()


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory, toy_schema: None) -> Release:  # noqa: ARG001
    """A release that tests must not change."""
    folder = tmp_path_factory.mktemp("release") / "toy"
    folder.mkdir()
    manifest = Manifest(
        stem="toy",
        version=CARD.version,
        tier=CARD.tier,
        declared=tuple(CARD.configs),
        configs={name: config_entry(folder, name) for name in ROWS},
        writer={"pyarrow": pa.__version__},
    )
    (folder / "README.md").write_text(render_card(CARD, manifest), encoding="utf-8")
    document = json.dumps(croissant(CARD, manifest), indent=2, ensure_ascii=False)
    (folder / "croissant.json").write_text(document, encoding="utf-8")
    return Release(folder, CARD, manifest)
