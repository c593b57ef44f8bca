"""The contract's own fixtures serve these tests, too."""

from contract.conftest import ld
from contract.test_b_managed import openai

__all__ = ["ld", "openai"]
