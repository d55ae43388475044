"""Write a trained model for inference: python -m sitedelta.learning.detect.export LAST.pt FOLDER NAME."""

import argparse
import copy
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from sitedelta.learning.detect.network import Detector


class First(nn.Module):
    """Stem and first blocks, as ImageNet left them: images of 0 to 255 in, features at stride 4 out."""

    def __init__(self, model: Detector) -> None:
        super().__init__()
        self.encoder = model.encoder

    def forward(self, image: Tensor) -> Tensor:
        """Give the features."""
        return self.encoder.early((image - 127) / 128)


class Rest(nn.Module):
    """Everything after them: features at stride 4 in, maps out."""

    def __init__(self, model: Detector) -> None:
        super().__init__()
        self.model = model

    def forward(self, fine: Tensor) -> Tensor:
        """Give the maps."""
        return self.model.above(fine)


def folded(model: Detector) -> Detector:
    """Give a copy with batch statistics folded into the convolutions."""
    model = copy.deepcopy(model).eval()
    for part in model.modules():
        if isinstance(part, nn.Sequential):
            part[1], part[2] = fuse_conv_bn_eval(part[1], part[2]), nn.Identity()
    return model


def export(checkpoint: Path, folder: Path, name: str) -> None:
    """Write the moving average of a checkpoint's weights as ONNX: the first layers, and a model's own."""
    model = Detector()
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["mean"])
    model = folded(model)
    folder.mkdir(parents=True, exist_ok=True)
    for part, example, file in (
        (First(model), torch.zeros(1, 3, 64, 96), "features.onnx"),
        (Rest(model), torch.zeros(1, 24, 16, 24), f"{name}.onnx"),
    ):
        torch.onnx.export(
            part.eval(),
            (example,),
            str(folder / file),
            input_names=["image"],
            output_names=["maps"],
            dynamic_axes={"image": {2: "h", 3: "w"}, "maps": {2: "h", 3: "w"}},
            opset_version=17,
            dynamo=False,
        )


def main() -> None:
    """Parse and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("name")
    args = parser.parse_args()
    export(args.checkpoint, args.folder, args.name)


if __name__ == "__main__":
    main()
