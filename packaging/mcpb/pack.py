#!/usr/bin/env python3
"""Packs a program into a bundle for clients of the Model Context Protocol, such as Claude Desktop.

    packaging/mcpb/pack.py PROGRAM [--platform linux|darwin|win32] [--name NAME] [--to FOLDER]

In: `relata`, built with the feature `serve` for the platform; this machine's where none is named. Out: a file
relata-VERSION-NAME.mcpb in FOLDER, a zip archive with a manifest (version 0.3 of its form), the program and the licences. NAME is the
platform where none is given, such as darwin-arm64. The same program makes the same bytes.
"""

import argparse
import json
import sys
import tomllib
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# A zip archive holds no earlier day.
DAY = (1980, 1, 1, 0, 0, 0)


def manifest(platform, version):
    """The manifest for a platform, with the tools and prompts that the program has."""
    made = json.loads((HERE / "manifest.json").read_text())
    made["version"] = version
    made["compatibility"] = {"platforms": [platform]}
    if platform == "win32":
        made["server"]["entry_point"] += ".exe"
        made["server"]["mcp_config"]["command"] += ".exe"
    # Those of the test that holds them against the program.
    tools = json.loads((ROOT / "tests/mcp/tools.json").read_text())["tools"]
    made["tools"] = [{"name": tool["name"], "description": tool["description"]} for tool in tools]
    return made


def add(archive, name, content, executable=False):
    entry = zipfile.ZipInfo(name, DAY)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = (0o100755 if executable else 0o100644) << 16
    archive.writestr(entry, content)


def main():
    this = {"linux": "linux", "darwin": "darwin", "win32": "win32"}.get(sys.platform)
    parser = argparse.ArgumentParser(description="Packs relata into an .mcpb bundle")
    parser.add_argument("program", type=Path)
    parser.add_argument("--platform", choices=["linux", "darwin", "win32"], default=this, required=this is None)
    parser.add_argument("--name")
    parser.add_argument("--to", type=Path, default=Path("."))
    asked = parser.parse_args()
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
    made = manifest(asked.platform, version)
    bundle = asked.to / f"relata-{version}-{asked.name or asked.platform}.mcpb"
    with zipfile.ZipFile(bundle, "w") as archive:
        add(archive, "manifest.json", json.dumps(made, indent=2) + "\n")
        add(archive, made["server"]["entry_point"], asked.program.read_bytes(), executable=True)
        for name in ("LICENSE-APACHE", "LICENSE-MIT"):
            add(archive, name, (ROOT / name).read_bytes())
    print(bundle)


main()
