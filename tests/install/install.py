#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An installation is complete and can be moved: everything lies where the documentation says,
the program finds its plugins, and a plugin written outside is built by one line and accepted."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

BUILD = Path(os.environ["QUOIN_BUILD"])
SOURCE = Path(os.environ["QUOIN_SOURCE"])
OUTSIDE = Path(__file__).with_name("outside.c")
PLUGINS = ("strategy/buy_and_hold", "strategy/sma_cross", "venue/sim")


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n"
                 f"{done.stdout}{done.stderr}")
    return done.stdout


def check_files(prefix):
    wanted = ["bin/quoin", "lib/libquoin_sdk.a", "lib/libquoin_bench.a", "lib/pkgconfig/quoin.pc",
              "lib/pkgconfig/quoin-bench.pc", "lib/cmake/quoin/quoinConfig.cmake",
              "lib/cmake/quoin/quoinConfigVersion.cmake", "lib/cmake/quoin/plugin.cmake",
              "share/quoin/plugin.map", "share/quoin/LICENSE"]
    wanted += [f"share/quoin/{p.relative_to(SOURCE / 'sdk').as_posix()}"
               for p in (SOURCE / "sdk/templates").rglob("*") if p.is_file()]
    wanted += [f"lib/quoin/plugins/{name}.so" for name in PLUGINS]
    for base, folder in (("include", SOURCE), ("sdk/include", SOURCE)):
        wanted += [Path("include", p.relative_to(folder / base)).as_posix()
                   for p in (folder / base).rglob("*.h*")]
    missing = [name for name in wanted if not (prefix / name).is_file()]
    if missing:
        sys.exit(f"not installed: {missing}")
    return len(wanted)


def main():
    with tempfile.TemporaryDirectory() as folder:
        first, prefix = Path(folder, "first"), Path(folder, "moved here")
        run("cmake", "--install", BUILD, "--prefix", first)
        first.rename(prefix)
        count = check_files(prefix)

        quoin = prefix / "bin/quoin"
        run(quoin, "--version")
        listed = {row["id"] for row in json.loads(run(quoin, "plugin", "list", "--json"))}
        if not listed.issuperset(PLUGINS):
            sys.exit(f"plugin list: {sorted(listed)}")

        # The line of the documentation, as a shell runs it. pkg-config writes blanks of a path as
        # "\ ", which a shell without quotes takes apart, so this part uses a plain folder.
        prefix.rename(first)
        module = Path(folder, "outside.so")
        run("sh", "-c", f"cc $(pkg-config --cflags quoin) -shared -fPIC {OUTSIDE} -o {module} "
            "$(pkg-config --libs quoin)",
            env={**os.environ, "PKG_CONFIG_PATH": str(first / "lib/pkgconfig")})
        exported = [line.split()[-1] for line in run("nm", "-D", "--defined-only",
                                                     module).splitlines()]
        if exported != ["qn_plugin_entry"]:
            sys.exit(f"exports {exported}")
        shown = json.loads(run(first / "bin/quoin", "plugin", "show", module, "--json"))
        if "strategy/outside" not in json.dumps(shown):
            sys.exit(f"plugin show: {shown}")
    print(f"proof: install: {count} files, 1 plugin from outside")


if __name__ == "__main__":
    main()
