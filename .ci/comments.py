#!/usr/bin/env python3
"""Holds comments of the source to 100 columns.

    .ci/comments.py          names every comment line that ends beyond, and fails if there is one
    .ci/comments.py --wrap   wraps the paragraphs that have such a line anew

Looked at are lines of src/, kernels/src/, tests/, benches/, examples/ and python/src/ that hold a comment and nothing else. Code blocks, tables and lines
without a space to break at are left as they are.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 100

# Comments, strings and characters, whichever begins first.
TOKENS = re.compile(r"""//[^\n]*|/\*.*?\*/|\br(#*)".*?"\1|"(?:\\.|[^"\\])*"|'(?:\\.|[^\\'])'""", re.S)
COMMENT = re.compile(r"(\s*)(//[/!]?)( ?)(.*)")
ITEM = re.compile(r"([-*+]|\d+[.)])( +)\S")
# What would mean something else at the beginning of a line.
MARKS = re.compile(r"[-*+>|#=]+$|\d+[.)]$|```|\|")
# A word, with code spans kept in one piece.
WORDS = re.compile(r"(?:`[^`]*`|[^\s`])+")


def sources():
    for folder in ("src", "kernels/src", "tests", "benches", "examples", "python/src"):
        for kind in ("rs", "cu"):
            yield from sorted((ROOT / folder).rglob(f"*.{kind}"))


def comment_lines(text):
    """The numbers, from 0, of lines that hold a comment and nothing else."""
    for token in TOKENS.finditer(text):
        begin = text.rfind("\n", 0, token.start()) + 1
        if token.group().startswith("//") and not text[begin : token.start()].strip():
            yield text.count("\n", 0, begin)


def is_fixed(rest):
    """Whether a line is not running text: code, a table, a heading, the definition of a link."""
    return rest.startswith(("    ", "|", "# ", "## ", "### ", "\t")) or re.match(r"\[[^\]]+\]: ", rest) is not None


def paragraphs(lines, numbers):
    """Ranges of lines that are one paragraph, each with what stands before its first and its other lines."""
    found, fenced, last = [], False, None
    for number in numbers:
        indent, mark, space, rest = COMMENT.fullmatch(lines[number]).groups()
        same = last is not None and number == last[0] + 1 and (indent, mark) == last[1:]
        last = (number, indent, mark)
        fenced = fenced and same
        if rest.startswith("```"):
            fenced = not fenced
            found.append(None)
            continue
        if fenced or not rest.strip() or not space or is_fixed(rest):
            found.append(None)
            continue
        before = indent + mark + " "
        item = ITEM.match(rest)
        deep = len(rest) - len(rest.lstrip())
        if item:
            hang = " " * len(item.group(1) + item.group(2))
            found.append([number, number, before, before + hang])
        elif same and found and found[-1] and (before + " " * deep == found[-1][3] or deep == 0):
            found[-1][1] = number
        else:
            found.append([number, number, before + " " * deep, before + " " * deep])
    return [paragraph for paragraph in found if paragraph]


def wrapped(lines, first, others):
    text = " ".join(COMMENT.fullmatch(line).group(4).strip() for line in lines)
    words = []
    for word in WORDS.findall(text) if text.count("`") % 2 == 0 else text.split():
        if words and MARKS.match(word):
            words[-1] += " " + word
        else:
            words.append(word)
    out = [first + words[0]]
    for word in words[1:]:
        if len(out[-1]) + 1 + len(word) <= WIDTH:
            out[-1] += " " + word
        else:
            out.append(others + word)
    return out


def wrap(text):
    lines = text.split("\n")
    for begin, end, first, others in reversed(paragraphs(lines, list(comment_lines(text)))):
        old = lines[begin : end + 1]
        if any(len(line) > WIDTH for line in old):
            lines[begin : end + 1] = wrapped(old, first, others)
    return "\n".join(lines)


def main():
    faults = []
    for path in sources():
        text = path.read_text()
        new = wrap(text)
        if "--wrap" in sys.argv and new != text:
            path.write_text(new)
        elif new != text:
            old, new = text.split("\n"), new.split("\n")
            at = next(number for number, pair in enumerate(zip(old, new), 1) if pair[0] != pair[1])
            faults.append(f"{path.relative_to(ROOT)}:{at}: the comment ends beyond {WIDTH} columns")
    if faults:
        sys.exit("\n".join([*faults, "mend it with .ci/comments.py --wrap"]))


if __name__ == "__main__":
    main()
