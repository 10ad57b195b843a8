#!/usr/bin/env python3
"""Writes the types and methods of the package from the schemas of the service's tasks.

In: what the extension module tells of each task (src/service/tasks.rs). Out: package/relata/types.py with a dataclass for every part of
a request and an answer, and package/relata/_tasks.py with a method for every task. A test of tests/service.rs gives it the tasks and
holds both files against it; with RELATA_RENEW=1 it writes them. By itself it needs the extension module.

    generate.py          writes both files
    generate.py --check  fails where one is another
    generate.py --stdin  reads what the tasks are
"""

import json
import keyword
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "package" / "relata"
WIDTH = 140
# Parameters that people give without their names, beside those without which a request is none.
POSITIONAL = {"add": ["paths"], "recommend": ["like"], "search": ["text"], "today": ["paths"], "opine": ["opinion"], "mark_shown": ["paths"], "fetch": ["categories"]}
SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}

Schema = dict[str, Any]


def prose(schema: Schema) -> str:
    """What a schema says of itself, without links of Rust's documentation."""
    text = re.sub(r"\[`([^`\]]+)`\](?:\([^)]*\))?", r"`\1`", schema.get("description", ""))
    return " ".join(text.replace("\\", "\\\\").split())


def python_name(key: str) -> str:
    return key + "_" if keyword.iskeyword(key) else key


def wrapped(text: str, indent: str) -> str:
    return "\n".join(textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent))


def docstring(text: str, indent: str) -> list[str]:
    one = f'{indent}"""{text}"""'
    if len(one) <= WIDTH:
        return [one]
    lines = textwrap.wrap(text, WIDTH - len(indent) - 3)
    return [f'{indent}"""{lines[0]}', *(indent + line for line in lines[1:]), f'{indent}"""']


class Types:
    """The types that schemas name, each once."""

    def __init__(self) -> None:
        self.written: dict[str, list[str]] = {}
        self.schemas: dict[str, Schema] = {}
        self.renamed: dict[tuple[int, str], str] = {}

    def learn(self, root: Schema, asked: bool) -> str:
        """Writes the types of a schema, and gives the type of the whole."""
        parts: dict[str, Schema] = root.get("$defs", {})
        # A row alone says nothing of what it is a row of.
        names = {name: self.free(root["title"] + name if name == "Row" else name, part, asked) for name, part in parts.items()}
        for name, part in parts.items():
            self.named(names[name], part, names, asked)
        if root.get("type") == "object" and root.get("properties") and not asked:
            whole = {key: value for key, value in root.items() if key not in ("$defs", "$schema")}
            name = self.free(root["title"], whole, asked)
            self.named(name, whole, names, asked)
            return name
        return self.type_of(root, names)

    def free(self, name: str, schema: Schema, asked: bool) -> str:
        """A name for a schema: its own, unless that is another's already."""
        known = self.schemas.setdefault(name, schema)
        if known == schema or {**known, "title": None} == {**schema, "title": None}:
            return name
        return self.free(name + ("Request" if asked else "Row"), schema, asked)

    def named(self, name: str, schema: Schema, names: dict[str, str], asked: bool) -> None:
        if name in self.written or schema.get("type") == "string":
            return
        self.written[name] = []
        variants = schema.get("oneOf") or schema.get("anyOf")
        if variants and all("const" in variant for variant in variants):
            options = ", ".join(json.dumps(variant["const"]) for variant in variants)
            self.written[name] = [f"{name}: TypeAlias = Literal[{options}]", *docstring(prose(schema), "")]
        elif variants:
            kinds = [self.variant(name, variant, names, asked) for variant in variants]
            self.written[name] = [f"{name}: TypeAlias = {' | '.join(kinds)}", *docstring(prose(schema), "")]
        elif schema.get("type") == "object" and schema.get("properties"):
            self.written[name] = self.dataclass(name, schema, names, asked)
        else:
            self.written[name] = [f"{name}: TypeAlias = {self.type_of(schema, names)}", *docstring(prose(schema), "")]

    def variant(self, name: str, schema: Schema, names: dict[str, str], asked: bool) -> str:
        if schema.get("type") != "object" or not schema.get("properties"):
            return self.type_of(schema, names)
        own = name + "".join(part.title() for part in schema["required"][0].split("_"))
        self.named(own, schema, names, asked)
        return own

    def dataclass(self, name: str, schema: Schema, names: dict[str, str], asked: bool) -> list[str]:
        base = "Request" if asked else "MappedAnswer" if name == "TopicsAnswer" else "Answer"
        # An answer shows itself in short.
        shown = "" if asked else ", repr=False"
        lines = [f"@dataclass(frozen=True, kw_only=True{shown})", f"class {name}({base}):", *docstring(prose(schema), "    "), ""]
        for key, value in ordered(schema):
            kind = self.type_of(value, names)
            default = ""
            if key not in schema.get("required", []):
                default = f" = {default_of(value)}"
                if default == " = None" and not kind.endswith("None"):
                    kind += " | None"
            lines.append(f"    {python_name(key)}: {kind}{default}")
            lines += docstring(prose(value), "    ") if prose(value) else []
        return lines

    def type_of(self, schema: Schema, names: dict[str, str]) -> str:
        if "$ref" in schema:
            name = names[schema["$ref"].rsplit("/", 1)[1]]
            # A text with a form of its own is a text.
            return "str" if self.schemas[name].get("type") == "string" else name
        if "const" in schema:
            return f"Literal[{json.dumps(schema['const'])}]"
        if variants := schema.get("anyOf") or schema.get("oneOf"):
            return " | ".join(dict.fromkeys(self.type_of(variant, names) for variant in variants))
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        return " | ".join(self.plain(kind, schema, names) for kind in kinds) or "Any"

    def plain(self, kind: str, schema: Schema, names: dict[str, str]) -> str:
        if kind == "array":
            return f"tuple[{self.type_of(schema.get('items', {}), names)}, ...]"
        if kind == "object":
            more = schema.get("additionalProperties")
            return f"dict[str, {self.type_of(more, names) if isinstance(more, dict) else 'Any'}]"
        return SCALARS[kind]


