#!/usr/bin/env python3
"""Holds the packages that Relata is made of against deny.toml: licences, duplicates, sources.

Reads what `cargo metadata` tells of Cargo.lock, without a network where the packages are here. It knows the part of deny.toml that
stands there; cargo-deny, which reads the same file, also knows advisories and yanked versions.

    .ci/deny.py         names what is not allowed, and what deny.toml allows in vain, and fails if there is any
    .ci/deny.py --test  checks itself
"""

import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOKEN = re.compile(r"\(|\)|/|[\w.+-]+")


def choices(expression):
    """The sets of licences of which one is enough: `A OR (B AND C)` is [{A}, {B, C}]. An exception adds permissions (WITH)."""
    tokens = TOKEN.findall(expression)

    def either():
        found = both()
        while tokens and tokens[0] in ("OR", "/"):
            tokens.pop(0)
            found = found + both()
        return found

    def both():
        found = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            other = one()
            found = [a | b for a in found for b in other]
        return found

    def one():
        token = tokens.pop(0)
        if token == "(":
            found = either()
            tokens.pop(0)
        else:
            found = [{token}]
        if tokens[:1] == ["WITH"]:
            del tokens[:2]
        return found

    return either()


def fits(version, wanted):
    """Whether `0.8.8` is meant by `0.8`."""
    return version == wanted or version.startswith(wanted + ".")


def wrong(packages, rules):
    """Everything in which packages and rules differ, in words."""
    allowed, used = set(rules["licenses"]["allow"]), set()
    skips = [skip["crate"].split("@") for skip in rules["bans"]["skip"]]
    unused = {tuple(skip) for skip in skips}
    registries = {"registry+" + registry for registry in rules["sources"]["allow-registry"]}
    versions = defaultdict(set)
    for package in packages:
        name, version, source = package["name"], package["version"], package["source"]
        versions[name].add(version)
        if source is not None and source not in registries:
            yield f"{name} {version} comes from {source}"
        licence = package["license"] or ""
        ways = [way for way in (choices(licence) if licence else []) if way <= allowed]
        if not ways:
            yield f"{name} {version} has the licence {licence or 'of a file of its own'}"
        used.update(*ways)
    for name, there in sorted(versions.items()):
        if len(there) == 1:
            continue
        skipped = {(name, wanted) for other, wanted in skips if other == name}
        meant = {version for version in there for _, wanted in skipped if fits(version, wanted)}
        unused -= {(name, wanted) for _, wanted in skipped if any(fits(version, wanted) for version in there)}
        if len(there - meant) > 1:
            yield f"{name} is there as {', '.join(sorted(there))}"
    yield from (f"deny.toml allows the licence {licence}, which no package has" for licence in sorted(allowed - used))
    yield from (f"deny.toml skips {name}@{wanted}, which is not there twice" for name, wanted in sorted(unused))


def test():
    assert choices("MIT OR Apache-2.0") == [{"MIT"}, {"Apache-2.0"}]
    assert choices("(A OR B) AND C") == [{"A", "C"}, {"B", "C"}]
    assert choices("MIT/A / B") == [{"MIT"}, {"A"}, {"B"}]
    assert choices("A WITH x OR B") == [{"A"}, {"B"}]
    rules = {"licenses": {"allow": ["MIT", "ISC"]}, "bans": {"skip": [{"crate": "a@1"}, {"crate": "b@1"}]}, "sources": {"allow-registry": ["r"]}}
    package = lambda name, version, licence, source="registry+r": {"name": name, "version": version, "license": licence, "source": source}
    good = [package("a", "1.2.0", "MIT OR GPL-3.0"), package("a", "2.0.0", "MIT"), package("own", "0.1.0", "ISC", None)]
    assert list(wrong(good, rules)) == ["deny.toml skips b@1, which is not there twice"]
    bad = good + [package("c", "1.0.0", "MIT AND GPL-3.0", "git+x"), package("c", "1.1.0", None)]
    assert list(wrong(bad, rules)) == [
        "c 1.0.0 comes from git+x",
        "c 1.0.0 has the licence MIT AND GPL-3.0",
        "c 1.1.0 has the licence of a file of its own",
        "c is there as 1.0.0, 1.1.0",
        "deny.toml skips b@1, which is not there twice",
    ]


def main():
    if sys.argv[1:] == ["--test"]:
        return test()
    told = subprocess.run(
        ["cargo", "metadata", "--locked", "--all-features", "--format-version", "1"], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    rules = tomllib.loads((ROOT / "deny.toml").read_text())
    found = list(wrong(json.loads(told.stdout)["packages"], rules))
    for line in found:
        print(line, file=sys.stderr)
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
