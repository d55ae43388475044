"""ONNX networks run so that the same input always gives the same bits."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
"""Before it is imported: ONNX Runtime tells its maker of its use otherwise, and leaves files in the user's folders."""


def load(content: bytes) -> "InferenceSession":
    """Load a network from the bytes of an ONNX file.

    It runs in one thread, so that sums are always taken in one order, and keeps no plan of memory for each shape that
    it has seen: blocks are of many shapes, and the plans of four of them held a gigabyte.
    """
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False
    return InferenceSession(content, options, providers=["CPUExecutionProvider"])
