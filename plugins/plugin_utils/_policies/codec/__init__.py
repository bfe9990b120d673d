# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The binary values of the policy store (``ipsecData``), one file a class, reader and writer side by side.

``decode_x(data, path)`` gives a frozen record or raises :class:`~..errors.StoreError` with the object and the byte;
``encode_x(record, form)`` gives the bytes that hosts of that :class:`~.form.Form` write.
"""
