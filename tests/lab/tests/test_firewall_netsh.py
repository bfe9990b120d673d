# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall contexts of netsh: rules, profiles, languages, exit codes, which version has which."""

from __future__ import annotations

import re

import pytest
from netsh_lines import OK, done, once

from winlab import Host, Kind, Value
from winlab.firewall import Profile, store
from winlab.netsh.talk import talk
from winlab.services import State

ADD = "advfirewall firewall add rule"
DELETE = "advfirewall firewall delete rule"
SET = "advfirewall firewall set rule"
SHOW = "advfirewall firewall show rule"
IKE = 'name="IKE in" dir=in action=allow protocol=udp localport=500'


def strings(host: Host) -> list[str]:
    """Return the strings of rules that netsh made, in order: those under a GUID."""
    guid = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}")
    return [str(value.data) for name, value in host.registry.values(store.RULES) if guid.fullmatch(name)]


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        (
            f"{IKE} remoteip=192.0.2.10 localip=any profile=any",
            "Dir=In|Protocol=17|LPort=500|RA4=192.0.2.10|Name=IKE in|",
        ),
        ("name=ESP dir=in action=allow protocol=50 profile=any", "Dir=In|Protocol=50|Name=ESP|"),
        ("name=X dir=out action=block", "Dir=Out|Name=X|"),
        ("name=X dir=in action=allow protocol=0", "Dir=In|Protocol=0|Name=X|"),
        ("name=X dir=in action=allow protocol=any enable=yes", "Dir=In|Name=X|"),
        ("name=X dir=in action=allow protocol=icmpv4", "Dir=In|Protocol=1|ICMP4=*:*|Name=X|"),
        ("name=X dir=in action=allow protocol=icmpv4:8,any", "Dir=In|Protocol=1|ICMP4=8:*|Name=X|"),
        ("name=X dir=in action=allow protocol=icmpv6:128,0", "Dir=In|Protocol=58|ICMP6=128:0|Name=X|"),
        (
            "name=X dir=in action=allow protocol=tcp localport=80,5000-5010 remoteport=rpc",
            "Dir=In|Protocol=6|LPort=80|LPort2_10=5000-5010|RPort=RPC|Name=X|",
        ),
        (
            "name=X dir=in action=allow remoteip=10.0.0.0/24,10.1.2.3/255.255.0.0,10.2.0.5-10.2.0.9,2001:db8::/32",
            "Dir=In|RA4=10.0.0.0/24|RA4=10.1.0.0/16|RA4=10.2.0.5-10.2.0.9|RA6=2001:db8::/32|Name=X|",
        ),
        ("name=X dir=in action=allow remoteip=localsubnet", "Dir=In|RA4=LocalSubnet|RA6=LocalSubnet|Name=X|"),
        ("name=X dir=in action=allow localip=10.0.0.1", "Dir=In|LA4=10.0.0.1|Name=X|"),
        ("name=X dir=in action=allow profile=private,domain", "Dir=In|Profile=Domain|Profile=Private|Name=X|"),
        ("name=X dir=in action=allow profile=public,private,domain", "Dir=In|Name=X|"),
        (r'name=X dir=in action=allow program="C:\a b.exe" service=s', r"Dir=In|App=C:\a b.exe|Svc=s|Name=X|"),
        ('name=X dir=in action=allow desc="a = b" edge=y', "Dir=In|Name=X|Desc=a = b|Edge=TRUE|"),
        ("name=X dir=in action=allow security=authenc", "Dir=In|Name=X|Security=AuthenticateEncrypt|"),
        ("name=X dir=in action=allow security=authnoencap", "Dir=In|Name=X|Security2_9=An-NoEncap|"),
        ("name=X dir=in action=allow security=authdynenc", "Dir=In|Name=X|Security2=AnE-Nego|"),
        ("name=X dir=in action=allow security=notrequired", "Dir=In|Name=X|"),
        ("na=X di=i ac=a prot=17 locali=10.0.0.1", "Dir=In|Protocol=17|LA4=10.0.0.1|Name=X|"),
    ],
)
def test_add(line: str, keys: str) -> None:
    host = Host.create("h")
    assert once(host, f"{ADD} {line}") == (0, OK)
    action = "Block" if "action=block" in line else "Allow"
    assert strings(host) == [f"v2.26|Action={action}|Active=TRUE|{keys}"]


