# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page in a real browser: it loads without a word on the console, asks nobody, fits every width, has two themes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import proofs
import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._proof.reading import read_proof
from ansible_collections.winsec.ipsec.plugins.plugin_utils._report.files import render

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
    # The browser itself has nobody to ask.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
# What the browser would ask for its own purposes, whatever page it shows.
OWN = re.compile(r"https?://[^/]*\.(google|googleapis|gvt1)\.com(/|$)")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)")


def browse(folder: Path, address: str, *flags: str) -> subprocess.CompletedProcess[str]:
    profile = folder / "profile"
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", *flags, address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    shutil.rmtree(profile, ignore_errors=True)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "index.html"
    path.write_text(render(read_proof(proofs.realistic())).files["index.html"], encoding="utf-8")
    return path


def test_themes_console_and_requests(page: Path, tmp_path: Path) -> None:
    pictures = []
    for scheme in (0, 1):
        picture, log = tmp_path / f"{scheme}.png", tmp_path / f"{scheme}.json"
        theme = f"--blink-settings=preferredColorScheme={scheme}"
        done = browse(
            tmp_path, page.as_uri(), theme, f"--screenshot={picture}", f"--log-net-log={log}", "--window-size=800,900"
        )
        assert "CONSOLE" not in done.stderr, done.stderr
        assert requests_in(log) == set()
        pictures.append(picture.read_bytes())
    assert pictures[0] != pictures[1]


def requests_in(log: Path) -> set[str]:
    """Return the addresses that a page asked for over a network, as the browser's own log tells."""
    text = log.read_text(encoding="utf-8")
    kinds = json.loads(text[: text.index('"events"')].rstrip().rstrip(",") + "}")["constants"]["logEventTypes"]
    kind = kinds["URL_REQUEST_START_JOB"]
    lines = [
        line.rstrip(",\n ]}") for line in text.splitlines() if f'"type":{kind}}}' in line or f'"type":{kind},' in line
    ]
    found = {one[1] for line in lines for one in re.finditer(r'"url":"(https?://[^"]*)"', line)}
    return {address for address in found if not OWN.match(address)}


def test_the_log_would_show_a_request(page: Path, tmp_path: Path) -> None:
    asking = tmp_path / "asking.html"
    asking.write_text("<!doctype html><img src='http://127.0.0.1:9/picture.png'>", encoding="utf-8")
    log = tmp_path / "log.json"
    browse(tmp_path, asking.as_uri(), f"--log-net-log={log}", "--dump-dom")
    assert "http://127.0.0.1:9/picture.png" in requests_in(log)


def test_no_width_overflows(page: Path, tmp_path: Path) -> None:
    """Frames of both widths in one page of the test's own, with a script that measures them."""
    text = re.sub(r"<meta http-equiv=[^>]*>", "", page.read_text(encoding="utf-8"))
    ask = "<script>onload=()=>parent.postMessage(document.documentElement.scrollWidth-innerWidth,'*')</script>"
    (tmp_path / "inner.html").write_text(text.replace("</head>", f"{ask}</head>"), encoding="utf-8")
    frames = "".join(f'<iframe src="inner.html" width="{width}" height="600"></iframe>' for width in (360, 1280))
    take = "<script>n=[];onmessage=e=>{n.push(e.data);if(n.length==2)document.title='over '+n.join(' ')}</script>"
    (tmp_path / "outer.html").write_text(f"<!doctype html><title>none</title>{take}{frames}", encoding="utf-8")
    done = browse(tmp_path, (tmp_path / "outer.html").as_uri(), "--dump-dom", "--virtual-time-budget=5000")
    found = re.search(r"<title>(.*?)</title>", done.stdout)
    assert found is not None
    assert found[1] == "over 0 0"
