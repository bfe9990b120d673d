# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refusals of whole objects and documents: filter actions, rules, policies and what they refer to."""

from __future__ import annotations

from refused_values import ESP, Case, acting, listed, ruled, whole

ACTIONS = [
    whole(
        "negotiate without methods",
        {"filter_actions": [{"name": "A", "action": "negotiate"}]},
        "config.filter_actions[0].security_methods is []",
        "at least one security method",
        "Add what the action offers",
        state="overridden",
    ),
    acting(
        "methods with permit",
        ("security_methods[0] is ", "no security methods with action permit", "Only negotiate"),
        action="permit",
        security_methods=[ESP],
    ),
    acting(
        "flag with block",
        ("fallback_to_clear is True", "false with action block", "Only negotiate"),
        action="block",
        fallback_to_clear=True,
    ),
    acting("unknown", ("action is 'deny'", "one of permit, block, negotiate", "Choose"), action="deny"),
    acting(
        "ah none",
        ("security_methods[0].ah_integrity is 'none'", "md5 or sha1", "Leave the option out"),
        security_methods=[{"ah_integrity": "none"}],
    ),
    acting(
        "aes",
        ("security_methods[0].esp_encryption is 'aes'", "one of none, des, 3des", "Choose"),
        security_methods=[{**ESP, "esp_encryption": "aes"}],
    ),
    acting(
        "esp without integrity",
        ("security_methods[0].esp_integrity is None", "beside esp_encryption", "Add esp_integrity"),
        security_methods=[{"esp_encryption": "3des"}],
    ),
    acting(
        "nothing protected",
        ("security_methods[0]", "protects nothing"),
        security_methods=[{"esp_encryption": "none", "esp_integrity": "none"}],
    ),
    acting(
        "empty method",
        ("security_methods[0] is {}", "ah_integrity, or esp_encryption", "Name the protection"),
        security_methods=[{"lifetime_seconds": 300}],
    ),
    acting(
        "method twice",
        ("security_methods[1] is ", "methods that differ", "Remove the second"),
        security_methods=[ESP, ESP],
    ),
    acting(
        "negative lifetime",
        ("lifetime_seconds is -1", "seconds from 0 to", "Give a number"),
        security_methods=[{**ESP, "lifetime_seconds": -1}],
    ),
    acting(
        "huge lifetime",
        ("lifetime_kilobytes is 4294967296", "kilobytes from 0 to", "Give a number"),
        security_methods=[{**ESP, "lifetime_kilobytes": 2**32}],
    ),
    acting(
        "flag a word", ("accept_unsecured is 'maybe'", "true or false", "Write true or false"), accept_unsecured="maybe"
    ),
    acting(
        "list a text", ("security_methods is a text (not shown)", "a list", "hyphen"), security_methods="ESP[3DES,SHA1]"
    ),
    acting(
        "option misspelt",
        ("fallback_to_clean is True", "one of the options", "Did you mean fallback_to_clear?"),
        fallback_to_clean=True,
    ),
]
RULES = [
    ruled(
        "bad authority empty",
        ("authentication[0].authority is ''", "name of an authority", "Correct"),
        authentication=[{"method": "certificate", "authority": ""}],
    ),
    ruled(
        "bad authority apostrophe",
        ("authentication[0].authority is ", "a name without '", "use the double quote"),
        authentication=[{"method": "certificate", "authority": "CN=It's"}],
    ),
    ruled(
        "bad authority percent",
        ("authentication[0].authority is ", "a text without %", "leave it out"),
        authentication=[{"method": "certificate", "authority": "CN=50%"}],
    ),
    ruled(
        "authority missing",
        ("authentication[0].authority is None", "certification authority", "Add authority"),
        authentication=[{"method": "certificate"}],
    ),
    ruled(
        "authority too long",
        ("authentication[0].authority is ", "at most 1000 characters", "Correct"),
        authentication=[{"method": "certificate", "authority": "CN=" + "x" * 1000}],
    ),
    ruled(
        "unknown method",
        ("authentication[0].method is a text (not shown)", "one of kerberos, preshared_key, certificate", "Choose"),
        authentication=[{"method": "ntlm"}],
    ),
    ruled("method missing", ("authentication[0].method is None", "one of kerberos", "Add method"), authentication=[{}]),
    ruled(
        "no method",
        ("rules[0].authentication is []", "at least one authentication method", "Add for example"),
        authentication=[],
    ),
    ruled(
        "method twice",
        ("authentication[1] is ", "each method once", "Remove the second"),
        authentication=[{"method": "kerberos"}] * 2,
    ),
    ruled(
        "key beside kerberos",
        ("authentication[0].preshared_key is a text (not shown)", "method preshared_key", "Remove preshared_key"),
        authentication=[{"method": "kerberos", "preshared_key": "Xy7-secret"}],
    ),
    ruled(
        "key misspelt",
        ("authentication[0].presharedkey is a text (not shown)", "one of the options", "Did you mean preshared_key?"),
        authentication=[{"method": "preshared_key", "presharedkey": "Xy7-secret"}],
    ),
    ruled(
        "connection type",
        ("rules[0].connection_type is 'wifi'", "one of all, lan, dialup", "Choose"),
        connection_type="wifi",
    ),
    ruled(
        "tunnel name",
        ("rules[0].tunnel_endpoint is 'gw.example.com'", "the address of the far end", "names are not resolved"),
        tunnel_endpoint="gw.example.com",
    ),
    ruled(
        "tunnel nowhere",
        ("rules[0].tunnel_endpoint is '0.0.0.0'", "the far end", "Write none"),
        tunnel_endpoint="0.0.0.0",
    ),
    ruled("enabled", ("rules[0].enabled is 'perhaps'", "true or false", "Write"), enabled="perhaps"),
    ruled(
        "option misspelt",
        ("rules[0].filterlist is a text (not shown)", "one of the options", "Did you mean filter_list?"),
        filterlist="Web",
    ),
    ruled(
        "unknown list",
        ("rules['R'].filter_list is 'Wbe'", "the name of a filter list", "Define it"),
        asks=True,
        filter_list="Wbe",
    ),
    ruled(
        "unknown action",
        ("rules['R'].filter_action is 'Sceure'", "the name of a filter action", "Define it"),
        asks=True,
        filter_action="Sceure",
    ),
    ruled(
        "no key to keep",
        ("rules['R'].authentication is '(no key)'", "a pre-shared key", "Give preshared_key"),
        asks=True,
        authentication=[{"method": "preshared_key"}],
    ),
    ruled(
        "IPv6 tunnel on 2003",
        ("rules['R'].tunnel_endpoint is '2001:db8::1'", "an IPv4 address on Windows Server 2003", "another value"),
        asks=True,
        version="2003",
        tunnel_endpoint="2001:db8::1",
    ),
    ruled(
        "certificate options on 2003",
        ("authentication is ", "neither of these options on Windows Server 2003", "another value"),
        asks=True,
        version="2003",
        authentication=[{"method": "certificate", "authority": "CN=A", "map_to_account": True}],
    ),
]
POLICIES = [
    Case(
        "policy polling",
        "policy",
        {"name": "P", "polling_interval_minutes": 0},
        ("polling_interval_minutes is 0", "minutes from 1 to", "Give a number"),
    ),
    Case(
        "policy lifetime word",
        "policy",
        {"name": "P", "main_mode": {"lifetime_minutes": "8h"}},
        ("main_mode.lifetime_minutes is '8h'", "minutes from 1", "Give a number"),
    ),
    Case(
        "policy main mode list",
        "policy",
        {"name": "P", "main_mode": ["3des"]},
        ("main_mode is a list (not shown)", "a mapping with", "key: value"),
    ),
    Case(
        "policy main mode empty",
        "policy",
        {"name": "P", "main_mode": {"security_methods": []}},
        ("main_mode.security_methods is []", "at least one", "Leave the option out"),
    ),
    Case(
        "policy group",
        "policy",
        {"name": "P", "main_mode": {"security_methods": [{"dh_group": "4096"}]}},
        ("security_methods[0].dh_group is '4096'", "one of 768, 1024, 2048", "Choose"),
    ),
    Case(
        "policy unencrypted",
        "policy",
        {"name": "P", "main_mode": {"security_methods": [{"encryption": "none"}]}},
        ("security_methods[0].encryption is 'none'", "des or 3des", "always encrypts"),
    ),
    Case(
        "policy response empty",
        "policy",
        {"name": "P", "default_response": {"security_methods": []}},
        ("default_response.security_methods is []", "at least one", "Leave the option out"),
    ),
    Case(
        "policy rules a mapping",
        "policy",
        {"name": "P", "rules": {"name": "R"}},
        ("rules is a mapping (not shown)", "a list", "hyphen"),
    ),
    Case(
        "policy rule twice",
        "policy",
        {"name": "P", "rules": [{"name": "R"}, {"name": "r"}]},
        ("rules[1].name is 'r'", "each rule name once", "Rename"),
    ),
    Case("policy name missing", "policy", {"description": "x"}, ("name is None", "the name of the policy", "Add name")),
    Case("policy name a list", "policy", {"name": ["P"]}, ("name is a list (not shown)", "a text", "Give one text")),
    Case("policy name true", "policy", {"name": True}, ("name is True", "a text", "quotes")),
    Case(
        "policy option misspelt",
        "policy",
        {"name": "P", "rule": []},
        ("rule is []", "one of the options", "Did you mean rules?"),
    ),
    whole(
        "list twice",
        {"filter_lists": [{"name": "L"}, {"name": "l"}]},
        "config.filter_lists[1].name is 'l'",
        "each name once",
        "Rename or remove",
    ),
    whole("not a mapping", ["L"], "config is a list (not shown)", "a mapping with", "key: value"),  # type: ignore[arg-type]
    whole(
        "misspelt", {"filterlists": []}, "config.filterlists is []", "one of the options", "Did you mean filter_lists?"
    ),
    whole(
        "list option missing",
        {"filter_lists": [{"filters": []}]},
        "config.filter_lists[0].name is None",
        "name of the filter list",
        "Add name",
    ),
    whole(
        "rule without list",
        {"policies": [{"name": "P", "rules": [{"name": "R"}]}]},
        "config.policies[0].rules[0].filter_list is None",
        "the name of a filter list",
        "Add filter_list",
        state="replaced",
    ),
    whole(
        "deletes and assigns",
        {"policies": [{"name": "Front"}], "assigned": "Front"},
        "config.assigned is 'Front'",
        "no assignment with state deleted",
        "unassigned first",
        state="deleted",
    ),
    whole(
        "unknown assigned",
        {"assigned": "Nobody"},
        "config.assigned is 'Nobody'",
        "the name of a policy",
        "Define the policy",
        asks=True,
    ),
    whole(
        "case of a name",
        {"policies": [{"name": "FRONT"}]},
        "config.policies[0].name is 'FRONT'",
        "as it is written on the host, 'Front'",
        "differ only by case",
        asks=True,
    ),
    whole(
        "delete a list in use",
        {"filter_lists": [{"name": "Web"}]},
        "config.filter_lists is 'Web'",
        "a filter list that no rule uses",
        "remove that first",
        asks=True,
        state="deleted",
    ),
    whole(
        "override a list in use away",
        {
            "policies": [
                {"name": "Front", "rules": [{"name": "Web rule", "filter_list": "Web", "filter_action": "Secure"}]}
            ]
        },
        "filter_list is 'Web'",
        "the name of a filter list",
        "Define it",
        asks=True,
        state="overridden",
    ),
    whole(
        "range on 2003",
        {"filter_lists": [listed(destination="10.0.0.1-10.0.0.9")]},
        "filters[].destination is '10.0.0.1-10.0.0.9'",
        "subnets instead of a range on Windows Server 2003",
        "another value",
        asks=True,
        version="2003",
    ),
    whole(
        "IPv6 on 2003",
        {"filter_lists": [listed(destination="2001:db8::1")]},
        "filters[].destination is '2001:db8::1'",
        "an IPv4 address on Windows Server 2003",
        "another value",
        asks=True,
        version="2003",
    ),
]
OBJECTS = [
    Case(
        "case of a list",
        "filter_list",
        {"name": "WEB"},
        ("name is 'WEB'", "written on the host, 'Web'", "differ only by case"),
        asks=True,
    ),
    Case(
        "case of a rule",
        "policy",
        {"name": "Front", "rules": [{"name": "WEB RULE"}]},
        ("name is 'WEB RULE'", "'Web rule'", "differ only by case"),
        asks=True,
    ),
    Case(
        "list in use",
        "filter_list",
        {"name": "Web", "state": "absent"},
        ("name is 'Web'", "that no rule uses", "rule 'Web rule' of policy 'Front'"),
        asks=True,
    ),
    Case(
        "action in use",
        "filter_action",
        {"name": "Secure", "state": "absent"},
        ("name is 'Secure'", "that no rule uses", "remove that first"),
        asks=True,
    ),
    Case(
        "assign unknown",
        "assignment",
        {"name": "Nobody"},
        ("name is 'Nobody'", "the name of a policy", "Make the policy first"),
        asks=True,
    ),
    Case("assign nothing", "assignment", {}, ("name is None", "the policy to assign", "Add name")),
    Case("query a mapping", "policies_info", {"query": {"a": "Xy7-secret"}}, ("query is a mapping (not shown)",)),
    Case(
        "query that meets other types",
        "policies_info",
        {"query": "join(',', filter_lists)"},
        ("query is \"join(',', filter_lists)\"", "The function join takes array-string, and got dict"),
        asks=True,
    ),
    Case("assign yes", "assignment", {"name": True}, ("name is True", "a text", "quotes")),
    Case("state", "policy", {"name": "P", "state": "gone"}, ("state is 'gone'", "one of present, absent", "Choose")),
    Case("state in capitals", "policy", {"name": "P", "state": "Absent"}, ("state is 'Absent'", "Write it as absent")),
    Case("state a list", "filter_list", {"name": "L", "state": ["absent"]}, ("state is a list (not shown)",)),
    whole(
        "assigned no", {"assigned": False}, "config.assigned is False", "or an empty text for none", "Name the policy"
    ),
    whole(
        "whole result",
        {"config": {"policies": []}, "changed": False},
        "config is a mapping (not shown)",
        "a document",
        "write .config behind its name",
    ),
    ruled(
        "key beside the list",
        ("rules[0].preshared_key is a text (not shown)", "It belongs below authentication"),
        preshared_key="Xy7-secret",
    ),
    Case("query", "policies_info", {"query": "policies[?"}, ("query is 'policies[?'", "a JMESPath expression")),
    # A host may keep a description that could not be sent again, so these are looked at only after it was read.
    Case(
        "description quote",
        "filter_list",
        {"name": "L", "description": 'a "b"'},
        ("filter_lists['L'].description is ", 'a text without "', "leave it out"),
        asks=True,
    ),
    Case(
        "description of a filter",
        "filter_list",
        listed(description="Büro"),
        ("filter_lists['L'].filters[].description is ", "ASCII characters only", "use ASCII"),
        asks=True,
    ),
    Case(
        "description long",
        "policy",
        {"name": "P", "description": "x" * 1001},
        ("policies['P'].description is ", "at most 1000 characters, not 1001", "Shorten"),
        asks=True,
    ),
    Case(
        "description of a rule",
        "policy",
        {"name": "P", "rules": [{"name": "R", "filter_list": "Web", "filter_action": "Secure", "description": "a\nb"}]},
        ("policies['P'].rules['R'].description is ", "one line", "Remove"),
        asks=True,
    ),
    Case(
        "description of an action",
        "filter_action",
        {"name": "Secure", "description": "100%"},
        ("filter_actions['Secure'].description is ", "a text without %", "leave it out"),
        asks=True,
    ),
    Case("state unknown", "filter_list", {"name": "L", "state": "gone"}, ("state", "present, absent", "gone")),
    Case(
        "state of a document",
        "policies",
        {"config": {}, "state": "purged"},
        ("state", "merged, replaced, overridden, deleted", "purged"),
    ),
    Case("config missing", "policies", {}, ("config",)),
    Case(
        "list option misspelt",
        "filter_list",
        {"name": "L", "filter": []},
        ("filter is []", "one of the options", "Did you mean filters?"),
    ),
    Case("assignment option misspelt", "assignment", {"name": "Front", "stat": "assigned"}, ("stat",)),
]
