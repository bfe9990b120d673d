# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies that the environment names: looked up once for a connection, and used for every message all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest
import requests.sessions
import requests.utils
from winrm_runner import WINRS, Controller

from winlab.lab import HostSpec, Lab
from winlab.spec import DEFAULT_USERS


@contextmanager
def proxy() -> Iterator[tuple[str, list[str]]]:
    """Yield the address of a forward proxy and the URLs that it was asked for."""
    asked: list[str] = []

    class Forward(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked.append(self.path)
            url = urlsplit(self.path)
            onward = HTTPConnection(url.hostname or "", url.port, timeout=30)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            onward.request("POST", url.path, body, dict(self.headers))
            answer = onward.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.getheader("Content-Type") or "")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            onward.close()

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Forward)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("connection", ["winrm", WINRS])
def test_a_proxy_of_the_environment_is_looked_up_once_and_used(
    connection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookups: list[str] = []
    genuine = requests.utils.get_environ_proxies

    def counted(url: str, no_proxy: str | None = None) -> object:
        lookups.append(url)
        return genuine(url, no_proxy=no_proxy)

    with Lab([HostSpec(name="a.lab.test", auth=("basic",))]) as lab, proxy() as (address, asked):
        for name in ("no_proxy", "NO_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("http_proxy", address)
        for module in (requests.sessions, requests.utils):
            monkeypatch.setattr(module, "get_environ_proxies", counted)
        host = lab.hosts["a.lab.test"]
        user, password = next(iter(DEFAULT_USERS.items()))
        variables = {
            "ansible_connection": connection,
            "ansible_host": "127.0.0.1",
            "ansible_port": host.port,
            "ansible_user": user,
            "ansible_password": password,
            "ansible_winrm_scheme": "http",
            "ansible_winrm_transport": "basic",
        }
        result = Controller(host, variables=variables).run("policies_info", {})
    assert result["host"]["product"]
    assert len(asked) >= 5
    # The log-on of the stock connection is its own business: it is over before this collection sees the session.
    before_the_first_command = 3 if connection == "winrm" else 1
    assert len(lookups) <= before_the_first_command
