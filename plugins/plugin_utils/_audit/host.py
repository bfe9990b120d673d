# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the audit looks at on one host, and what it finds there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .._common.errors import IpsecError
from .._policies.in_force import in_force as judged
from .._policies.model import (
    Authentication,
    Certificate,
    FilterAction,
    MainMode,
    Policy,
    PresharedKey,
    QuickModeMethod,
    Store,
    by_name,
    folded,
)
from .._policies.words import ActionKind, DhGroup, Encryption, Integrity
from .._windows.versions import WindowsVersion
from .rules import LONGEST_MAIN_MODE_MINUTES, LONGEST_QUICK_MODE_SECONDS, PUBLIC_AUTHORITIES, Finding, finding

# Levels of NoDefaultExempt at which Kerberos is exempt, by its port.
_KERBEROS_EXEMPT = (0, 2)
_FIRST_WITH_LEVEL_3 = (5, 2)
_HIGHEST_LEVEL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """A host with its document. ``exemption_level`` None is the default of the version."""

    name: str
    version: WindowsVersion
    store: Store
    exemption_level: int | None = None

    @property
    def policy_in_force(self) -> Policy | None:
        """The assigned policy, None when none is or the document does not show it."""
        return by_name(self.store.policies).get(folded(self.store.assigned or ""))

    @property
    def level(self) -> int:
        """The exemption level; before Server 2003 everything was exempt by default (KB 811832).

        [ledger: host-exempt-defaults]
        """
        if self.exemption_level is not None:
            return self.exemption_level
        return _HIGHEST_LEVEL if (self.version.major, self.version.minor) >= _FIRST_WITH_LEVEL_3 else 0

    def find(self) -> Iterator[Finding]:
        """Yield the findings about this host alone."""
        assigned = self.policy_in_force
        for policy in self.store.policies:
            yield from self._policy(policy, in_force=policy is assigned)
        used = {folded(rule.filter_action) for rule in assigned.rules if rule.enabled} if assigned else set()
        for action in self.store.filter_actions:
            if action.action is ActionKind.NEGOTIATE:
                yield from self._action(action, in_force=folded(action.name) in used)
        if assigned is not None and _negotiates(self.store, assigned, self.version):
            text = (
                "The store can express nothing stronger than 3DES, SHA-1 and 2048-bit Diffie-Hellman: for AES and "
                "SHA-2 use connection security rules."
            )
            yield finding("legacy_ceiling", self.name, f"policies[{assigned.name!r}]", text)
        yield from self._not_known()
        yield from self._exemptions()

    def _not_known(self) -> Iterator[Finding]:
        """Yield what is in force and no part of the document: nobody can say what is wrong with it."""
        try:
            judged(self.store)
        except IpsecError as error:
            text = "What it does is not known, so it cannot be judged. policies_info says why, under unmanaged."
            yield finding("not_known", self.name, error.path, text)

    def _policy(self, policy: Policy, *, in_force: bool) -> Iterator[Finding]:
        path = f"policies[{policy.name!r}]"
        yield from self._main_mode(policy.main_mode, f"{path}.main_mode", in_force=in_force)
        response = policy.default_response
        where = f"{path}.default_response"
        if response.enabled and not self.version.default_response_works:
            text = f"{self.version.name} ignores the default response rule: peers that rely on it get no answer."
            yield finding("default_response_ignored", self.name, f"{where}.enabled", text, in_force=in_force)
        if response.enabled:
            answers = in_force and self.version.default_response_works
            yield from self._methods(response.methods, f"{where}.security_methods", in_force=answers)
            yield from self._authentication(response.authentication, f"{where}.authentication", in_force=answers)
        for rule in policy.rules:
            where = f"{path}.rules[{rule.name!r}].authentication"
            yield from self._authentication(rule.authentication, where, in_force=in_force and rule.enabled)

    def _main_mode(self, main_mode: MainMode, path: str, *, in_force: bool) -> Iterator[Finding]:
        weak = []
        for index, method in enumerate(main_mode.methods):
            where = f"{path}.security_methods[{index}]"
            if method.encryption is Encryption.DES:
                weak.append(index)
                yield self._des(f"{where}.encryption", in_force)
            if method.integrity is Integrity.MD5:
                yield self._md5(f"{where}.integrity", in_force)
            if method.dh_group is DhGroup.LOW:
                text = "Diffie-Hellman group 1 (768 bits) can be computed in advance and broken: use group 2048."
                yield finding("dh_group_1", self.name, f"{where}.dh_group", text, in_force=in_force)
            if method.dh_group is DhGroup.MEDIUM:
                text = "Diffie-Hellman group 2 (1024 bits) is within reach of large attackers: use group 2048."
                yield finding("dh_group_2", self.name, f"{where}.dh_group", text, in_force=in_force)
        if weak and len(weak) < len(main_mode.methods):
            text = "DES is offered beside better methods: a peer decides that it is used. Remove the offers with DES."
            yield finding("weak_beside_better", self.name, f"{path}.security_methods", text, in_force=in_force)
        if main_mode.lifetime_minutes > LONGEST_MAIN_MODE_MINUTES:
            text = f"Main-mode keys live {main_mode.lifetime_minutes} minutes: {LONGEST_MAIN_MODE_MINUTES} are enough."
            yield finding("long_lifetime", self.name, f"{path}.lifetime_minutes", text, in_force=in_force)

    def _action(self, action: FilterAction, *, in_force: bool) -> Iterator[Finding]:
        path = f"filter_actions[{action.name!r}]"
        yield from self._methods(action.methods, f"{path}.security_methods", in_force=in_force)
        if action.fallback_to_clear:
            text = "Whoever keeps the peer from answering IKE turns this traffic into clear text."
            yield finding("fallback_to_clear", self.name, f"{path}.fallback_to_clear", text, in_force=in_force)
        if action.accept_unsecured:
            text = "Packets in clear text are let in and reach the application; only the answer is held."
            yield finding("accept_unsecured", self.name, f"{path}.accept_unsecured", text, in_force=in_force)

    def _methods(self, methods: Iterable[QuickModeMethod], path: str, *, in_force: bool) -> Iterator[Finding]:
        for index, method in enumerate(methods):
            where = f"{path}[{index}]"
            if method.esp_encryption is Encryption.DES:
                yield self._des(f"{where}.esp_encryption", in_force)
            for key in ("ah_integrity", "esp_integrity"):
                if getattr(method, key) is Integrity.MD5:
                    yield self._md5(f"{where}.{key}", in_force)
            if method.esp_encryption in (None, Encryption.NONE):
                text = "The method authenticates packets and does not encrypt them: everybody on the way can read them."
                key = "ah_integrity" if method.esp_encryption is None else "esp_encryption"
                yield finding("no_encryption", self.name, f"{where}.{key}", text, in_force=in_force)
            if method.esp_integrity is Integrity.NONE and method.ah_integrity is None:
                text = "ESP that encrypts and does not authenticate can be tampered with, and then read."
                yield finding("no_integrity", self.name, f"{where}.esp_integrity", text, in_force=in_force)
            if method.lifetime_seconds > LONGEST_QUICK_MODE_SECONDS:
                text = f"Quick-mode keys live {method.lifetime_seconds} s: {LONGEST_QUICK_MODE_SECONDS} are enough."
                yield finding("long_lifetime", self.name, f"{where}.lifetime_seconds", text, in_force=in_force)

    def _authentication(self, methods: Iterable[Authentication], path: str, *, in_force: bool) -> Iterator[Finding]:
        for index, method in enumerate(methods):
            where = f"{path}[{index}]"
            if isinstance(method, PresharedKey):
                text = "A pre-shared key is stored in clear text and tells hosts apart from nobody: use Kerberos."
                yield finding("preshared_key", self.name, where, text, in_force=in_force)
            if isinstance(method, Certificate):
                yield from self._certificate(method, where, in_force=in_force)

    def _certificate(self, method: Certificate, path: str, *, in_force: bool) -> Iterator[Finding]:
        name = method.authority.casefold()
        if any(word in name for word in PUBLIC_AUTHORITIES):
            text = "The authority issues certificates to everybody, who then may connect: use one of your own."
            yield finding("broad_authority", self.name, f"{path}.authority", text, in_force=in_force)
        elif "cn=" not in name and "o=" not in name and "ou=" not in name:
            text = "The name has neither CN, O nor OU, so that it may fit many authorities: give the whole name."
            yield finding("broad_authority", self.name, f"{path}.authority", text, in_force=in_force)
        if not method.map_to_account and self.version.certificate_options:
            text = "Every certificate of the authority is good enough, whoever has it: map certificates to accounts."
            yield finding("any_certificate", self.name, f"{path}.map_to_account", text, in_force=in_force)

    def _exemptions(self) -> Iterator[Finding]:
        if self.policy_in_force is None or self.level not in _KERBEROS_EXEMPT:
            return
        text = (
            f"At level {self.level} Kerberos is exempt by its port: every packet from port 88 passes all filters, "
            "those that block among them. Set NoDefaultExempt to 3."
        )
        yield finding("exemptions", self.name, "exemption_level", text)

    def _des(self, path: str, in_force: bool) -> Finding:
        return finding("des", self.name, path, "DES keys of 56 bits are found by trying: use 3des.", in_force=in_force)

    def _md5(self, path: str, in_force: bool) -> Finding:
        return finding("md5", self.name, path, "MD5 is no longer accepted for integrity: use sha1.", in_force=in_force)


def _negotiates(store: Store, policy: Policy, version: WindowsVersion) -> bool:
    """Tell whether a policy protects anything."""
    actions = by_name(store.filter_actions)
    if policy.default_response.enabled and version.default_response_works:
        return True
    found = (actions.get(folded(rule.filter_action)) for rule in policy.rules if rule.enabled)
    return any(action is not None and action.action is ActionKind.NEGOTIATE for action in found)
