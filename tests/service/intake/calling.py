"""Outsiders at the HTTP door of intake, and the tokens by which they enter."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from pydantic_core import to_json

from tests import validating
from tests.service.intake.running import IntakeRun


class Caller:
    """An outsider with an HTTP client, who believes what the door says of itself."""

    def __init__(self, port: int, run: IntakeRun) -> None:
        self.run = run
        self._at = f"http://127.0.0.1:{port}"
        self._session = requests.Session()
        self._told: dict[str, Any] = {}

    def post(
        self,
        path: str,
        value: Any,
        *,
        token: str | None = "pda-token",
        timeout_s: float = 30,
        **headers: str,
    ) -> requests.Response:
        """Post JSON, or bytes as they are."""
        sent = {"content-type": "application/json"} | {
            name.replace("_", "-"): text for name, text in headers.items()
        }
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        body = value if isinstance(value, bytes) else to_json(value)
        return self._held(self._session.post(self._at + path, body, headers=sent, timeout=timeout_s))

    def get(self, path: str, *, token: str = "pda-token", **headers: str) -> requests.Response:
        """Get."""
        sent = {"authorization": f"Bearer {token}"} | headers
        return self._held(self._session.get(self._at + path, headers=sent, timeout=30))

    def delete(self, path: str, *, token: str, **wishes: str) -> requests.Response:
        """Delete."""
        headers = {"authorization": f"Bearer {token}"}
        return self._session.delete(self._at + path, params=wishes, headers=headers, timeout=30)

    def _held(self, answer: requests.Response) -> requests.Response:
        """Hold *answer* against the door's description, if that has its path."""
        method, path = (answer.request.method or "").lower(), urlsplit(answer.url).path
        if path.startswith("/v1/reports/"):
            path = "/v1/reports/{report_id}"
        if not self._told and path.startswith("/v1/"):
            self._told = self._session.get(self._at + "/openapi.json", timeout=30).json()
        if method in self._told.get("paths", {}).get(path, {}):
            media = answer.headers["content-type"]
            status = answer.status_code
            validating.hold(
                answer.json(), openapi=self._told, path=path, method=method, status=status, media=media
            )
        return answer


def entered(folder: Path, tokens: Mapping[str, str]) -> Path:
    """Return a file that lets the owners of *tokens* in."""
    file = folder / "outsiders.toml"
    file.write_text(
        "".join(f'"{owner}" = "{sha256(token.encode()).hexdigest()}"\n' for owner, token in tokens.items())
    )
    return file
