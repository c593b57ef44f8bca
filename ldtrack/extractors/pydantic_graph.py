"""Pydantic AI's graphs, of which every run of an agent is one."""

from __future__ import annotations

from ldtrack.extractors._provider import Provider
from ldtrack.extractors.pydantic_ai import NodeStream

PROVIDER = Provider(packages=("pydantic_graph",), chunks={"End": NodeStream})