def test_the_version_decides_about_the_form() -> None:
    for version, word, subnet in (
        ("2008R2", "v2.10", "10.0.0.0/255.255.255.0"),
        ("2016", "v2.26", "10.0.0.0/24"),
        ("2025", "v2.33", "10.0.0.0/24"),
    ):
        host = done(Host.create("h", version), f"{ADD} name=X dir=in action=allow enable=no remoteip=10.0.0.0/24")
        assert strings(host) == [f"{word}|Action=Allow|Active=FALSE|Dir=In|RA4={subnet}|Name=X|"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("name=X dir=in", "'action' is needed"),
        ("dir=in action=allow", "'name' is needed"),
        ("name=X dir=side action=allow", "'side' given for 'dir'"),
        ("name=X dir=in action=bypass", "'bypass' given for 'action'"),
        ("name=all dir=in action=allow", "'all' given for 'name'"),
        ("name=a|b dir=in action=allow", "'a|b' given for 'name'"),
        ("name=X dir=in action=allow desc=a|b", "'a|b' given for 'description'"),
        ("name=X dir=in action=allow protocol=256", "'256' given for 'protocol'"),
        ("name=X dir=in action=allow protocol=ike", "'ike' given for 'protocol'"),
        ("name=X dir=in action=allow protocol=icmpv4:300,any", "'icmpv4:300,any' given for 'protocol'"),
        ("name=X dir=in action=allow localport=500", "Ports are only valid"),
        ("name=X dir=in action=allow protocol=50 remoteport=1", "Ports are only valid"),
        ("name=X dir=in action=allow protocol=udp localport=70000", "'70000' given for 'localport'"),
        ("name=X dir=in action=allow protocol=udp localport=9-5", "'9-5' given for 'localport'"),
        ("name=X dir=in action=allow protocol=udp localport=5,foo", "'5,foo' given for 'localport'"),
        ("name=X dir=in action=allow remoteip=10.0.0.300", "'10.0.0.300' given for 'remoteip'"),
        ("name=X dir=in action=allow remoteip=10.0.0.0/255.0.255.0", "given for 'remoteip'"),
        ("name=X dir=in action=allow localip=localsubnet", "'localsubnet' given for 'localip'"),
        ("name=X dir=in action=allow profile=any,public", "given for 'profile'"),
        ("name=X dir=in action=allow enable=maybe", "given for 'enable'"),
        ("name=X dir=in action=allow colour=red", "colour is not an acceptable argument"),
        ("name=X dir=in action=allow pro=udp", "pro is not an acceptable argument"),
    ],
)
def test_refusals(line: str, said: str) -> None:
    host = Host.create("h")
    before = host.registry.values(store.RULES)
    code, answer = once(host, f"{ADD} {line}")
    assert (code, said in answer, "Ok." in answer) == (1, True, False), answer
    assert host.registry.values(store.RULES) == before


def test_names_need_not_be_unique_and_deleting_takes_all() -> None:
    host = done(Host.create("h"), f"{ADD} {IKE}", f"{ADD} {IKE}", f"{ADD} name=Other dir=in action=allow")
    assert len(strings(host)) == 3
    assert once(host, f'{DELETE} name="ike IN"') == (0, f"\r\nDeleted 2 rule(s).\r\n{OK}")
    assert [text[-11:] for text in strings(host)] == ["Name=Other|"]
    assert once(host, f'{DELETE} name="ike IN"') == (1, "\r\nNo rules match the specified criteria.\r\n\r\n")


@pytest.mark.parametrize(
    ("criteria", "left"),
    [
        ("dir=in", {"B"}),
        ("dir=out", {"A", "C"}),
        ("protocol=udp", {"B"}),
        ("protocol=any", {"A", "C"}),
        ("localport=500", {"B", "C"}),
        ("localport=500,4500", {"A", "B"}),
        ("localport=4500,500", {"A", "B"}),
        ("remoteip=10.0.0.10/32", {"B", "C"}),
        ("profile=public", {"A", "B"}),
        ("dir=in profile=any", {"B", "C"}),
    ],
)
def test_further_criteria(criteria: str, left: set[str]) -> None:
    host = done(
        Host.create("h"),
        f"{ADD} name=X desc=A dir=in action=allow protocol=udp localport=500 remoteip=10.0.0.10",
        f"{ADD} name=X desc=B dir=out action=allow",
        f"{ADD} name=X desc=C dir=in action=allow protocol=udp localport=500,4500 profile=public",
    )
    assert once(host, f"{DELETE} name=X {criteria}")[0] == 0
    assert {each[-2] for each in strings(host)} == left


def test_deleting_needs_a_name_and_all_is_one() -> None:
    host = done(Host.create("h"), f"{ADD} {IKE}")
    assert once(host, f"{DELETE} dir=in") == (1, "\r\nThe argument 'name' is needed.\r\n\r\n")
    assert once(host, f"{DELETE} name=all dir=out")[1] == f"\r\nDeleted 1 rule(s).\r\n{OK}"
    assert once(host, f"{DELETE} name=all")[1] == f"\r\nDeleted 6 rule(s).\r\n{OK}"
    assert host.registry.values(store.RULES) == []


