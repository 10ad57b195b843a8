"""Datasets of Lance on a disk or in an object store: the settings of an address as Lance takes them.

In: an address as `Folder` takes it, `s3://bucket/papers.lance?endpoint_override=...` included. Out: the address without settings, and Lance's storage
options. pyarrow reads settings in an address, Lance does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from relata import _packages
from relata.errors import BulkError

ENDING = ".lance"
# Settings of an address that Lance knows too, by other names.
SETTINGS = ("endpoint_override", "region", "scheme", "tls_verify_certificates")


def package() -> Any:
    """The package `lance`, which is an optional one."""
    return _packages.package("lance", "a dataset of Lance", "pylance")


def is_dataset(address: str) -> bool:
    """Whether an address is that of a dataset of Lance."""
    return without_settings(address).rstrip("/").endswith(ENDING)


def without_settings(address: str) -> str:
    """An address without what stands behind its question mark, and a path as it is."""
    return address.partition("?")[0] if "://" in address else address


@dataclass(frozen=True)
class Place:
    """Where a dataset lies, as Lance takes it."""

    uri: str
    options: dict[str, str] = field(default_factory=dict)
    """`storage_options`: server, region and credentials, as far as the address has them. The rest comes from where AWS' tools have it."""


def place(address: str) -> Place:
    """Takes an address apart.

    Raises `relata.errors.BulkError` for a setting that Lance does not know.

    >>> place("s3://bucket/papers.lance?endpoint_override=minio:9000&scheme=http")
    Place(uri='s3://bucket/papers.lance', options={'aws_endpoint': 'http://minio:9000', 'allow_http': 'true'})
    """
    if "://" not in address:
        return Place(address)
    parts = urlsplit(address)
    settings = dict(parse_qsl(parts.query, keep_blank_values=True))
    # Lance would say nothing of a setting that it does not know, and go elsewhere.
    unknown = [name for name in settings if name not in SETTINGS or parts.scheme != "s3"]
    if unknown:
        raise BulkError(f"{address}: Lance does not know the setting {unknown[0]}; it takes {', '.join(SETTINGS)}, of addresses of s3://")
    uri = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    return Place(uri, _options(settings) | _credentials(parts.username, parts.password))


def _options(settings: dict[str, str]) -> dict[str, str]:
    options = {}
    scheme = settings.get("scheme", "https")
    if server := settings.get("endpoint_override"):
        options["aws_endpoint"] = server if "://" in server else f"{scheme}://{server}"
        scheme = options["aws_endpoint"].partition("://")[0]
    if scheme == "http":
        options["allow_http"] = "true"
    if region := settings.get("region"):
        options["aws_region"] = region
    if settings.get("tls_verify_certificates") == "false":
        options["allow_invalid_certificates"] = "true"
    return options


def _credentials(key: str | None, secret: str | None) -> dict[str, str]:
    given = {"aws_access_key_id": key, "aws_secret_access_key": secret}
    return {name: unquote(value) for name, value in given.items() if value}
