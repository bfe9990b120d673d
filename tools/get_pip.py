# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-test runs in place of the get-pip script that it would download.

pip comes from ensurepip; what else ansible-test wants comes from the package index that pip is configured for.
"""

from __future__ import annotations

import subprocess
import sys

# In a child: ensurepip points PIP_CONFIG_FILE at the null device for its own process, and the install below needs it.
subprocess.run([sys.executable, "-m", "ensurepip"], check=True, stdout=subprocess.DEVNULL)
wanted = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", "--quiet", *wanted]))
