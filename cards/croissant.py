"""Croissant 1.1 metadata of a release, as JSON-LD.

Every Parquet file is a `FileObject` with its hash; every config is a `FileSet` over its files and
a `RecordSet` over that, with the split read from the file's path. A nested column is one field
whose leaves, however deep, are its `subField`s, each with the JSONPath that finds it in an element
of the column: readers apply a path to each element of a list by itself, and put the values of a
sub-field back together only directly below the column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..schemas import Field, RowSchema, load_row_schema
from .catalogue import Card
from .fields import describe
from .jsonld import CONFORMS_TO, CONTEXT
from .licences import licence_url
from .manifest import ConfigEntry, FileEntry, Manifest
from .provenance import upstreams

JsonLd = dict[str, Any]

_TYPES: Mapping[str, str] = {
    "string": "sc:Text",
    "integer": "sc:Integer",
    "number": "sc:Float",
    "boolean": "sc:Boolean",
    "json": "sc:Text",
    "image": "sc:ImageObject",
}
_PARQUET = "application/x-parquet"


class _Leaf(NamedTuple):
    """A value inside a column: its name below it, the JSONPath to it, and how many lists hold it."""

    name: str
    path: str
    field: Field
    depth: int


def croissant(card: Card, manifest: Manifest) -> JsonLd:
    """The Croissant description of a release; the same release gives the same document.

    Raises:
        UnknownConfigError: The manifest has a config that the card doesn't.
        SchemaError: The schema lacks a row definition that the manifest names.
    """
    document = {
        "@context": dict(CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": list(CONFORMS_TO),
        **_about(card, manifest),
        **{f"rai:{member}": text for member, text in card.rai.items()},
        "distribution": list(_distribution(manifest)),
        "recordSet": [_record_set(card, name, entry) for name, entry in manifest.configs.items()],
    }
    return {key: value for key, value in document.items() if value not in ("", [], ())}


def _about(card: Card, manifest: Manifest) -> JsonLd:
    return {
        "name": card.title,
        "alternateName": card.stem,
        "description": "\n\n".join(filter(None, [card.summary, card.content_warning, card.canary])),
        "url": card.paper.url,
        "version": manifest.version,
        # The rows' first publication; a build's own date would change the bytes of an unchanged release.
        "datePublished": str(card.paper.year),
        "license": licence_url(card.licence) or card.licence_note or card.licence,
        "citeAs": card.citation,
        "creator": [{"@type": "sc:Person", "name": name} for name in card.paper.authors],
        "keywords": list(card.tags),
        "inLanguage": list(card.languages),
        "isLiveDataset": False,
        "prov:wasDerivedFrom": [{"@id": upstream.url} for upstream in upstreams(manifest)],
    }


def _distribution(manifest: Manifest) -> Iterator[JsonLd]:
    for name, entry in manifest.configs.items():
        yield {
            "@type": "cr:FileSet",
            "@id": _glob(name),
            "name": _glob(name),
            "description": f"The Parquet files of config {name}.",
            "encodingFormat": _PARQUET,
            "includes": _glob(name),
        }
        yield from (_file(file) for split in entry.splits.values() for file in split.files)


def _file(file: FileEntry) -> JsonLd:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.path,
        "contentSize": f"{file.bytes} B",
        "encodingFormat": _PARQUET,
        "sha256": file.sha256,
    }


def _record_set(card: Card, name: str, entry: ConfigEntry) -> JsonLd:
    config = card.config(name)
    schema = load_row_schema(card.stem, entry.row)
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"{config.description} Origin: {entry.origin}. Licence: {config.licence}.",
        "key": {"@id": f"{name}/id"},
        "field": [_split(name, entry, schema), *(_column(name, field) for field in schema.fields)],
    }


def _split(name: str, entry: ConfigEntry, schema: RowSchema) -> JsonLd:
    own = "release_split" if "split" in schema.columns else "split"
    source = {
        "fileSet": {"@id": _glob(name)},
        "extract": {"fileProperty": "fullpath"},
        "transform": {"regex": f"{re.escape(name)}/({'|'.join(entry.splits)})-.+parquet$"},
    }
    head = {"@type": "cr:Field", "@id": f"{name}/{own}", "name": own}
    return {**head, "description": "The row's split.", "dataType": "sc:Text", "source": source}


def _column(config: str, field: Field) -> JsonLd:
    identifier = f"{config}/{field.name}"
    head = _head(identifier, field.name, field)
    element, depth = _element(field)
    if element.kind == "struct":
        leaves = (_sub_field(config, field, leaf) for leaf in _leaves(field))
        return {**head, **_array(depth), "subField": list(leaves)}
    path = "$.bytes" if element.kind == "image" else ""
    return {**head, **_values(element, depth), "source": _source(config, field, path)}


def _sub_field(config: str, column: Field, leaf: _Leaf) -> JsonLd:
    element, depth = _element(leaf.field)
    return {
        **_head(f"{config}/{column.name}/{leaf.name}", leaf.name, leaf.field),
        **_values(element, leaf.depth + depth),
        "source": _source(config, column, leaf.path),
    }


def _leaves(column: Field) -> Iterator[_Leaf]:
    return _walk(column.children[0] if column.kind == "list" else column, (), "$", 0)


def _walk(field: Field, names: tuple[str, ...], path: str, depth: int) -> Iterator[_Leaf]:
    if field.kind == "struct":
        for child in field.children:
            yield from _walk(child, (*names, child.name), f"{path}.{child.name}", depth)
    elif field.kind == "list" and _element(field)[0].kind in ("struct", "image"):
        yield from _walk(field.children[0], names, f"{path}[*]", depth + 1)
    else:
        yield _Leaf(".".join(names), f"{path}.bytes" if field.kind == "image" else path, field, depth)


def _element(field: Field) -> tuple[Field, int]:
    """What is inside a field's lists, and how many lists there are."""
    depth = 0
    while field.kind == "list":
        field, depth = field.children[0], depth + 1
    return field, depth


def _head(identifier: str, name: str, field: Field) -> JsonLd:
    text = describe(field) + (" As JSON text." if field.kind == "json" else "")
    return {"@type": "cr:Field", "@id": identifier, "name": name, "description": text.strip()}


def _values(element: Field, depth: int) -> JsonLd:
    # Readers open the images of a list one by one only where it is marked with the older `repeated`.
    repeated = {"repeated": True} if depth and element.kind == "image" else {}
    return {"dataType": _TYPES[element.kind], **_array(depth), **repeated}


def _array(depth: int) -> JsonLd:
    shape = {"arrayShape": ",".join(["-1"] * depth)} if depth > 1 else {}
    return {"isArray": True, **shape} if depth else {}


def _source(config: str, column: Field, path: str) -> JsonLd:
    transform = {"transform": {"jsonPath": path}} if path else {}
    return {"fileSet": {"@id": _glob(config)}, "extract": {"column": column.name}, **transform}


def _glob(config: str) -> str:
    return f"{config}/*.parquet"