def ordered(schema: Schema) -> list[tuple[str, Schema]]:
    """The properties: those that are always there in their own order, then the others."""
    required = schema.get("required", [])
    properties = schema["properties"]
    return [(key, properties[key]) for key in required] + [(key, value) for key, value in properties.items() if key not in required]


def default_of(schema: Schema) -> str:
    default = schema.get("default")
    if isinstance(default, dict):
        return "None"
    return "()" if default == [] else repr(default)


def parameter(types: Types, key: str, schema: Schema, names: dict[str, str], required: bool) -> tuple[str, str]:
    """The type of a parameter, which takes more than the request has, and its default."""
    kind = types.type_of(schema, names)
    kind = re.sub(r"^tuple\[str, \.\.\.\]", "str | Sequence[str]", kind)
    kind = re.sub(r"^tuple\[(int|float|bool), \.\.\.\]", r"Sequence[\1]", kind)
    kind = re.sub(r"^tuple\[(\w+), \.\.\.\]", r"Sequence[types.\1]", kind)
    kind = re.sub(r"^(?!str|int|float|bool|None|Sequence|dict|tuple|Any)(\w+)", r"types.\1", kind)
    target = schema["$ref"].rsplit("/", 1)[1] if "$ref" in schema else ""
    if target and isinstance(schema.get("default"), dict):
        kind += " | Mapping[str, Any]"
    if schema.get("format") == "date":
        kind = kind.replace("str", "str | date")
    default = "" if required else default_of(schema)
    if key == "profile" and not required:
        # A library has a profile of its own where none is named.
        default = "None"
    if key in ("paths", "inputs", "output", "path", "file", "judgements", "csv", "jsonl", "parquet"):
        kind = "Paths" if "Sequence" in kind else kind.replace("str", "Path")
    if default == "None" and not kind.endswith("None"):
        kind += " | None"
    return kind, default


