"""What `/openapi.json` tells of the door: who may ask, and what a body is."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from wangge_contracts.v1 import DeskOrdered, TaskAnswered
from wangge_ledger.bulk import Bulk

_BODIES = (TaskAnswered, DeskOrdered, Bulk)
_STAMPED = ("actor", "effective_at")
"""What the counter fills in, whatever the contract requires."""
_REFERENCE = "#/components/schemas/{model}"
_BEARER = Depends(HTTPBearer(auto_error=False, description="The token of a person who may act."))


async def _authorization(
    _: Annotated[object, _BEARER],
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> str | None:
    return authorization


Authorization = Annotated[str | None, Depends(_authorization)]


class Described(FastAPI):
    """An application whose description knows the bodies that its routes read for themselves."""

    def openapi(self) -> dict[str, Any]:
        """Return the description."""
        told = super().openapi()
        _, bodies = models_json_schema([(each, "validation") for each in _BODIES], ref_template=_REFERENCE)
        schemas = told.setdefault("components", {}).setdefault("schemas", {})
        schemas |= bodies["$defs"]
        for each in _BODIES:
            schema = schemas[each.__name__]
            schema["required"] = [name for name in schema["required"] if name not in _STAMPED]
        return told


def takes(body: type[BaseModel]) -> dict[str, Any]:
    """Return what a route's description says of its body, one of those that are known."""
    schema = {"$ref": _REFERENCE.format(model=body.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
