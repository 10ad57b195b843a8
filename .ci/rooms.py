#!/usr/bin/env python3
"""Holds the imports of src/ against the order of its folders.

A room is a folder, or a lone file, directly below src/. Imports run down: a room uses rooms of its own floor and of the floors below it.
Files that import each other, straight or in a loop, stand in one folder. Imports are followed through `pub use`, so what counts
is where a thing is defined; tests and lib.rs, which names everything, are left out.

    .ci/rooms.py          names every import that breaks a rule, and fails if there is one
    .ci/rooms.py --list   prints the imports between rooms instead
"""

import re
import sys
from pathlib import Path

SRC = Path(__file__).resolve().parent.parent / "src"

# From the ground up; docs/architecture.md says what each room is for.
FLOORS = {
    "ground": "error paper text lock files setters",
    "input": "reader references arxiv zotero",
    "vectors": "model embed bulk",
    "truth": "library",
    "knowledge": "ranking neighbours facets",
    "answers": "recommend search today topics export mail evaluate",
    "service": "service",
    "doors": "cli mcp main bin serve",
}

# Imports that break a rule today, and why. To be shrunk: one that is no longer needed fails as well.
EXCEPTIONS = {}

# Comments, strings and characters, whichever begins first.
PROSE = re.compile(r"""//[^\n]*|/\*.*?\*/|\br(#*)".*?"\1|"(?:\\.|[^"\\])*"|'(?:\\.|[^\\'])'""", re.S)
TESTS = re.compile(r"#\[cfg\(test\)\]\s*(?:mod \w+(?:;| \{.*?^\})|use [^;]*;)", re.S | re.M)
USE = re.compile(r"^\s*(?:pub(?:\([^)]*\))? )?use ([^;]+);", re.M)
INLINE = re.compile(r"(?<![\w:])(?<!\(in )(?:crate|self|super)(?:::\w+)+")


def leaves(tree, before=()):
    """What a `use` tree brings in: `a::{b, c::d as e}` brings `b` from `a::b` and `e` from `a::c::d`."""
    head, brace, inner = tree.strip().partition("{")
    path = before + tuple(part for part in head.partition(" as ")[0].strip().split("::") if part)
    if not brace:
        path = path[:-1] if path[-1] == "self" and len(path) > 1 else path
        yield head.partition(" as ")[2].strip() or path[-1], path
        return
    inner = inner[: inner.rindex("}")]
    depth, start = 0, 0
    for at, letter in enumerate(inner + ","):
        depth += (letter == "{") - (letter == "}")
        if letter == "," and depth == 0:
            if part := inner[start:at].strip():
                yield from leaves(part, path)
            start = at + 1


class Modules:
    """The modules of src/ by their paths, each with its file, its text and the names that it brings in."""

    def __init__(self):
        self.file, self.text, self.brought = {}, {}, {}
        for file in SRC.rglob("*.rs"):
            parts = file.relative_to(SRC).with_suffix("").parts
            if "tests" in parts:
                continue
            module = parts[:-1] if parts[-1] in ("mod", "lib") else parts
            text = TESTS.sub("", PROSE.sub("", file.read_text()))
            self.file[module] = file.relative_to(SRC).as_posix()
            self.text[module] = text
            self.brought[module] = dict(leaf for tree in USE.findall(text) for leaf in leaves(tree))

    def defines(self, module, path, seen=()):
        """The module that defines what `path` means in `module`; None for what is another crate's."""
        if (module, path) in seen:
            return None
        seen += ((module, path),)
        at = module
        if path[0] == "crate":
            at, path = (), path[1:]
        elif path[0] in ("self", "super"):
            while path and path[0] in ("self", "super"):
                at, path = at[:-1] if path[0] == "super" else at, path[1:]
        elif at + path[:1] not in self.file and path[0] not in self.brought[at]:
            return None
        while path and at + path[:1] in self.file:
            at, path = at + path[:1], path[1:]
        if path and path[0] in self.brought[at]:
            return self.defines(at, self.brought[at][path[0]] + path[1:], seen) or at
        return at

    def imports(self):
        """Pairs of files: who imports, and from where."""
        pairs = set()
        for module, text in self.text.items():
            paths = [path for tree in USE.findall(text) for _, path in leaves(tree)]
            paths += [tuple(path.split("::")) for path in INLINE.findall(USE.sub("", text))]
            defining = {self.defines(module, path) for path in paths} - {None, module}
            pairs |= {(self.file[module], self.file[other]) for other in defining}
        return {pair for pair in pairs if "lib.rs" not in pair}


def circles(pairs):
    """Groups of files of several folders that reach each other by imports."""
    after = {}
    for one, other in pairs:
        after.setdefault(one, set()).add(other)
    reach = {}
    for file in after:
        reach[file], left = set(), [file]
        while left:
            new = after.get(left.pop(), set()) - reach[file]
            reach[file] |= new
            left += new
    groups = {frozenset(b for b in reach[a] if a in reach.get(b, ())) for a in after if a in reach[a]}
    return [sorted(group) for group in groups if len({file.rpartition("/")[0] for file in group}) > 1]


def main():
    room = lambda file: file.partition("/")[0].removesuffix(".rs")
    pairs = Modules().imports()
    if "--list" in sys.argv:
        print("\n".join(sorted(f"{a} -> {b}" for a, b in pairs if room(a) != room(b))))
        return
    floor = {name: at for at, names in enumerate(FLOORS.values()) for name in names.split()}
    homeless = {room(file) for pair in pairs for file in pair} - floor.keys()
    faults = [f"{name} stands on no floor of {Path(__file__).name}" for name in sorted(homeless)]
    rest = pairs - EXCEPTIONS.keys()
    up = [(a, b) for a, b in sorted(rest) if not {room(a), room(b)} & homeless and floor[room(a)] < floor[room(b)]]
    faults += [f"{a} imports {b}, which stands on a higher floor" for a, b in up]
    faults += [f"these import each other across folders: {', '.join(group)}" for group in circles(rest)]
    faults += [f"the exception of {a} and {b} is no longer needed" for a, b in sorted(EXCEPTIONS.keys() - pairs)]
    if faults:
        sys.exit("\n".join(faults))


main()
