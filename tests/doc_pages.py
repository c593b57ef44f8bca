"""The pages of the documentation, and the code blocks in them."""

from __future__ import annotations

import io
import re
import textwrap
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_folder import ROOT

README = ROOT / "README.md"
INDEX = ROOT / "docs/index.md"
QUICKSTART = ROOT / "docs/quickstart.md"

_FENCED = re.compile(r'^( *)```(\w+)(?: title="([\w.]+)")?\n(.*?)^\1```$', re.MULTILINE | re.DOTALL)
_PRINTED = re.compile(r"^ *#> ?(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: what language it is in, the file that it is shown as, and where it stands."""

    page: Path
    language: str
    title: str
    source: str
    line: int

    @property
    def last_line(self) -> int:
        """The page's line with the last line of the block."""
        return self.line + self.source.count("\n") - 1

    def run(self, names: dict[str, Any]) -> list[str]:
        """Run Python code; gives the lines that it prints. Tracebacks show the lines of the page."""
        code = compile("\n" * (self.line - 1) + self.source, self.page, "exec", dont_inherit=True)
        with redirect_stdout(io.StringIO()) as printed:
            exec(code, names)
        return printed.getvalue().splitlines()

    @property
    def prints(self) -> list[str]:
        """The lines that the block says it prints."""
        return _PRINTED.findall(self.source)


def blocks(page: Path, *languages: str) -> list[Block]:
    """The blocks of a page, of some languages only if any are named."""
    text = page.read_text(encoding="utf-8")
    found = [
        Block(page, match[2], match[3] or "", textwrap.dedent(match[4]), text.count("\n", 0, match.start(4)) + 1)
        for match in _FENCED.finditer(text)
    ]
    return [block for block in found if not languages or block.language in languages]


ALL = [README, *sorted(ROOT.glob("docs/*.md"))]
WITH_CODE = [page for page in ALL if blocks(page, "python")]

if __name__ == "__main__":  # for type checkers: `make types` checks the quickstart as one file
    print("\n".join(block.source for block in blocks(QUICKSTART, "python")))  # noqa: T201 -- into a file