def test_rules_that_windows_brought_along_go_by_their_text() -> None:
    host = Host.create("h", language="de")
    assert once(host, f'{SHOW} name="Windows Remote Management (HTTP-In)"')[0] == 1
    code, said = once(host, f'{SHOW} name="Windows-Remoteverwaltung (HTTP eingehend)"')
    assert code == 0
    assert re.search(r"^Gruppierung: +Windows-Remoteverwaltung\r$", said, re.MULTILINE)
    assert once(host, f'{DELETE} name="Windows-Remoteverwaltung (HTTP eingehend)"')[0] == 0
    assert host.registry.get(store.RULES, "WINRM-HTTP-In-TCP") is None
    assert host.registry.get(store.RULES, "WINRM-HTTPS-In-TCP") is not None


def test_set_rule_changes_what_stands_behind_new() -> None:
    host = done(Host.create("h"), f"{ADD} {IKE}", f"{ADD} {IKE} remoteip=10.0.0.1")
    line = f'{SET} name="IKE in" new remoteip=10.9.0.0/16 enable=no name=Renamed'
    assert once(host, line) == (0, f"\r\nUpdated 2 rule(s).\r\n{OK}")
    keys = "Action=Allow|Active=FALSE|Dir=In|Protocol=17|LPort=500|RA4=10.9.0.0/16|Name=Renamed|"
    assert strings(host) == [f"v2.26|{keys}"] * 2
    done(host, f"{SET} name=Renamed new profile=domain protocol=any localport=any remoteip=any")
    assert strings(host) == ["v2.26|Action=Allow|Active=FALSE|Dir=In|Profile=Domain|Name=Renamed|"] * 2
    for wrong, said in (
        ("name=Renamed enable=yes", "'new' is needed"),
        ("name=Renamed dir=in", "'new' is needed"),
        ("name=Renamed new", "'new' is needed"),
        ("enable=yes new enable=yes", "enable is not an acceptable argument"),
        ("name=Renamed new localport=500", "Ports are only valid"),
        ("name=Nobody new enable=yes", "No rules match"),
        ("new enable=yes", "'name' is needed"),
    ):
        code, answer = once(host, f"{SET} {wrong}")
        assert code == 1
        assert said in answer, answer
    assert "Active=TRUE" not in "".join(strings(host))


def test_unknown_keys_outlive_a_change() -> None:
    host = done(Host.create("h"), f'{SET} name="File and Printer Sharing (SMB-Out)" new enable=no')
    value = host.registry.get(store.RULES, "FPS-SMB-Out-TCP")
    assert value == Value(
        Kind.SZ,
        "v2.26|Action=Allow|Active=FALSE|Dir=Out|Protocol=6|RPort=445|App=System|Name=@FirewallAPI.dll,-28515|"
        "EmbedCtxt=@FirewallAPI.dll,-28502|Feature9=1:2|",
    )


def test_show_rule() -> None:
    host = done(Host.create("h"), f'{ADD} {IKE} remoteip=192.0.2.10,localsubnet description="Two words"')
    lines = [
        "",
        "Rule Name:                            IKE in",
        "-" * 70,
        "Enabled:                              Yes",
        "Direction:                            In",
        "Profiles:                             Domain,Private,Public",
        "Grouping:                             ",
        "LocalIP:                              Any",
        "RemoteIP:                             192.0.2.10/32,LocalSubnet",
        "Protocol:                             UDP",
        "LocalPort:                            500",
        "RemotePort:                           Any",
        "Edge traversal:                       No",
        "Action:                               Allow",
    ]
    assert once(host, f'{SHOW} name="IKE in"') == (0, "\r\n".join(lines) + "\r\n" + OK)
    assert "Description:                          Two words\r\n" in once(host, f'{SHOW} "IKE in" verbose')[1]
    assert once(host, f"{SHOW} name=all")[1].count("Rule Name:") == 7
    assert once(host, f"{SHOW} name=all dir=out")[1].count("Rule Name:") == 1
    assert once(host, f"{SHOW} name=nothing")[0] == 1


def test_rules_of_a_group_policy_are_not_touched() -> None:
    host = Host.create("h")
    store.plant_group_policy_rule(host, "{1}", "v2.10|Action=Allow|Active=TRUE|Dir=In|Name=Ours|")
    assert once(host, f"{SHOW} name=Ours")[0] == 1
    assert once(host, f"{DELETE} name=Ours")[0] == 1


