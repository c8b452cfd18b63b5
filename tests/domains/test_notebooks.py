"""Results, progress and interruption in a notebook, with a kernel of its own."""

from __future__ import annotations

import queue
import time

import pytest

manager = pytest.importorskip("jupyter_client.manager")
pytest.importorskip("ipykernel")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*unclosed.*"),
]
SECONDS_TO_STOP = 2.0

MANY_STRUCTURES = """
import pathlib, shutil, tempfile
from domains.ramachandran import example, validate
folder = pathlib.Path(tempfile.mkdtemp())
for k in range(300):
    shutil.copy(example("1a28"), folder / f"{k}.pdb.gz")
try:
    validate(sorted(folder.iterdir()), progress=True)
except KeyboardInterrupt:
    print("stopped")
"""
MANY_CASES = """
import pathlib, shutil, tempfile
from domains.lesions import cohort, example, read_image, write_image
folder = pathlib.Path(tempfile.mkdtemp())
raters = read_image(example())
for rater, side in enumerate(("predicted", "reference")):
    (folder / side).mkdir()
    write_image(raters.isel(rater=rater), folder / "image.nii.gz")
    for k in range(600):
        shutil.copy(folder / "image.nii.gz", folder / side / f"{k}.nii.gz")
try:
    cohort(folder / "predicted", folder / "reference", progress=True, workers=WORKERS)
except KeyboardInterrupt:
    print("stopped")
"""
CHILDREN_AFTER_THEIR_LAST_CASE = """
import multiprocessing, time
end = time.monotonic() + 15
while multiprocessing.active_children() and time.monotonic() < end:
    time.sleep(0.1)
multiprocessing.active_children()
"""


class Notebook:
    """A kernel that runs cells one by one."""

    def __init__(self):
        self.kernel, self.client = manager.start_new_kernel()

    def run(self, code, *, interrupt_at=None, timeout=120):
        """Return the messages of a cell, and the seconds from the interruption to the end.

        The cell is interrupted as soon as it rewrites a line of progress that has `interrupt_at`.
        """
        request = self.client.execute(code)
        messages = []
        interrupted = None
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except queue.Empty:
                continue
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                stopped_after = None if interrupted is None else time.monotonic() - interrupted
                return messages, stopped_after
            messages.append((message["msg_type"], content))
            text = content.get("data", {}).get("text/plain", "")
            is_progress = interrupt_at and message["msg_type"] == "update_display_data" and interrupt_at in text
            if is_progress and interrupted is None:
                self.kernel.interrupt_kernel()
                interrupted = time.monotonic()
        raise AssertionError(f"the cell did not end: {messages[-3:]}")

    def close(self):
        self.client.stop_channels()
        self.kernel.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def notebook():
    notebook = Notebook()
    yield notebook
    notebook.close()


def shown(messages):
    return [content["data"] for kind, content in messages if kind in ("execute_result", "display_data")]


def errors(messages):
    return [content["ename"] for kind, content in messages if kind == "error"]


def test_progress_is_one_line_that_is_rewritten(notebook):
    code = """
from domains._progress import shown
with shown("counting", 3) as advance:
    for _ in range(3):
        advance()
"""
    messages, _ = notebook.run(code)
    assert not errors(messages)
    assert shown(messages) == [{"text/plain": "counting: 0 of 3"}]
    updates = [content["data"] for kind, content in messages if kind == "update_display_data"]
    assert updates[-1]["text/plain"].startswith("counting: 3 of 3, ")


def test_functions_are_silent_unless_asked(notebook):
    pytest.importorskip("gemmi")
    code = "from domains.ramachandran import example, validate\n_ = validate([example('1a8o'), example('1a28')])"
    messages, _ = notebook.run(code)
    assert [kind for kind, _ in messages if kind not in ("status", "execute_input")] == []


@pytest.mark.parametrize(
    ("needs", "code", "interrupt_at"),
    [
        ("gemmi", MANY_STRUCTURES, "validating: "),
        ("nibabel", MANY_CASES.replace("WORKERS", "1"), "comparing: "),
        ("nibabel", MANY_CASES.replace("WORKERS", "2"), "comparing: "),
    ],
    ids=["structures", "cases", "cases shared among processes"],
)
def test_an_interrupted_cell_stops_at_once(notebook, needs, code, interrupt_at):
    pytest.importorskip(needs)
    messages, seconds = notebook.run(code, interrupt_at=interrupt_at)
    assert [content["text"] for kind, content in messages if kind == "stream"] == ["stopped\n"]
    assert seconds < SECONDS_TO_STOP
    messages, _ = notebook.run(CHILDREN_AFTER_THEIR_LAST_CASE)
    assert shown(messages) == [{"text/plain": "[]"}], "the kernel is of no use after it, or its processes go on"


def test_a_report_is_shown_as_a_table(notebook):
    """Whole notebooks are run by the build of the documentation."""
    code = "import numpy as np\nfrom domains.events import assess\nassess(np.array([[0, 2]]), np.array([[1, 3]]))"
    messages, _ = notebook.run(code)
    (output,) = shown(messages)
    assert "prediction: prediction" in output["text/html"]
