"""Commands about the map: which street, community and grid a point lies in."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wangge_local.cli_options import Json


class Crs(StrEnum):
    """What the numbers of a point mean."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"


def add_to(commands: typer.Typer) -> None:
    """Give *commands* these."""
    commands.command()(locate)


def locate(
    config: Annotated[Path, typer.Option(help="The configuration's folder.", exists=True, file_okay=False)],
    crs: Annotated[
        Crs, typer.Option(case_sensitive=False, help="The coordinate system of the points.")
    ] = Crs.WGS84,
    streets: Annotated[
        Path | None,
        typer.Option(
            help="GeoJSON whose areas, with a `code` each, are the streets instead; nothing finer is told."
            " Read in its own `crs` (WGS84, GCJ02), else in that of the points.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    addresses: Annotated[
        bool, typer.Option("--addresses", help="Each line is an address, found by the names it holds.")
    ] = False,
    as_json: Json = False,
) -> None:
    """
    Print street, community, grid and flags of each point on standard input: lon,lat a line.

    A third column may tell the accuracy in metres; with --addresses each line is an address. A line that is
    no point is named on standard error.
    """
    from wangge_local import locate_shown

    if addresses and streets:
        raise typer.BadParameter("addresses are not found by other streets: leave --streets out")
    with open(sys.stdin.fileno(), encoding="utf-8-sig", errors="replace", closefd=False) as lines:
        if addresses:
            raise typer.Exit(locate_shown.locate_addresses(lines, config=config, as_json=as_json))
        raise typer.Exit(
            locate_shown.locate(lines, config=config, crs=crs.name, streets=streets, as_json=as_json)
        )
