# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of a report in a real browser: nothing is fetched, nothing overflows, both themes show."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest
from proofs import realistic

from ansible_collections.winsec.ipsec.plugins.plugin_utils._report.files import render
from ansible_collections.winsec.ipsec.plugins.plugin_utils._report.reading import read_proof

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
WIDTHS = (360, 1280)
MEASURE = "<script>addEventListener('load',()=>{document.title='wide '+document.documentElement.scrollWidth})</script>"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)")


def browse(folder, page, *options):
    """Open a page and return what the browser prints on both streams."""
    home = folder / f"profile-{len(list(folder.iterdir()))}"
    environment = {**os.environ, "HOME": str(folder)}
    command = [str(CHROMIUM), *QUIET, f"--user-data-dir={home}", *options, f"file://{page}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, env=environment)
    return done.stdout, done.stderr


@pytest.fixture(name="page", scope="module")
def written_page(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "index.html"
    path.write_text(render(read_proof(realistic())).files["index.html"], encoding="utf-8")
    return path


def test_the_page_loads_without_a_complaint(page, tmp_path):
    """Its own rule lets it load nothing; a page that tried would be told so on the console."""
    dom, said = browse(tmp_path, page, "--enable-logging=stderr", "--dump-dom")
    assert "default-src &#39;none&#39;" in page.read_text(encoding="utf-8")
    assert "CONSOLE" not in said, said
    assert realistic()["title"] in dom


def test_a_page_that_loads_something_is_found_out(page, tmp_path):
    spoiled = tmp_path / "spoiled.html"
    image = '<img src="https://example.com/x.png"></body>'
    spoiled.write_text(page.read_text(encoding="utf-8").replace("</body>", image), encoding="utf-8")
    _dom, said = browse(tmp_path, spoiled, "--enable-logging=stderr", "--dump-dom")
    assert "CONSOLE" in said


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_as_wide_as_the_window(page, tmp_path, width):
    """The page itself allows no script: a copy without that rule measures itself inside a frame of the width."""
    copy = tmp_path / "copy.html"
    text = re.sub(r"<meta http-equiv=[^>]*>", "", page.read_text(encoding="utf-8"))
    copy.write_text(text.replace("</body>", f"{MEASURE}</body>"), encoding="utf-8")
    frame = tmp_path / "frame.html"
    script = "f.onload=()=>{document.title='wide '+f.contentDocument.documentElement.scrollWidth}"
    frame.write_text(
        f"<iframe id=f src=copy.html style='width:{width}px;height:900px;border:0'></iframe><script>{script}</script>",
        encoding="utf-8",
    )
    dom, _said = browse(tmp_path, frame, "--allow-file-access-from-files", "--virtual-time-budget=3000", "--dump-dom")
    found = re.search(r"<title>wide (\d+)</title>", dom)
    assert found, dom[:500]
    assert int(found[1]) <= width


def test_both_themes_show(page, tmp_path):
    shots = []
    for name, options in (("light", ()), ("dark", ("--blink-settings=preferredColorScheme=0",))):
        shot = tmp_path / f"{name}.png"
        browse(tmp_path, page, "--window-size=800,600", f"--screenshot={shot}", *options)
        shots.append(shot.read_bytes())
    assert shots[0].startswith(b"\x89PNG")
    assert shots[0] != shots[1]
