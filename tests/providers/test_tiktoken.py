"""The estimate with OpenAI's tokenisers."""

from __future__ import annotations

from typing import Any

from needs import needs

tiktoken = needs("tiktoken")


def encoding(name: str, merged: bytes) -> Any:
    """Make a tokeniser that knows every byte and one merged word."""
    ranks = {bytes([byte]): byte for byte in range(256)} | {merged[:2]: 256, merged: 257}
    return tiktoken.Encoding(name=name, pat_str=r"\w+|\W+", mergeable_ranks=ranks, special_tokens={})


def test_texts_are_counted_with_the_models_own_tokeniser_or_the_usual(monkeypatch):
    """A model that tiktoken does not know is counted as GPT-4o. Its tables are fetched, so tiny ones stand in here."""
    from ldtrack.estimates import _encoding, with_tiktoken

    own, usual = encoding("own", b"xyz"), encoding("usual", b"abc")
    monkeypatch.setattr(tiktoken, "encoding_for_model", lambda name: {"known": own}[name])
    monkeypatch.setattr(tiktoken, "get_encoding", lambda name: {"o200k_base": usual}[name])
    _encoding.cache_clear()

    assert [3, 1, 0] == [with_tiktoken("known", "abc"), with_tiktoken("unknown", "abc"), with_tiktoken("known", "")]
    _encoding.cache_clear()
