"""What holds for the repository as a whole: its limits, its public names, and what it must not contain."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
import typing
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import distributions
from itertools import chain
from pathlib import Path

import pytest

import ldtrack
from corpus_folder import ROOT
from doc_pages import WITH_CODE, blocks
from needs import has

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PACKAGE = sorted((ROOT / "ldtrack").rglob("*.py"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
IGNORED = [".git", *(ROOT / ".gitignore").read_text(encoding="utf-8").replace("/\n", "\n").split()]

# The brackets keep the patterns from matching themselves.
REGISTRIES = r"py[p]i\.org|python[h]osted|registry\.npm[j]s|deb\.debian|conda[.]io|crates[.]io"
MACHINE_PATHS = r"(?<![\w.<{])/(?:hom[e]|roo[t]|tm[p]|wor[k]|op[t]|User[s]|var/fold[e]rs)/\w"
SECRETS = r"sk-(?:ant|proj)-[\w-]{16}|BEGIN [A-Z ]*PRIVATE KEY"

PROVIDERS = ("anthropic", "openai", "ldai_openai", "ldai_langchain", "langchain_core", "google", "boto3", "mistralai")
OPTIONAL = (*PROVIDERS, "click", "rich", "yaml", "starlette", "uvicorn", "pytest", "trio", "anyio._backends")


def committed_files() -> Iterator[Path]:
    """Yield the files that are, or would be, committed."""
    folders = [ROOT]
    for folder in folders:
        for path in folder.iterdir():
            if not any(fnmatch(path.name, pattern) for pattern in IGNORED):
                folders.append(path) if path.is_dir() else None
                yield from [path] if path.is_file() else []


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a body that hold code: no docstring, comments or blank lines."""
    body = function.body[bool(ast.get_docstring(function)) :]
    return len({node.lineno for statement in body for node in ast.walk(statement) if hasattr(node, "lineno")})


@pytest.mark.parametrize("pattern", [REGISTRIES, MACHINE_PATHS, SECRETS], ids=["registries", "paths", "secrets"])
def test_no_file_names_a_registry_or_a_machine(pattern):
    """What is committed holds no registry's host, no path of one machine, and no secret."""
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in committed_files()
        for match in re.finditer(pattern, path.read_bytes().decode("utf-8", "replace"))
    ]

    assert [] == found


def test_c4_importing_ldtrack_imports_nothing_optional():
    """No provider SDK, no command-line library and no event loop comes with `import ldtrack` itself."""
    script = "import sys, ldai, ldclient; before = set(sys.modules); import ldtrack; print(*set(sys.modules) - before)"
    modules = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()

    assert [] == [module for module in modules if any(f"{module}.".startswith(f"{name}.") for name in OPTIONAL)]


@pytest.mark.parametrize("path", PACKAGE, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path):
    """No file exceeds 400 lines, no function 40 lines of code (ruff holds the complexity at 8)."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    assert [] == [function.name for function in functions(path) if code_lines(function) > 40]


def test_public_names_are_listed_in_order():
    """`__all__` is sorted and complete."""
    public = {name for name, value in vars(ldtrack).items() if name[0] != "_" and not inspect.ismodule(value)}

    assert sorted(ldtrack.__all__) == list(ldtrack.__all__)
    assert public - {"annotations"} == {name for name in ldtrack.__all__ if name[0] != "_"}


@pytest.mark.parametrize("name", sorted(ldtrack.__all__))
def test_public_names_say_where_they_come_from_and_what_they_are_for(name):
    """Public names show no private module, have a docstring, and hints that resolve."""
    value = getattr(ldtrack, name)
    if typing.get_origin(value) is None:  # an alias of `Callable` belongs to its own module
        typing.get_type_hints(value)  # raises if renaming hid a name that the hints need

        assert "ldtrack" == value.__module__
        assert inspect.getdoc(value)


def test_the_lowest_pins_are_the_floors_of_pyproject():
    """requirements/lowest.txt pins what pyproject.toml allows at least, so that CI tests just that."""
    extras = PYPROJECT["project"]["optional-dependencies"]
    needs = [
        *PYPROJECT["project"]["dependencies"],
        *chain(*(extras[name] for name in ("cli", "yaml", "demo", "monitor"))),
    ]
    floors = {re.sub(r">=([^,]+).*", r"==\1", need) for need in needs if not need.startswith("ldtrack[")}
    lowest = (ROOT / "requirements/lowest.txt").read_text(encoding="utf-8").splitlines()

    assert sorted(floors) == sorted(line for line in lowest if line[0] != "#")


def imported_by_examples() -> set[str]:
    """Name the top-level modules that the examples and the code of the pages import."""
    sources = [path.read_text(encoding="utf-8") for path in ROOT.glob("examples/*.py")]
    sources += [block.source for page in WITH_CODE for block in blocks(page, "python")]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"ldtrack"}


def top_level_names() -> dict[str, str]:
    """Map modules to the distributions that brought them; `packages_distributions` of Python 3.10 does not know all."""
    return {file.parts[0].removesuffix(".py"): found.name for found in distributions() for file in found.files or ()}


def test_the_examples_extra_brings_what_examples_and_pages_need():
    """All of it, and nothing that neither imports; only the managed runner finds its package by itself."""
    extras = PYPROJECT["project"]["optional-dependencies"]
    projects = top_level_names()
    needed = {projects[name] for name in imported_by_examples()} | {"launchdarkly-server-sdk-ai-openai"}
    with_ldtrack, own = (
        {re.split(r"[><=\[]", need)[0] for need in needs}
        for needs in ([*PYPROJECT["project"]["dependencies"], *extras["demo"]], extras["examples"])
    )

    assert needed - with_ldtrack == own - {"ldtrack"}


def test_pins_are_plain():
    """Pins name a version and nothing else: no host, no hash, no option."""
    lines = [line for path in (ROOT / "requirements").rglob("*.txt") for line in path.read_text("utf-8").splitlines()]

    assert [] == [line for line in lines if line[0] != "#" and not re.fullmatch(r"[\w.-]+==[\w.]+", line)]


def test_every_family_has_its_pins():
    """What a family asks for is pinned, and its interpreter named."""
    for asked in (ROOT / "requirements/families").glob("*.in"):
        lines = asked.read_text(encoding="utf-8").splitlines()
        names = [re.split(r"[\[<>=]", line)[0] for line in lines if line[0] != "#"]

        assert [] == [name for name in names if not has(asked.with_suffix(".txt").read_text(encoding="utf-8"), name)]
        assert any(re.fullmatch(r"# Python: 3\.\d+", line) for line in lines)


def test_every_page_of_the_docs_is_in_the_navigation():
    """mkdocs.yml lists every page of docs/, and no other."""
    listed = re.findall(r"^ +- (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(path.name for path in (ROOT / "docs").glob("*.md")) == sorted(listed)


def test_ci_refuses_to_run_without_the_recorded_traffic(tmp_path):
    """Its tests would only skip; the error says where the recordings are looked for."""
    environment = {**os.environ, "CI": "true", "LDTRACK_CORPUS": str(tmp_path / "nowhere")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "tests/docs", "--collect-only"]
    finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    assert pytest.ExitCode.USAGE_ERROR == finished.returncode
    assert "LDTRACK_CORPUS" in finished.stderr
