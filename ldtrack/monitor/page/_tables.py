"""Tables that stay readable on a small screen."""

from __future__ import annotations

from collections.abc import Mapping

from nicegui import ui

NOTHING = "–"


def table(name: str, headings: Mapping[str, str], empty: str = "Nothing was recorded yet.") -> ui.table:
    """An empty table with these columns; below 600 pixels each row is a card. Rows have an `id`."""
    # Not sortable: figures are texts by then.
    columns = [
        {"name": column, "label": label, "field": column, "align": "left", "sortable": False}
        for column, label in headings.items()
    ]
    made = ui.table(rows=[], columns=columns, row_key="id", pagination=0)
    made.props(f'flat bordered dense hide-pagination no-data-label="{empty}" aria-label="{name}"')
    made.props(':grid="window.innerWidth < 600"')
    return made.classes("w-full").mark(name)