def method(types: Types, task: dict[str, Any], answer: str) -> list[str]:
    request = task["request"]
    names = {name: types.free(name, part, True) for name, part in request.get("$defs", {}).items()}
    required = request.get("required", [])
    properties = dict(ordered(request)) if request.get("properties") else {}
    first = [key for key in [*required, *POSITIONAL.get(task["name"], [])] if key in properties]
    lines = [f"    def {task['name']}(", "        self,"]
    told = []
    star = False
    for key in [*first, *(key for key in properties if key not in first)]:
        if key not in first and not star:
            lines.append("        *,")
            star = True
        schema = properties[key]
        kind, default = parameter(types, key, schema, names, key in required)
        lines.append(f"        {python_name(key)}: {kind}{f' = {default}' if default else ''},")
        what = prose(schema) or prose(request["$defs"].get(schema.get("$ref", "").rsplit("/", 1)[-1], {}))
        told.append(wrapped(f"`{python_name(key)}`: {what}", "        "))
    if not star:
        lines.append("        *,")
    lines.append("        progress: bool = False,")
    lines.append(f"    ) -> {answer}:")
    lines += [f'        """{task["about"]}', "", *told, '        """'] if told else [f'        """{task["about"]}"""']
    pairs = ", ".join(f"{json.dumps(key)}: {python_name(key)}" for key in properties)
    lists = [key for key, value in properties.items() if "array" in value.get("type", "")]
    body = f"        request = Request.of({{{pairs}}}, required={tuple(required)!r}, lists={tuple(lists)!r})"
    if len(body) > WIDTH:
        entries = [f"            {json.dumps(key)}: {python_name(key)}," for key in properties]
        lines += ["        given = {", *entries, "        }"]
        body = f"        request = Request.of(given, required={tuple(required)!r}, lists={tuple(lists)!r})"
    ask = f"        answer: {answer} = self._ask({json.dumps(task['name'])}, request, {answer}, progress)"
    return [*lines, body, ask, "        return answer"]


def generate(tasks: list[dict[str, Any]]) -> dict[str, str]:
    """The text of each file."""
    types = Types()
    answers = {task["name"]: types.learn(task["answer"], False) for task in tasks}
    for task in tasks:
        types.learn(task["request"], True)
    # Annotations are read late, so aliases, which are made of dataclasses, come last.
    classes = sorted(name for name, lines in types.written.items() if lines[0].startswith("@"))
    aliases = sorted(name for name in types.written if name not in classes)
    head = '"""{}\n\nMade by python/generate.py from the schemas of the service; not to be changed by hand.\n"""\n\n'
    text = head.format("Requests and answers of a library.")
    text += "from __future__ import annotations\n\nfrom dataclasses import dataclass\nfrom typing import Any, Literal, TypeAlias\n\n"
    text += "from relata._answer import Answer, MappedAnswer, Request\n\n\n"
    text += "\n\n\n".join("\n".join(types.written[name]) for name in classes) + "\n"
    text += "\n\n" + "\n".join("\n".join(types.written[name]) for name in aliases) + "\n"
    methods = head.format("A method for every task of a library.")
    methods += "from __future__ import annotations\n\nfrom collections.abc import Mapping, Sequence\nfrom datetime import date\n"
    methods += "from typing import Any\n\nfrom relata import types\nfrom relata._answer import Path, Paths, Request\n\n"
    methods += '\nclass Tasks:\n    """What a library is asked. Each argument is a key of the request, and each answer a dataclass."""\n\n'
    methods += "    def _ask(self, task: str, request: dict[str, Any], kind: Any, progress: bool) -> Any:\n        raise NotImplementedError\n"
    for task in tasks:
        answer = answers[task["name"]]
        qualified = " | ".join(part if part == "None" else f"types.{part}" for part in answer.split(" | "))
        methods += "\n" + "\n".join(method(types, task, qualified)) + "\n"
    return {"types.py": text, "_tasks.py": methods}


def main() -> int:
    if "--stdin" in sys.argv[1:]:
        described = sys.stdin.read()
    else:
        from relata._relata import described_tasks

        described = described_tasks()
    wrong = 0
    for name, text in generate(json.loads(described)).items():
        path = FOLDER / name
        if "--check" in sys.argv[1:]:
            if not path.is_file() or path.read_text() != text:
                print(f"{path} is another; look at RELATA_RENEW=1 cargo test --test service unnoticed and git diff", file=sys.stderr)
                wrong = 1
        else:
            path.write_text(text)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
