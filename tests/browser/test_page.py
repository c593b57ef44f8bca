"""What a person sees and does on the monitor's page."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from corpus_folder import ROOT
from monitor_command import MonitorCommand, monitor_command, monitored_app, page_command, write_configs

SCREENSHOTS = Path(os.environ.get("LDTRACK_SCREENSHOTS", ROOT / "build/screenshots"))
Visit = Callable[..., Page]


def table(page: Page, name: str) -> Locator:
    """A table of the page, by the name that screen readers say."""
    return page.locator(f'[aria-label="{name}"]')


def generations(page: Page) -> int:
    """Add up the generations that the page shows."""
    rows = table(page, "Figures").locator("tbody tr")
    return sum(int(rows.nth(row).locator("td").nth(2).inner_text().replace(",", "")) for row in range(rows.count()))


def played(monitor: MonitorCommand, seconds: float = 2) -> None:
    """Let the app run to its end."""
    with monitored_app(monitor.address, seconds) as app:
        output, _ = app.communicate(timeout=60)
    assert re.search(r"tracked (\d+) delivered \1\b", output), output


def test_the_page_follows_a_running_app(monitor: MonitorCommand, visit: Visit) -> None:
    """Figures, runs and charts change while it streams, and nobody reloads."""
    page = visit(monitor.address)
    assert 0 == generations(page)
    with monitored_app(monitor.address, 60):
        expect(table(page, "Runs").locator("tbody tr").first).to_be_visible(timeout=30_000)
        before = generations(page)
        chart = page.locator(".nicegui-echart").first.inner_html()
        page.wait_for_timeout(8_000)  # longer than the SDK keeps events to itself
        assert generations(page) > before
        assert page.locator(".nicegui-echart").first.inner_html() != chart
        expect(page.get_by_role("status")).to_contain_text("1 app streams its configs from here")


def test_every_table_and_chart_has_data(monitor: MonitorCommand, visit: Visit) -> None:
    """Of everything that the app tracks."""
    played(monitor)
    page = visit(monitor.address)
    figures = table(page, "Figures").locator("tbody tr")
    expect(figures).to_have_count(2)

    headings = table(page, "Figures").locator("thead th").all_inner_texts()
    for row in figures.all():
        cells = dict(zip(headings, row.locator("td").all_inner_texts()))
        empty = {name for name, text in cells.items() if text == "–"}
        assert empty <= ({"Cost ($)"} if cells["Variation"] == "thorough" else set()), cells
    assert "✓" in table(page, "Checklist").locator("tbody tr").inner_text()
    assert "✗" not in table(page, "Checklist").locator("tbody tr").inner_text()
    for chart in page.locator(".nicegui-echart").all():
        assert chart.locator("svg path").count() > 8, "no bars"


def test_a_config_is_switched_off_with_the_keyboard(monitor: MonitorCommand, visit: Visit) -> None:
    """The app takes its fallback within a moment, and its calls when the config is on again."""
    page = visit(monitor.address)
    with monitored_app(monitor.address, 60) as app:
        switch = page.get_by_role("switch", name="chat")
        expect(table(page, "Runs").locator("tbody tr").first).to_be_visible(timeout=30_000)
        for _ in range(20):
            page.keyboard.press("Tab")
            if switch.evaluate("node => node.contains(document.activeElement)"):
                break
        page.keyboard.press("Space")
        expect(switch).to_have_attribute("aria-checked", "false")
        assert app.stdout
        assert "fallback taken\n" == app.stdout.readline()

        page.keyboard.press("Space")
        expect(switch).to_have_attribute("aria-checked", "true")


def test_a_switch_is_seen_by_everybody_who_looks(monitor: MonitorCommand, visit: Visit) -> None:
    """Two pages show the same."""
    first, second = visit(monitor.address), visit(monitor.address)
    first.get_by_role("switch", name="chat").click()
    expect(second.get_by_role("switch", name="chat")).to_have_attribute("aria-checked", "false")


def test_runs_are_found_and_opened_with_the_keyboard(monitor: MonitorCommand, visit: Visit) -> None:
    """By what they are or by their id; all events of a run are shown, and Escape leads back."""
    played(monitor)
    page = visit(monitor.address)
    rows = table(page, "Runs").locator("tbody tr")
    found = page.get_by_label("Filter by config, variation, outcome or run id")
    found.focus()
    page.keyboard.type("ERROR")
    expect(rows.locator("td:nth-child(4)")).to_have_text(["error"] * 4)
    run_id = rows.first.locator("td").nth(10).inner_text()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(run_id)
    expect(rows).to_have_count(1)

    button = page.get_by_role("button", name=f"Events of run {run_id}")
    for _ in range(30):
        page.keyboard.press("Tab")
        if button.evaluate("node => node === document.activeElement"):
            break
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(run_id)
    expect(dialog.locator("tbody tr td:nth-child(2)")).to_have_text(
        ["$ld:ai:duration:total", "$ld:ai:generation:error"]
    )
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


def test_a_broken_file_is_told_on_the_page(monitor: MonitorCommand, visit: Visit, configs: Path) -> None:
    """Until it is mended; new configs get a switch."""
    page = visit(monitor.address)
    alert = page.get_by_role("alert")
    good = configs.read_text()
    configs.write_text("chat: {modle: {}}")
    expect(alert).to_contain_text("did you mean 'model'?; the last good configs stay")

    configs.write_text(good + "more: {model: {name: tiny-1}}\n")
    expect(alert).to_be_hidden()
    expect(page.get_by_role("switch")).to_have_count(3)


def test_visitors_who_leave_at_once_are_no_news(monitor: MonitorCommand, browser: Browser, visit: Visit) -> None:
    """The terminal stays quiet, and the page works for those who stay."""
    context = browser.new_context()
    for pause_ms in [0, 20, 50, 100, 200, 400] * 3:
        page = context.new_page()
        page.goto(monitor.address, wait_until="commit")
        page.wait_for_timeout(pause_ms)
        page.close()
    context.close()
    page = visit(monitor.address)
    page.wait_for_timeout(4_000)  # longer than NiceGUI waits for anybody
    told = monitor.printed.splitlines()
    assert 3 == len(told), monitor.printed


def test_a_token_is_asked_for_once(configs: Path, visit: Visit) -> None:
    """The address with the token leads to the page, and the token out of sight."""
    with monitor_command(configs, LDTRACK_MONITOR_TOKEN="a-token-of-my-own") as monitor:
        played(monitor, 1)
        page = visit(monitor.address)
        expect(table(page, "Figures").locator("tbody tr").first).to_be_visible()
        assert "a-token" not in page.url


def test_the_demo_is_shown(visit: Visit) -> None:
    """Scene by scene: configs, figures of every variation, costs where a price is named."""
    with page_command("demo", "--open", BROWSER="true") as demo:
        page = visit(demo.address)
        expect(page.get_by_role("switch")).to_have_count(6)
        expect(table(page, "Figures").locator("tbody tr")).to_have_count(6, timeout=30_000)
        assert "–" not in table(page, "Figures").locator("tbody td:last-child").all_inner_texts()


def test_names_are_shown_as_they_are(monitor: MonitorCommand, visit: Visit, configs: Path) -> None:
    """Also those that would mean something to a browser."""
    page = visit(monitor.address)
    name = "<img src=x onerror=alert(1)>'`${1}"
    write_configs(configs, {name: {"model": {"name": "tiny-1"}}})
    event = {"kind": "custom", "key": "$ld:ai:generation:success", "creationDate": 0, "metricValue": 1}
    data = {"configKey": name, "runId": name, "variationKey": name}
    httpx.post(f"{monitor.address}/bulk", json=[{**event, "data": data}]).raise_for_status()

    expect(page.get_by_role("switch", name=name)).to_be_visible()
    expect(table(page, "Figures").locator("tbody td").first).to_have_text(name)
    page.get_by_role("button", name="Events of run").click()
    expect(page.get_by_role("dialog")).to_contain_text(name)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Events of run")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_in_light_and_dark(monitor: MonitorCommand, visit: Visit, scheme: str) -> None:
    """Text stands out from what is behind it, as the web's guideline asks (4.5 to 1)."""
    played(monitor, 4)
    page = visit(monitor.address, height=1750, scheme=scheme)
    expect(table(page, "Figures").locator("tbody tr")).to_have_count(2)
    page.wait_for_timeout(500)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"monitor-{scheme}.png", clip={"x": 0, "y": 0, "width": 1280, "height": 1250})
    too_weak = page.evaluate(CONTRASTS)
    assert [] == too_weak


