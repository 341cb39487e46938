"""The command that tries a configuration on a report, without a house."""

from pathlib import Path
from typing import Annotated

import typer

from wangge_local.cli_options import Json
from wangge_local.house_folder import DEFAULT_CONFIG


def add_to(commands: typer.Typer) -> None:
    """Give *commands* this one."""
    commands.command()(route)


def route(
    file: Annotated[
        Path,
        typer.Argument(
            help="Reports or accepted incidents: JSON, one or a list, or one a line; - for stdin.",
        ),
    ],
    explain: Annotated[
        bool, typer.Option("--explain", help="Say which conditions matched, and which rules nearly did.")
    ] = False,
    config: Annotated[
        Path, typer.Option(help="The configuration's folder.", exists=True, file_okay=False)
    ] = DEFAULT_CONFIG,
    terminal: Annotated[
        str | None,
        typer.Option(help="The terminal system that a report comes by; else the first of the city's."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say who would get a report, and why; nothing runs and nothing is kept."""
    from wangge_local import route as routed

    routed.show(file, config, terminal=terminal, whole=explain, as_json=as_json)
