"""The YAML front matter that the Hugging Face Hub and `load_dataset` read from a release's README.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..schemas import load_row_schema
from ..schemas.arrow import features_of
from .catalogue import Card
from .manifest import ConfigEntry, Manifest

Metadata = dict[str, Any]

_MAGNITUDES = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")
_GATE_FIELDS: Mapping[str, Any] = {
    "Name": "text",
    "Affiliation": "text",
    "Country": "country",
    "Intended use": {
        "type": "select",
        "options": ["Safety research", "Evaluation of a model", "Education", "Other"],
    },
    "I use these rows for safety research or defence only, and pass copies on only behind a gate": "checkbox",
}


def hub_metadata(card: Card, manifest: Manifest) -> Metadata:
    """The card's metadata, for the configs that were built.

    `load_dataset` checks the numbers of rows in `dataset_info` when it loads, and takes a config's
    version from `configs`.

    Raises:
        SchemaError: The schema lacks a row definition that the manifest names.
    """
    metadata = {
        "pretty_name": card.title,
        **_licence(card),
        "language": list(card.languages),
        "task_categories": list(card.tasks),
        "size_categories": [size_category(sum(entry.rows for entry in manifest.configs.values()))],
        "tags": _tags(card),
        **(_gate(card) if card.tier == "gated" else {}),
        "configs": [_config(card, manifest, name) for name in manifest.configs],
        "dataset_info": [_info(card, name, entry) for name, entry in manifest.configs.items()],
    }
    return {key: value for key, value in metadata.items() if value not in ("", [])}


def default_config(card: Card, manifest: Manifest) -> str:
    """The config of a release that is loaded when none is named: the card's, or the first built."""
    built = manifest.configs
    return card.default_config if card.default_config in built else next(iter(built))


def size_category(rows: int) -> str:
    """The Hub's name for a number of rows, such as `1K<n<10K`."""
    bounds = [10 ** (3 + power) for power in range(len(_MAGNITUDES))]
    index = sum(rows >= bound for bound in bounds)
    if index == 0:
        return "n<1K"
    if index == len(bounds):
        return "n>1T"
    return f"{_MAGNITUDES[index - 1]}<n<{_MAGNITUDES[index]}"


def _licence(card: Card) -> Metadata:
    if card.licence not in ("other", "unknown"):
        return {"license": card.licence}
    name = {"license_name": "see-card"} if card.licence == "other" else {}
    note = " ".join(card.licence_note.split())
    return {"license": card.licence, **name, **({"license_details": note} if note else {})}


def _tags(card: Card) -> list[str]:
    warning = ["not-for-all-audiences"] if card.tier == "gated" else []
    return list(dict.fromkeys([*card.tags, *warning, "mensrea"]))


def _gate(card: Card) -> Metadata:
    return {
        "extra_gated_heading": f"Ask for access to {card.title}",
        "extra_gated_prompt": " ".join(card.content_warning.split()),
        "extra_gated_fields": dict(_GATE_FIELDS),
        "extra_gated_button_content": "Agree and ask for access",
    }


def _config(card: Card, manifest: Manifest, name: str) -> Metadata:
    entry = manifest.configs[name]
    # `datasets` keys its cache of a local folder by this YAML, not by the files: the digest makes
    # other rows under the same version and sizes another entry.
    description = f"{' '.join(card.config(name).description.split())} (Content digest {entry.digest}.)"
    return {
        "config_name": name,
        "description": description,
        **({"default": True} if name == default_config(card, manifest) else {}),
        "version": manifest.version,
        "data_files": [{"split": split, "path": f"{name}/{split}-*.parquet"} for split in entry.splits],
    }


def _info(card: Card, name: str, entry: ConfigEntry) -> Metadata:
    size = sum(split.bytes for split in entry.splits.values())
    features: Any = features_of(load_row_schema(card.stem, entry.row))
    return {
        "config_name": name,
        "features": features._to_yaml_list(),  # noqa: SLF001 (the form has no public name)
        "splits": [
            {"name": split, "num_bytes": each.bytes, "num_examples": each.rows}
            for split, each in entry.splits.items()
        ],
        "download_size": size,
        "dataset_size": size,
    }
