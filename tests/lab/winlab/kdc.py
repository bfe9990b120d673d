# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A key distribution centre on loopback: MIT Kerberos with a realm of its own, in a folder of its own."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

REALM = "LAB.TEST"
_PROGRAMS = ("krb5kdc", "kdb5_util", "kadmin.local", "kinit")
_PACKAGES = ("gssapi", "krb5", "kerberos")
_SBIN = os.pathsep.join(("/usr/sbin", "/usr/local/sbin", "/sbin"))
_PATIENCE_SECONDS = 20.0
_ENVIRONMENT = ("KRB5_CONFIG", "KRB5_KDC_PROFILE", "KRB5_KTNAME")


def missing() -> str:
    """Return what this machine lacks to run it, empty for nothing."""
    programs = [name for name in _PROGRAMS if _find(name) is None]
    packages = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    said = []
    if programs:
        said.append(f"no {', '.join(programs)} (Debian: krb5-kdc, krb5-admin-server, krb5-user)")
    if packages:
        said.append(f"no Python package {', '.join(packages)} (they compile with libkrb5-dev)")
    return "; ".join(said)


def _find(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}{os.pathsep}{_SBIN}")


class Kdc:
    """Context manager that runs the centre. Within it the process, and what it starts, uses the realm.

    :param users: accounts, name to password.
    :param hosts: names that hosts have in the realm; each gets a principal HTTP/NAME, with its key in the keytab that
        acceptors of this process use.
    """

    def __init__(self, users: Mapping[str, str], hosts: Iterable[str]) -> None:
        self._users = dict(users)
        self._hosts = tuple(hosts)
        self._folder = tempfile.TemporaryDirectory(prefix="winlab-kdc-")
        self._process: subprocess.Popen[bytes] | None = None
        self._earlier: dict[str, str | None] = {}
        self.port = 0

    def __enter__(self) -> Self:
        self._earlier = {name: os.environ.get(name) for name in _ENVIRONMENT}
        try:
            self._configure()
            self._fill()
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None
        for name, text in self._earlier.items():
            if text is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = text
        self._folder.cleanup()

    def _configure(self) -> None:
        folder = Path(self._folder.name)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        client = folder / "krb5.conf"
        client.write_text(
            f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n"
            " rdns = false\n dns_canonicalize_hostname = false\n udp_preference_limit = 1\n"
            f"[realms]\n {REALM} = {{\n  kdc = 127.0.0.1:{self.port}\n }}\n"
        )
        server = folder / "kdc.conf"
        server.write_text(
            f"[kdcdefaults]\n kdc_listen = 127.0.0.1:{self.port}\n kdc_tcp_listen = 127.0.0.1:{self.port}\n"
            f"[realms]\n {REALM} = {{\n  database_name = {folder}/principal\n  key_stash_file = {folder}/stash\n"
            f"  acl_file = {folder}/acl\n }}\n[logging]\n kdc = FILE:{folder}/kdc.log\n"
        )
        os.environ["KRB5_CONFIG"] = str(client)
        os.environ["KRB5_KDC_PROFILE"] = str(server)
        os.environ["KRB5_KTNAME"] = f"FILE:{folder}/keytab"

    def _fill(self) -> None:
        self._call("kdb5_util", "create", "-s", "-r", REALM, "-P", secrets.token_hex(16))
        lines = [f'addprinc -pw "{password}" {name}' for name, password in self._users.items()]
        for host in self._hosts:
            lines += [f"addprinc -randkey HTTP/{host}", f"ktadd -k {self._folder.name}/keytab HTTP/{host}"]
        self._call("kadmin.local", "-r", REALM, script="".join(f"{line}\n" for line in lines))

    def _start(self) -> None:
        program = _find("krb5kdc") or "krb5kdc"
        self._process = subprocess.Popen([program, "-n"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("the key distribution centre did not start")

    @staticmethod
    def _call(name: str, *arguments: str, script: str = "") -> None:
        done = subprocess.run(
            [_find(name) or name, *arguments], input=script, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{name} ended with {done.returncode}: {done.stderr}")
