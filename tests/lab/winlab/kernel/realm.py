# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain controller of the data plane: MIT's key distribution centre in a namespace of its own.

Hosts are members: each has a key in a key table, and gets tickets with it, over port 88 and under its policy in force,
before it asks anybody by Kerberos. The tickets are real and so is the way to them; what then goes over IKE is not:
strongSwan's IKEv1 speaks no Kerberos, and a key of the realm stands in for it (`keying.stand_in`).
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Mapping, Sequence

from .channel import Channel, Failed
from .inside.programs import FOLDER
from .keying import DEFAULT_REALM
from .servers import File, Server, filled, run

ADDRESS = "192.0.2.88"
NAME = "dc"
PORT = 88
_LABEL, _MEMBER = "kdc", "member"
_PATIENCE_SECONDS = 15.0


class Realm:
    """The realm of a lab; its centre starts when somebody first needs it.

    :param prefix: what names of namespaces begin with.
    :param members: names of the hosts.
    """

    def __init__(self, channel: Channel, prefix: str, members: Iterable[str], realm: str = DEFAULT_REALM) -> None:
        self._channel = channel
        self._prefix = prefix
        self._members = tuple(members)
        self._realm = realm
        self._guard = threading.Lock()
        self._founded = False

    def ticket(self, name: str, peers: Sequence[str]) -> bool:
        """Have a member log on and get tickets for its peers; tell whether it did."""
        with self._guard:
            if not self._founded:
                self._found()
                self._founded = True
        commands = [["kinit", "-k", "-i", f"host/{name}"]]
        commands += [["kvno", *(f"host/{each}" for each in peers)]] if peers else []
        try:
            for command in commands:
                self._run(name, _MEMBER, command, seconds=_PATIENCE_SECONDS)
        except Failed:
            return False
        return True

    def stop(self) -> None:
        """Stop the centre: from now on nobody answers there."""
        self._channel.call("stop_program", name=self._prefix + NAME, label=_LABEL)

    def start(self) -> None:
        """Start the centre again."""
        run(self._channel, self._prefix + NAME, self._server())

    def log(self) -> str:
        """Return what the centre has written down: who asked for what."""
        return str(self._channel.call("said_by_program", name=self._prefix + NAME, label=_LABEL))

    def _server(self) -> Server:
        return Server(_LABEL, ("krb5kdc", "-n"), (PORT,), {**self._client(), "kdc.conf": self._file("kdc.conf")})

    def _client(self) -> dict[str, File]:
        return {"krb5.conf": self._file("krb5.conf")}

    def _file(self, template: str) -> File:
        return File(filled(template, realm=self._realm, address=ADDRESS))

    def _found(self) -> None:
        """Make the realm: its database, its members and their key tables, and the centre."""
        server = self._server()
        self._prepare(NAME, _LABEL, server.files)
        self._run(NAME, _LABEL, ["kdb5_util", "create", "-s", "-r", self._realm, "-P", secrets.token_hex(16)])
        lines = []
        for name in self._members:
            self._prepare(name, _MEMBER, self._client())
            table = FOLDER / f"{self._prefix}{name}" / _MEMBER / "keytab"
            lines += [f"addprinc -randkey host/{name}", f"ktadd -k {table} host/{name}"]
        self._run(NAME, _LABEL, ["kadmin.local", "-r", self._realm], text="".join(f"{line}\n" for line in lines))
        self.start()

    def _prepare(self, name: str, label: str, files: Mapping[str, File]) -> None:
        plain = {path: each.plain() for path, each in files.items()}
        self._channel.call("prepare_program", name=self._prefix + name, label=label, files=plain)

    def _run(self, name: str, label: str, command: Sequence[str], text: str = "", seconds: float = 90.0) -> None:
        arguments = {"name": self._prefix + name, "label": label, "command": command, "text": text, "seconds": seconds}
        self._channel.call("run_program", patience=seconds + 60, **arguments)
