"""A server of this machine that speaks as S3 does, and refuses what a test says."""

import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

import pytest

Wanted = Callable[[str, str, dict[str, list[str]]], bool]
"""Whether a request is refused: its method, its path, and what stands behind the question mark."""


class ObjectStore:
    """A bucket `papers` of moto. Needs credentials in the environment, whichever."""

    def __init__(self) -> None:
        moto, serving = pytest.importorskip("moto.server"), pytest.importorskip("werkzeug.serving")
        self._moto = moto.DomainDispatcherApplication(moto.create_backend_app)
        self._server = serving.make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_quiet(serving.WSGIRequestHandler))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.server = f"127.0.0.1:{self._server.server_port}"
        self.refused: Wanted | None = None
        """What is refused from here on."""
        from pyarrow import fs

        system, _ = fs.FileSystem.from_uri(self.address("", "&allow_bucket_creation=true"))
        system.create_dir("papers")

    def address(self, folder: str, more: str = "") -> str:
        """The address of a folder, with what says where the server is."""
        return f"s3://papers/{folder}?endpoint_override={self.server}&scheme=http&region=us-east-1{more}"

    def options(self) -> dict[str, str]:
        """The same server as Lance's `storage_options`."""
        return {"aws_endpoint": f"http://{self.server}", "allow_http": "true", "aws_region": "us-east-1"}

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        asked = parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
        if self.refused is None or not self.refused(environ["REQUEST_METHOD"], environ["PATH_INFO"], asked):
            return self._moto(environ, start_response)  # type: ignore[no-any-return]
        from werkzeug.wsgi import get_input_stream

        get_input_stream(environ).read()
        said = b"<Error><Code>AccessDenied</Code><Message>Nobody may.</Message></Error>"
        start_response("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(said)))])
        return [said]


def _quiet(handler: Any) -> Any:
    """A handler of requests that writes no log."""
    return type("Quiet", (handler,), {"log_request": lambda self, *arguments: None})
