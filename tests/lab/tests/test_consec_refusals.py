# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `netsh advfirewall consec add rule` refuses, and that nothing is written then."""

from __future__ import annotations

import pytest
from netsh_lines import LOCAL, once

from winlab import Host

ADD = "advfirewall consec add rule"
WEB = "name=web endpoint1=any endpoint2=any action=requireinrequireout"


@pytest.mark.parametrize(
    "tags",
    [
        "name=all",
        "name=a|b",
        "endpoint2=224.0.0.1",
        "endpoint2=127.0.0.1",
        "endpoint2=nobody.example",
        "endpoint2=10.0.0.9-10.0.0.1",
        "endpoint1=10.0.0.1 interfacetype=lan",
        "port1=80",
        "port1=80 protocol=icmpv4",
        "port1=80-90 protocol=tcp",
        "port1=rpc protocol=tcp",
        "protocol=256",
        "protocol=arp",
        "profile=any,domain",
        "description=a|b",
        "action=require",
        "action=noauthentication auth1=computerkerb",
        "action=noauthentication qmsecmethods=default",
        "action=requireinclearout",
        "type=dynamic",
        "mode=tunnel",
        "mode=tunnel localtunnelendpoint=any remotetunnelendpoint=any",
        "mode=tunnel localtunnelendpoint=10.0.0.1 remotetunnelendpoint=2001:db8::1",
        "mode=tunnel localtunnelendpoint=10.0.0.1 protocol=tcp",
        "mode=tunnel localtunnelendpoint=10.0.0.1 action=requestinrequestout",
        "localtunnelendpoint=10.0.0.1",
        "applyauthz=yes",
        "exemptipsecprotectedconnections=yes",
        "auth1=computerpsk",
        "auth1=computerpsk auth1psk=a|b",
        "auth1=computerpsk,computerntlm auth1psk=x",
        "auth1=computerkerb,computerkerb",
        "auth1=computerkerb auth1psk=x",
        "auth1psk=x",
        "auth1=computercert",
        "auth1=computercert auth1ca=",
        "auth1=userkerb",
        "auth1=computercertecdsap521 auth1ca=CN=A",
        'auth1=computercert auth1ca="CN=A catype:root|CN=B catype:intermediate"',
        'auth1=computercert auth1ca="CN=A certmapping:perhaps"',
        "auth2=computerkerb",
        "auth2=anonymous",
        "auth2=computercert,userkerb auth2ca=CN=A",
        'auth2=usercert auth2ca="CN=A excludecaname:yes"',
        "qmpfs=dhgroup5",
        "qmsecmethods=",
        "qmsecmethods=esp:sha384-aes256",
        "qmsecmethods=esp:aesgcm128-aesgcm256",
        "qmsecmethods=esp:aesgmac256-aesgcm256",
        "qmsecmethods=esp:aesgcm256-none",
        "qmsecmethods=esp:none-none",
        "qmsecmethods=esp:aes256-sha256",
        "qmsecmethods=ah:sha1-aes128",
        "qmsecmethods=ah:sha1+esp:sha256-aes128",
        "qmsecmethods=ah:sha1+ah:sha1",
        "qmsecmethods=ah:sha1+4min",
        "qmsecmethods=ah:sha1+2881min",
        "qmsecmethods=ah:sha1+1kb",
        "qmsecmethods=ah:sha1+60min+60min",
        "qmsecmethods=authnoencap:sha1",
        "qmsecmethods=authnoencap:sha1,ah:sha1 qmpfs=mainmode",
        "qmsecmethods=authnoencap:sha1,ah:sha1 auth1=computerpsk auth1psk=x",
        "qmsecmethods=60min",
        "mmsecmethods=default",
        "name=other name=another",
    ],
)
def test_refused(tags: str) -> None:
    given = {word.partition("=")[0] for word in tags.split()}
    rest = " ".join(word for word in WEB.split() if word.partition("=")[0] not in given)
    host = Host.create("h")
    code, said = once(host, f"{ADD} {rest} {tags}")
    assert code == 1
    assert said.strip()
    assert "Ok." not in said
    assert not host.registry.values(rf"{LOCAL}\ConSecRules")
    assert not host.registry.exists(rf"{LOCAL}\Phase1AuthenticationSets")


@pytest.mark.parametrize("missing", ["name", "endpoint1", "endpoint2", "action"])
def test_required(missing: str) -> None:
    line = " ".join(word for word in WEB.split() if not word.startswith(f"{missing}="))
    # Without any tag the first word in order would be taken for it, so nothing else is on the line.
    assert once(Host.create("h"), f"{ADD} {line}")[0] == 1


def test_a_refusal_does_not_repeat_a_key() -> None:
    _code, said = once(Host.create("h"), f"{ADD} {WEB} auth1=computerpsk auth1psk=geheim|nis")
    assert "geheim" not in said
