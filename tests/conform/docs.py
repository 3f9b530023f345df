#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/plugin-check.md tells of each check what the program tells of it. With QUOIN_UPDATE_DOCS set
in the environment the page's part is written anew."""
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

QUOIN = Path(os.environ["QUOIN_BUILD"], "quoin")
PAGE = Path(os.environ["QUOIN_SOURCE"], "docs/plugin-check.md")
BEGIN, END = "<!-- checks: begin -->\n", "<!-- checks: end -->\n"


def text_of(checks):
    """A section a check."""
    out = []
    for check in checks:
        out.append(f"### {check['name']}\n")
        for title, key in (("Rule", "what"), ("Why", "why"), ("To do", "fix")):
            body = check[key].replace("<", "&lt;")
            out.append("\n".join(textwrap.wrap(f"**{title}.** {body}", 130,
                                               break_long_words=False,
                                               break_on_hyphens=False)) + "\n")
    return "\n" + "\n".join(out) + "\n"


def main():
    listed = subprocess.run([QUOIN, "plugin", "check", "--list", "--json"], check=True,
                            capture_output=True, text=True).stdout
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN)
    old, tail = rest.split(END)
    new = text_of(json.loads(listed))
    if old == new:
        return
    if "QUOIN_UPDATE_DOCS" not in os.environ:
        sys.exit(f"{PAGE} does not say what `quoin plugin check --list` says: run this test with "
                 "QUOIN_UPDATE_DOCS=1")
    PAGE.write_text(head + BEGIN + new + END + tail, encoding="utf-8")


if __name__ == "__main__":
    main()
