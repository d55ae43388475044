"""Write the trained network for inference: python -m sitedelta.learning.change.export LAST.pt OUT.onnx."""

import argparse
import copy
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from sitedelta.learning.change.network import Siamese


class Probability(nn.Module):
    """The network as it is shipped: images of 0 to 255 in, probability of change at stride 4 out."""

    def __init__(self, model: Siamese) -> None:
        super().__init__()
        self.model = model

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        """Give logits, shape (1, 1, h / 4, w / 4)."""
        return self.model((before - 127) / 128, (after - 127) / 128)


def folded(model: Siamese) -> Siamese:
    """Give a copy with batch statistics folded into the convolutions."""
    model = copy.deepcopy(model).eval()
    for part in model.modules():
        if isinstance(part, nn.Sequential):
            for k in (0, 3):
                part[k], part[k + 1] = fuse_conv_bn_eval(part[k], part[k + 1]), nn.Identity()
    return model


def export(checkpoint: Path, out: Path) -> None:
    """Write the moving average of a checkpoint's weights as ONNX."""
    model = Siamese()
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["mean"])
    shape = {0: "n", 2: "h", 3: "w"}
    example = torch.zeros(1, 3, 64, 96)
    torch.onnx.export(
        Probability(folded(model)).eval(),
        (example, example),
        str(out),
        input_names=["before", "after"],
        output_names=["logit"],
        dynamic_axes={"before": shape, "after": shape, "logit": shape},
        opset_version=17,
        dynamo=False,
    )


def main() -> None:
    """Parse and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    export(args.checkpoint, args.out)


if __name__ == "__main__":
    main()
