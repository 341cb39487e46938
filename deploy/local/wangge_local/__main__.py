"""`python -m wangge_local` is `wangge`."""

from wangge_local.cli import app

if __name__ == "__main__":
    app()