def test_it_fits_a_small_screen(monitor: MonitorCommand, visit: Visit) -> None:
    """Rows become cards; nothing has to be pushed sideways, and a run still opens."""
    played(monitor)
    page = visit(monitor.address, width=360, height=740)
    page.wait_for_timeout(1_000)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name=re.compile("Events of run")).first.click()
    expect(page.get_by_role("dialog")).to_contain_text("$ld:ai:duration:total")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.keyboard.press("Escape")
    page.screenshot(path=SCREENSHOTS / "monitor-small.png")


CONTRASTS = """
() => {
  const rgb = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const part = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const color = rgb(getComputedStyle(node).backgroundColor);
      if (color.length && (color.length < 4 || color[3] > 0.9)) return color;
    }
    return window.matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
  };
  const weak = [];
  for (const node of document.querySelectorAll('[role=heading], [role=status], th, td, label, button, svg text')) {
    const text = node.textContent.trim();
    if (!text || !node.getClientRects().length) continue;
    const style = getComputedStyle(node);
    const front = light(rgb(node.tagName === 'text' ? style.fill : style.color)), back = light(behind(node));
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (ratio < 4.5) weak.push(`${text.slice(0, 40)}: ${ratio.toFixed(1)}`);
  }
  return weak;
}
"""
