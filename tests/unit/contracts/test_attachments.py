"""Attachments are declared, and lie elsewhere."""

import pytest
from pydantic import ValidationError

from wangge_contracts.v1.parts import Attachment

PICTURE = {"slot": "a", "sha256": "0" * 64, "bytes": 1, "media_type": "image/png", "purpose": "scene"}


@pytest.mark.parametrize(
    "url",
    ["https://files.example/a.png", "http://10.0.0.1:8080/a", "attachments/after-1", "a", "/a?at=12:30"],
)
def test_an_attachment_lies_where_a_url_leads(url: str) -> None:
    assert Attachment.model_validate(PICTURE | {"url": url}).url == url


@pytest.mark.parametrize(
    "url", ["data:image/png;base64,aGVsbG8=", "DATA:,a", " data:,a", "\ndata:,a", "a\ndata:,a", "file:a", ""]
)
def test_an_attachments_bytes_do_not_travel_in_its_url(url: str) -> None:
    with pytest.raises(ValidationError, match="url"):
        Attachment.model_validate(PICTURE | {"url": url})
