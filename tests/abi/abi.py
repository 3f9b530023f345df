#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The golden record of the plugin ABI.

    abi.py update   write layout.h and constants.txt anew from include/quoin
    abi.py check    fail if the headers no longer agree with the two files
    abi.py alone    fail if a header does not compile by itself

layout.h asserts the size of each public struct, the offset and size of each of its fields and the
value of each numeric constant, for every compiler and language that is asked to read it;
constants.txt holds the value of each constant and the text of each macro, typedef and function.
Both are made from what the C preprocessor leaves of the headers, so nothing that a plugin can
see is missing; a declaration that this program does not understand is an error. Sizes, offsets
and values are the compiler's own, printed by a program that is generated and run.

Python's standard library and a C compiler are all that it needs."""

import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GOLDEN = ("layout.h", "constants.txt")

HOW = """\
The ABI in include/quoin differs from its golden record. If that is what you want:
  1. python3 tests/abi/abi.py update
  2. add a line to docs/abi-history.md: what changed, why, and who is affected
  3. raise QN_ABI_MINOR in include/quoin/abi.h if a released header was changed
If it is not: a field, constant or signature moved by mistake."""

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|\.\.\.|[A-Za-z_]\w*|\d[\w.]*|\S')
MARKER = re.compile(r'^# \d+ "(.*?)"')
DEFINE = re.compile(r"^#define (\w+)(\([^)]*\))?(?: (.*))?$")
DECLARATOR = r"(?P<ptr>(?:\* ?(?:const ?)?)*)(?P<name>[A-Za-z_]\w*)(?P<dim>(?: ?\[[^\]]*\])*)$"
FUNCTION = re.compile(r"^(?P<ret>.*?) ?\( ?\* ?(?P<name>\w+) ?\) ?\((?P<args>.*)\)$")
NOT_A_VALUE = re.compile(r"[{};]|__attribute__|__extension__")


class Broken(Exception):
    """The headers cannot be read; the message says where."""


class Api:
    """All that include/quoin declares, in the order of the headers."""

    def __init__(self):
        self.structs = []    # (name, [(path, declaration)])
        self.enums = []      # names of constants
        self.counts = []     # those of them that stand last in an enum: how many there are
        self.values = []     # object-like macros that are values
        self.texts = []      # "kind name: text" of everything else
        self.holes = []      # implicit padding


def headers(include):
    return sorted(p.relative_to(include) for p in include.glob("quoin/**/*.h"))


