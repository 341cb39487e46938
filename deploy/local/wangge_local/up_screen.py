"""What `wangge up` shows while it stays: the live ledger on a terminal, plain lines elsewhere."""

from rich.live import Live

from wangge_local.cli_screen import SCREEN, say
from wangge_local.watch import LiveLedger


class Shown:
    """The screen of a running house; without *watch* it shows what the house itself has to say."""

    def __init__(self, *, watch: bool) -> None:
        self._watch = watch
        self._ledger: LiveLedger | None = None
        self._live: Live | None = None
        self._title = ""

    def start(self, ledger: LiveLedger, *, title: str) -> None:
        """Begin to follow the ledger."""
        if not self._watch:
            return
        self._title = title
        self._ledger = ledger
        self._ledger.start()
        if SCREEN.is_moving:
            self._live = Live(console=SCREEN, auto_refresh=False)
            self._live.start()

    def say(self, text: str, style: str = "") -> None:
        """Say a line of the house's own, from any thread."""
        if self._ledger is None:
            say(text, style=style)
        else:
            self._ledger.note(text, style)

    def refresh(self) -> None:
        """Show what has come; call it often."""
        if self._ledger is None:
            return
        if self._live is not None:
            self._live.update(self._ledger.drawn(title=self._title), refresh=True)
            return
        for line in self._ledger.unsaid():
            say(line.plain)

    def stop(self) -> None:
        """Leave the last picture standing."""
        if self._ledger is not None:
            self._ledger.stop()
        if self._live is not None:
            self._live.stop()
        elif self._ledger is not None:
            for line in self._ledger.unsaid():
                say(line.plain)
