"""The generated files, kept beside what they are made from: `python -m wangge_contracts.schemas`."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from wangge_contracts import access, asyncapi, table
from wangge_contracts.shapes import SIDES, messages, schema_of

ROOT = Path(__file__).parents[1]
"""The folder `contracts/`."""


def files() -> dict[str, str]:
    """Every generated file, as path under `contracts/` and text."""
    found = {
        f"schemas/{message.MAJOR}/{message.__name__}.{side}.json": as_text(schema_of(message, side))
        for message in messages()
        for side in SIDES
    }
    found["asyncapi.json"] = as_text(asyncapi.document())
    found["access-rules.sh"] = access.script()
    readme = ROOT / "README.md"
    if readme.exists():
        found["README.md"] = table.inserted(readme.read_text(encoding="utf-8"))
    return found


def as_text(document: Any) -> str:
    """JSON as it is committed."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def write(root: Path = ROOT) -> list[str]:
    """Bring the generated files under *root* up to date; returns those that were not, and those that went."""
    wanted = files()
    there = {str(path.relative_to(root)) for path in (root / "schemas").rglob("*.json")}
    changed = sorted(there - wanted.keys())
    for name in changed:
        (root / name).unlink()
    for name, text in wanted.items():
        path = root / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


def freeze(tag: str, root: Path = ROOT) -> Path:
    """
    Keep the schemas, examples and topics of today under `released/<tag>`: once, before *tag* is set.

    Raises `FileExistsError` when that release is already kept: what was released never changes.
    """
    kept = root / "released" / tag
    kept.mkdir(parents=True)
    for folder in ("schemas", "examples"):
        shutil.copytree(root / folder, kept / folder)
    shutil.copy(root / "asyncapi.json", kept)
    return kept


def main(arguments: list[str]) -> int:
    """Without arguments bring everything up to date; `freeze TAG` keeps a release."""
    match arguments:
        case []:
            sys.stdout.writelines(f"{name}\n" for name in write())
        case ["freeze", tag]:
            write()
            sys.stdout.write(f"{freeze(tag)}\n")
        case _:
            sys.stderr.write("usage: python -m wangge_contracts.schemas [freeze TAG]\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
