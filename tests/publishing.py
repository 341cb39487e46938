"""Reference data -> the messages by which an operator publishes them: part by part, the manifest last."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from wangge_contracts.v1 import Person, ReferencePublished
from wangge_local.bundle import digest


def published(parts: Mapping[str, Any], *, version: str, since: datetime) -> Iterator[ReferencePublished]:
    """Yield *parts*, which take effect *since* then, and the manifest that names them."""
    hashes = {kind: digest(content) for kind, content in parts.items()}
    for kind, content in (*parts.items(), ("manifest", hashes)):
        yield piece(kind, content, version=version, since=since)


def piece(kind: str, content: Any, *, version: str, since: datetime) -> ReferencePublished:
    """Return one of them; that of the kind `manifest` names the others."""
    whole = kind == "manifest"
    return ReferencePublished(
        kind="manifest" if whole else "part",
        part=None if whole else kind,
        hash=digest(content),
        version=version,
        effective_from=since,
        content=content,
        published_by=Person(staff_id="operator"),
    )