def test_languages() -> None:
    english, german = Host.create("h"), Host.create("h", language="de")
    for line in (
        f"{ADD} {IKE}",
        f"{SHOW} name=all verbose",
        "advfirewall show allprofiles",
        f"{SET} name=all new enable=yes",
        f"{DELETE} name=all",
        f"{DELETE} name=all",
        f"{ADD} name=X",
        f"{ADD} name=X dir=in action=allow remoteip=x",
        f"{ADD} name=X dir=in action=allow localport=1",
    ):
        (code, said), (other, gesagt) = once(english, line), once(german, line)
        assert code == other
        assert said != gesagt, line
    assert once(german, f"{ADD} {IKE}") == (0, "OK.\r\n\r\n")
    assert once(german, f'{DELETE} name="IKE in"')[1] == "\r\n1 Regel(n) wurde(n) gelöscht.\r\nOK.\r\n\r\n"


@pytest.mark.parametrize(
    ("line", "profile", "settings"),
    [
        ("set allprofiles state off", Profile.PUBLIC, (0, 1, 0, 0)),
        ("set priv state off", Profile.PRIVATE, (0, 1, 0, 0)),
        ("set privateprofile state off", Profile.DOMAIN, (1, 1, 0, 0)),
        ("set current state off", Profile.DOMAIN, (0, 1, 0, 0)),
        ("set all firewallpolicy blockinbound,blockoutbound", Profile.DOMAIN, (1, 1, 1, 0)),
        ("set all firewallpolicy allowinbound,allowoutbound", Profile.DOMAIN, (1, 0, 0, 0)),
        ("set all firewallpolicy blockinboundalways,allowoutbound", Profile.DOMAIN, (1, 1, 0, 1)),
    ],
)
def test_profiles(line: str, profile: Profile, settings: tuple[int, ...]) -> None:
    host = Host.create("h")
    assert once(host, f"advfirewall {line}") == (0, OK)
    names = (store.ENABLE, store.INBOUND, store.OUTBOUND, store.NO_EXCEPTIONS)
    assert tuple(store.setting(host, profile, name) for name in names) == settings


def test_show_profiles() -> None:
    host = done(Host.create("h"), "advfirewall set public state off")
    done(host, "advfirewall set domain firewallpolicy blockinboundalways,blockoutbound")
    code, said = once(host, "advfirewall show allprofiles")
    assert code == 0
    assert re.findall(r"^State: +(\w+)", said, re.MULTILINE) == ["ON", "ON", "OFF"]
    assert re.findall(r"^Firewall Policy: +(\S+)", said, re.MULTILINE) == [
        "BlockInboundAlways,BlockOutbound",
        "BlockInbound,AllowOutbound",
        "BlockInbound,AllowOutbound",
    ]
    state = once(host, "advfirewall show publicprofile state")[1]
    assert (state.count("State:"), "Firewall Policy" in state) == (1, False)


@pytest.mark.parametrize(
    "line",
    [
        "set allprofiles state maybe",
        "set allprofiles state",
        "set allprofiles colour on",
        "set allprofiles firewallpolicy blockinbound",
        "set allprofiles firewallpolicy blockoutbound,allowinbound",
        "show allprofiles colour",
        "set",
        "firewall add",
        "set noprofile state on",
        "firewall add nonsense name=x",
    ],
)
def test_what_the_contexts_do_not_take(line: str) -> None:
    host = Host.create("h")
    before = {profile: store.setting(host, profile, store.ENABLE) for profile in Profile}
    code, said = once(host, f"advfirewall {line}")
    assert (code, "Ok." in said) == (1, False)
    assert before == {profile: store.setting(host, profile, store.ENABLE) for profile in Profile}


def test_the_context_as_a_session() -> None:
    host = Host.create("h")
    answers = talk(host, "advfirewall firewall", f"add rule {IKE}", "show rule name=nothing", "help", "@@9:1", "set x")
    assert answers[1] == OK
    assert "No rules match" in answers[2]
    assert "add rule\r\n" in answers[3]
    assert answers[4] == "The following command was not found: @@9:1.\r\n"
    assert answers[5] == "The following command was not found: set x.\r\n"
    assert len(strings(host)) == 1


@pytest.mark.parametrize(("version", "line"), [("2003", f"{ADD} {IKE}"), ("2016", "firewall show opmode")])
def test_each_version_has_its_own_context(version: str, line: str) -> None:
    host = Host.create("h", version)
    assert once(host, line) == (1, f"The following command was not found: {line}.\r\n")
    context = line.split()[0]
    assert once(host, context) == (1, f"The following command was not found: {context}.\r\n")
    assert strings(host) == []


@pytest.mark.parametrize(
    ("version", "service", "line"),
    [("2016", "MpsSvc", f"{ADD} {IKE}"), ("2003", "SharedAccess", "firewall add portopening udp 500 IKE")],
)
def test_without_its_service_the_firewall_refuses(version: str, service: str, line: str) -> None:
    host = Host.create("h", version)
    host.services[service].state = State.STOPPED
    code, said = once(host, line)
    assert code == 1
    assert "service cannot be reached" in said
    host.services[service].state = State.RUNNING
    assert once(host, line) == (0, OK)
