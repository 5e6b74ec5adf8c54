#!/usr/bin/env python3
"""Takes the README's picture: a cell and its report in a real JupyterLab.

usage: picture.py [FILE]      default: docs/report.png
"""

import sys
import tempfile
from pathlib import Path

import nbformat

from fearless_client.kernel import KERNEL_NAME
from fearless_client.lab import Lab, Notebook, chromium

ROOT = Path(__file__).resolve().parent.parent
CELL = """\
use std::sync::{Arc, Mutex, mpsc};
use std::{thread, time::Duration};

let till = Arc::new(Mutex::new(0));
let (bill, bills) = mpsc::channel();
for name in ["Ada", "Bob", "Cleo"] {
    let (till, bill) = (till.clone(), bill.clone());
    thread::Builder::new().name(name.into()).spawn(move || {
        for price in [4, 7] {
            thread::sleep(Duration::from_millis(4));
            let mut sum = till.lock().unwrap();
            thread::sleep(Duration::from_millis(6));
            *sum += price;
            bill.send(format!("{name} paid {price}")).unwrap();
        }
    }).unwrap();
}
drop(bill);
for line in bills.iter() { println!("{line}"); }"""


def main() -> None:
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/report.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root, state = Path(folder) / "root", Path(folder) / "state"
        root.mkdir()
        state.mkdir()
        metadata = {
            "kernelspec": {"name": KERNEL_NAME, "display_name": "Rust (Fearless)", "language": "rust"}
        }
        cell = nbformat.v4.new_code_cell(CELL)
        nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=metadata), root / "a.ipynb")
        lab = Lab(root, state)
        try:
            with chromium() as browser:
                notebook = Notebook(lab, browser, "a.ipynb", scale=2)
                notebook.run_all()
                # Once more, so that the numbers are not those of a first run.
                notebook.run_all()
                notebook.command("application:toggle-left-area")
                notebook.page.wait_for_timeout(800)
                notebook.page.locator(".jp-Notebook .jp-CodeCell").first.screenshot(path=file)
        finally:
            lab.stop()


if __name__ == "__main__":
    main()
