"""Settings in, service out, run."""

from wangge_chassis import run
from wangge_router.app import make_service
from wangge_router.settings import Settings

run(make_service(Settings()))