def run(command, what, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise Broken(f"{what}: {' '.join(command)}\n{(done.stdout + done.stderr)[:2000]}")
    return done.stdout


def preprocess(cc, include):
    """The lines that come from the headers themselves, #define and #undef included."""
    source = "".join(f"#include <{h.as_posix()}>\n" for h in headers(include))
    text = run([*cc, "-std=c17", "-E", "-dD", "-I", str(include), "-x", "c", "-"],
               "cannot preprocess the headers", input=source)
    ours, lines = False, []
    for line in text.splitlines():
        marker = MARKER.match(line)
        if marker:
            ours = marker.group(1).startswith(str(include))
        elif ours and line.strip():
            lines.append(line)
    return lines


def pretty(tokens):
    """Tokens as one line of C; the same whatever the line breaks of the header were."""
    text = " ".join(tokens)
    for pattern, to in ((r" ([,;)\]])", r"\1"), (r"([(\[~!]) ", r"\1"), (r"\* (?=[\w*)])", "*"),
                        (r"(\w) \[", r"\1["), (r"(\w|\)) \((?=[^*])", r"\1("),
                        (r"\) \(\*", ") (*"), (r" ?(->|\.) ?(?=\w)", r"\1"), (r"# #", "##")):
        text = re.sub(pattern, to, text)
    return text


def block(tokens, start):
    """Index just behind the brace that closes the one at `start`."""
    depth = 0
    for i in range(start, len(tokens)):
        depth += {"{": 1, "}": -1}.get(tokens[i], 0)
        if depth == 0:
            return i + 1
    raise Broken("a brace is not closed: " + pretty(tokens[start:start + 12]))


def split(tokens, at):
    """Parts of a token list between `at`, not looking into brackets."""
    parts, depth, part = [], 0, []
    for token in tokens:
        depth += {"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}.get(token, 0)
        if token == at and depth == 0:
            parts.append(part)
            part = []
        else:
            part.append(token)
    return parts + [part] if part else parts


def members(body, prefix=""):
    """(path, declaration) of each member of a struct body; nested structs by their path."""
    found = []
    for declaration in split(body, ";"):
        if declaration[0] in ("struct", "union") and "{" in declaration:
            end = block(declaration, declaration.index("{"))
            inner = declaration[declaration.index("{") + 1:end - 1]
            for name in split(declaration[end:], ","):
                if len(name) != 1:
                    raise Broken("nested struct: " + pretty(declaration))
                found += [(prefix + name[0], declaration[0])]
                found += members(inner, prefix + name[0] + ".")
            continue
        text = pretty(declaration)
        function = FUNCTION.match(text)
        if function:
            found.append((prefix + function["name"],
                          f"{function['ret']} (*)({function['args']})"))
            continue
        base = None
        for part in (pretty(p) for p in split(declaration, ",")):
            one = re.match((r"(?P<base>(?:\w+ )+)" if base is None else "") + DECLARATOR, part)
            if not one:
                raise Broken(f"member '{part}' of '{text}'")
            base = one["base"].strip() if base is None else base
            found.append((prefix + one["name"], f"{base} {one['ptr']}{one['dim']}".strip()))
    return found


def read_macro(api, line, text_of):
    name, arguments, value = DEFINE.match(line).groups()
    if arguments is None and not value:
        return                                  # an include guard
    value = re.sub(r" ?## ?", "##", " ".join((value or "").split()))
    if arguments is None and not NOT_A_VALUE.search(value):
        api.values.append(name)
        return
    if name.endswith("_LIST"):                  # its words may be made better at any time
        value = re.sub(r'"(?:\\.|[^"\\])*"', '""', value)
    text_of[name] = f"define {name}{arguments or ''}: {value}"


def read_declaration(api, tokens):
    text = pretty(tokens)
    if tokens[:2] == ["typedef", "struct"] and "{" in tokens:
        start = tokens.index("{")
        end = block(tokens, start)
        name = tokens[2]
        if tokens[end:] != [name]:
            raise Broken(f"struct tag and type differ: {text}")
        api.structs.append((name, members(tokens[start + 1:end - 1])))
    elif tokens[0] == "enum":
        body = tokens[tokens.index("{") + 1:block(tokens, tokens.index("{")) - 1]
        api.enums += [part[0] for part in split(body, ",")]
        api.counts.append(api.enums[-1])
    elif "typedef" in tokens[:2]:
        api.texts.append(f"type {text}")
    elif tokens[0] in ("static", "extern") and "(" in tokens:
        api.texts.append(f"function {text}")
    else:
        raise Broken(f"a declaration that abi.py does not know: {text}")


def read_api(cc, include):
    api, code, macros = Api(), [], {}
    for line in preprocess(cc, include):
        if line.startswith("#define"):
            read_macro(api, line, macros)
        elif line.startswith("#undef"):
            macros.pop(line.split()[1], None)
        elif not line.startswith("#"):
            code += TOKEN.findall(line)
    i, start = 0, 0
    while i < len(code):
        if code[i] == "{":
            i = block(code, i)
            if code[start] == "static":         # the body of an inline function is not ABI
                read_declaration(api, code[start:code.index("{", start)])
                start = i
            continue
        if code[i] == ";":
            read_declaration(api, code[start:i])
            start = i + 1
        i += 1
    api.texts += macros.values()
    return api


PROGRAM = r"""
#include <stdalign.h>
#include <stdio.h>
%(includes)s
#define VALUE(name, v) _Generic((v), \
    int: "int32", unsigned: "uint32", long: "int64", unsigned long: "uint64", \
    long long: "int64", unsigned long long: "uint64", char *: "text", double: "double")
#define FORMAT(v) _Generic((v), char *: "%%s", double: "%%.17g", \
    unsigned long: "%%lu", unsigned: "%%u", int: "%%d", long: "%%ld", \
    long long: "%%lld", unsigned long long: "%%llu")
#define PUT(kind, name) do { printf("%%s %%s %%s ", kind, #name, VALUE(#name, name)); \
    printf(FORMAT(name), name); puts(""); } while (0)
int main(void)
{
%(body)s
    return 0;
}
"""


def measure(cc, include, api):
    """What the compiler says: {struct: (size, align)}, {(struct, path): (offset, size)}, values."""
    body = []
    for name, fields in api.structs:
        body.append(f'printf("S {name} %zu %zu\\n", sizeof({name}), alignof({name}));')
        body += [f'printf("F {name} {path} %zu %zu\\n", offsetof({name}, {path}), '
                 f"sizeof((({name} *)0)->{path}));" for path, _ in fields]
    body += [f'PUT("enum", {name});' for name in api.enums]
    body += [f'PUT("macro", {name});' for name in api.values]
    includes = "\n".join(f"#include <{h.as_posix()}>" for h in headers(include))
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "abi.c"), Path(folder, "abi")
        source.write_text(PROGRAM % {"includes": includes, "body": "\n".join(body)})
        run([*cc, "-std=c17", "-w", "-I", str(include), "-o", str(program), str(source)],
            "a constant or a field cannot be evaluated")
        lines = run([str(program)], "cannot run").splitlines()
    structs, fields, values = {}, {}, []
    for line in lines:
        kind, rest = line.split(" ", 1)
        if kind == "S":
            name, size, align = rest.split()
            structs[name] = (int(size), int(align))
        elif kind == "F":
            name, path, offset, size = rest.split()
            fields[name, path] = (int(offset), int(size))
        else:
            name, ctype, value = rest.split(" ", 2)
            values.append(f'{kind} {name} {ctype} {value}')
    return structs, fields, values


def find_holes(api, structs, fields):
    """Implicit padding: bytes nobody owns, which no rule says are zero. Also the proof that no
    member was overlooked: each struct must be tiled by its members without a rest."""
    for name, declared in api.structs:
        end = 0
        for path, _ in declared:
            if "." in path:
                continue
            offset, size = fields[name, path]
            if offset != end:
                api.holes.append(f"{name}: {offset - end} bytes before {path}")
            end = offset + size
        if end != structs[name][0]:
            api.holes.append(f"{name}: {structs[name][0] - end} bytes at its end")


LAYOUT = """\
/* SPDX-License-Identifier: MIT
 *
 * Where each field of the plugin ABI lies, and the value of each number. GENERATED by tests/abi/abi.py: do not edit.
 * It holds for x86-64 and AArch64, for C11, C17 and C++17. */
/* clang-format off */
%(includes)s

#ifdef __cplusplus
#define ABI_ASSERT(condition) static_assert(condition, #condition)
#else
#define ABI_ASSERT(condition) _Static_assert(condition, #condition)
#endif
#define ABI_STRUCT(type, size, align) \\
    ABI_ASSERT(sizeof(type) == size); \\
    ABI_ASSERT(__alignof__(type) == align)
#define ABI_FIELD(type, field, offset, size) \\
    ABI_ASSERT(offsetof(type, field) == offset); \\
    ABI_ASSERT(sizeof(((type *)0)->field) == size)
#define ABI_VALUE(name, value, size) \\
    ABI_ASSERT((name) == (value)); \\
    ABI_ASSERT(sizeof(name) == size)
"""

SUFFIX = {"int32": ("", 4), "uint32": ("u", 4), "int64": ("ll", 8), "uint64": ("ull", 8)}


def render(api, structs, fields, values, include):
    includes = "\n".join(f"#include <{h.as_posix()}>" for h in headers(include))
    out = [LAYOUT % {"includes": includes}]
    for name, declared in api.structs:
        size, align = structs[name]
        out.append(f"\nABI_STRUCT({name}, {size}, {align});\n")
        for path, declaration in declared:
            offset, width = fields[name, path]
            out.append(f"ABI_FIELD({name}, {path}, {offset}, {width}); /* {declaration} */\n")
    out.append("\n")
    for line in values:
        _, name, ctype, value = line.split(" ", 3)
        if ctype in SUFFIX:
            suffix, size = SUFFIX[ctype]
            out.append(f"ABI_VALUE({name}, {value}{suffix}, {size});\n")
    constants = ["# SPDX-License-Identifier: MIT\n",
                 "# Constants, macros, types and functions of the plugin ABI. GENERATED by\n",
                 "# tests/abi/abi.py: do not edit. In the order of the headers.\n"]
    constants += [v + "\n" for v in values] + [t + "\n" for t in api.texts]
    return "".join(out), "".join(constants)


def make(cc, include):
    api = read_api(cc, include)
    structs, fields, values = measure(cc, include, api)
    find_holes(api, structs, fields)
    if api.holes:
        raise Broken("implicit padding (add a member rsv0):\n  " + "\n  ".join(api.holes))
    return api, render(api, structs, fields, values, include)


def check(made, golden):
    same = True
    for name, text in zip(GOLDEN, made):
        path = golden / name
        old = path.read_text() if path.exists() else ""
        diff = difflib.unified_diff(old.splitlines(True), text.splitlines(True),
                                    f"golden {name}", "headers as they are", n=0)
        for line in diff:
            same = False
            sys.stdout.write(line)
    return same


def alone(cc, include, extra, options):
    """Compile each header in a file of its own, twice included."""
    bad = 0
    for header in headers(include):
        source = f"#include <{header.as_posix()}>\n" * 2
        done = subprocess.run([*cc, *options, "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic",
                               "-Werror", "-I", str(include), *(f"-I{e}" for e in extra), "-"],
                              input=source, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            bad += 1
            print(f"{header} does not compile alone:\n{done.stderr}")
    print(f"{len(headers(include))} headers, {bad} bad")
    return bad == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("command", choices=("update", "check", "alone"))
    parser.add_argument("--cc", default=os.environ.get("CC", "cc"), help="compiler (and options)")
    parser.add_argument("--include", type=Path, default=ROOT / "include")
    parser.add_argument("--also", type=Path, action="append", default=[],
                        help="further include folder (alone)")
    parser.add_argument("--golden", type=Path, default=HERE)
    parser.add_argument("--option", action="append", default=[], help="of the compiler (alone)")
    args = parser.parse_args()
    cc, include = args.cc.split(), args.include.resolve()

    if args.command == "alone":
        return 0 if alone(cc, include, args.also, args.option) else 1
    try:
        api, made = make(cc, include)
    except Broken as reason:
        print(reason)
        return 1
    nfields = sum(len(fields) for _, fields in api.structs)
    if args.command == "update":
        for name, text in zip(GOLDEN, made):
            (args.golden / name).write_text(text)
    elif not check(made, args.golden):
        print(HOW)
        return 1
    print(f"proof: abi layout: {len(api.structs)} structs, {nfields} fields, "
          f"{len(api.enums) + len(api.values)} constants, {len(api.texts)} other declarations")
    return 0


if __name__ == "__main__":
    sys.exit(main())
