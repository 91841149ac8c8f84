"""Write the facts that ship anew: `python tests/scoring/reproductions/distil.py ../shared/upstream`.

The folder has a folder for each dataset; facts of those that it lacks stay as they are. Of `cot2` it has the
reports of reference models, see `docs/reproductions.md`.
"""

import json
import sys
from pathlib import Path
from typing import Any

from mensrea.scoring.reproduce import STEMS, distilled
from mensrea.scoring.reproductions.judged_runs import portable

FACTS = Path(__file__).parents[3] / "scoring/reproductions"


def compact(value: Any, indent: str = "") -> str:
    """JSON with a line for each innermost list or object."""
    inner = indent + " "
    nested = isinstance(value, dict | list) and any(isinstance(each, dict | list) for each in members(value))
    if not nested:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        lines = [f"{inner}{json.dumps(key)}: {compact(each, inner)}" for key, each in value.items()]
    else:
        lines = [inner + compact(each, inner) for each in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n" + ",\n".join(lines) + f"\n{indent}{closing}"


def members(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def main(folder: Path) -> None:
    for stem in (each for each in STEMS if (folder / each).exists()):
        facts = distilled(stem, folder)
        facts = portable(facts) if "distributions" in facts else facts
        (FACTS / f"{stem}.json").write_text(compact(facts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
