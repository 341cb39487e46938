"""The command line `wangge`: every command, and one line instead of a traceback when something is missing."""

import sys

import typer

from wangge_local.cli_screen import complain

commands = typer.Typer(
    name="wangge",
    help="The whole house on one machine: start it, look into it, speak in it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def app() -> None:
    """Run one command and exit: 0 done, 1 it cannot be done and why, 2 it was asked wrongly."""
    from wangge_local import cli_commands, cli_repair, cli_work
    from wangge_local.bundle import BadBundle
    from wangge_local.ground import GroundError
    from wangge_local.stories import BadStory

    for group in (cli_commands, cli_work, cli_repair):
        group.add_to(commands)
    try:
        commands()
    except (GroundError, BadBundle, BadStory) as error:
        complain(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
