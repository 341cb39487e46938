"""What every command takes: which house, and whether a person or a program reads the answer."""

from pathlib import Path
from typing import Annotated

import typer

from wangge_local.doors import Door
from wangge_local.house_folder import DEFAULT_DATA, HouseFolder
from wangge_local.house_keys import CONSOLE, read_tokens
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres

Data = Annotated[
    Path,
    typer.Option(
        "--data",
        envvar="WANGGE_HOUSE",
        help="The folder in which the house keeps everything.",
        show_default="var",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Incident = Annotated[str, typer.Argument(help="A case number or an incident's id.")]
DATA = DEFAULT_DATA


def house_folder(data: Path) -> HouseFolder:
    """The house's folder, absolute."""
    return HouseFolder(data.expanduser().absolute())


def ledger_of(folder: HouseFolder) -> Door:
    """The ledger's door, entered with the console's token. Raises GroundError when no house runs."""
    folder.require_keeper()
    return Door("ledger", folder.door("ledger-0"), read_tokens(folder).get(CONSOLE))


def kafka_of(folder: HouseFolder) -> str:
    """The broker's address. Raises GroundError when no house runs."""
    folder.require_keeper()
    return Kafka(folder.kafka).bootstrap


def postgres_of(folder: HouseFolder) -> Postgres:
    """The database, to be asked. Raises GroundError when no house runs."""
    folder.require_keeper()
    return Postgres(folder.postgres)
