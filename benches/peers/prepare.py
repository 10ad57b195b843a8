"""Makes the peers' model files from a sentence-transformers folder: every form that may turn out the fastest.

    python prepare.py MODEL CALIBRATION.jsonl OUT

| file in OUT | made by |
| --- | --- |
| plain.onnx | torch's script exporter, attention spelt out ("eager"), opset 17 |
| dynamo.onnx | torch's dynamo exporter, scaled dot product attention, opset 20 |
| fused.onnx | plain.onnx after ONNX Runtime's optimiser for BERT (Attention, BiasGelu, SkipLayerNormalization, ...) |
| FORM-per-channel.onnx, FORM-per-tensor.onnx | `quantize_dynamic` of plain.onnx and fused.onnx, weights in int8 |
| torch.xml, onnx.xml | OpenVINO's, converted from torch and from plain.onnx, f32 |
| torch-int8.xml, onnx-int8.xml | those after `nncf.quantize` for transformers, calibrated on CALIBRATION |

All take input_ids, attention_mask and token_type_ids (int64, texts x tokens, both free) and give the last hidden state. Pooling and
normalisation stand in `side.py`. Files that exist are kept, so a broken run goes on where it was.
"""

import argparse
import logging
import sys
from pathlib import Path

import nncf
import numpy as np
import onnx
import openvino as ov
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from transformers import AutoConfig, AutoModel

from side import Batches
from texts import read_texts

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
OUTPUT = "last_hidden_state"
CALIBRATION_BATCH = 8


class LastHiddenState(torch.nn.Module):
    """The encoder with positional inputs and one tensor as output, as the exporters want it."""

    def __init__(self, model, attention):
        super().__init__()
        self.encoder = AutoModel.from_pretrained(model, attn_implementation=attention).eval()

    def forward(self, input_ids, attention_mask, token_type_ids):
        output = self.encoder(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return output.last_hidden_state


def example():
    """Two texts of unequal length: what the exporters trace."""
    ids = torch.randint(1000, 20000, (2, 16), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0
    return ids, mask, torch.zeros_like(ids)


def export_plain(model, path):
    axes = {0: "texts", 1: "tokens"}
    torch.onnx.export(
        LastHiddenState(model, "eager"), example(), path, dynamo=False, opset_version=17, input_names=INPUTS, output_names=[OUTPUT],
        dynamic_axes={name: axes for name in [*INPUTS, OUTPUT]},
    )  # fmt: skip


def export_dynamo(model, path):
    axes = {0: torch.export.Dim("texts", min=1, max=4096), 1: torch.export.Dim("tokens", min=2, max=512)}
    torch.onnx.export(
        LastHiddenState(model, "sdpa"), example(), path, dynamo=True, opset_version=20, input_names=INPUTS, output_names=[OUTPUT],
        dynamic_shapes=(axes,) * len(INPUTS), external_data=False,
    )  # fmt: skip


def fuse(model, plain, path):
    config = AutoConfig.from_pretrained(model)
    fused = optimizer.optimize_model(
        str(plain), model_type="bert", num_heads=config.num_attention_heads, hidden_size=config.hidden_size, opt_level=0
    )
    fused.save_model_to_file(str(path))


def quantise_dynamically(source, per_channel, path):
    # The type of what ONNX Runtime's own operators give can't be inferred, hence the default.
    extra = {"DefaultTensorType": onnx.TensorProto.FLOAT}
    quantize_dynamic(source, path, weight_type=QuantType.QInt8, per_channel=per_channel, extra_options=extra)


def save_openvino(converted, path):
    ov.save_model(converted, path, compress_to_fp16=False)


def convert_torch(model, path):
    free = ov.PartialShape([-1, -1])
    inputs = [(free, ov.Type.i64)] * len(INPUTS)
    converted = ov.convert_model(LastHiddenState(model, "sdpa"), example_input=example(), input=inputs)
    for port, name in zip(converted.inputs, INPUTS, strict=True):
        port.get_tensor().set_names({name})
    save_openvino(converted, path)


def quantise_by_nncf(source, batches, path):
    """Post-training quantisation with NNCF's own settings for transformers, all calibration texts taken."""
    dataset = nncf.Dataset(batches)
    quantised = nncf.quantize(
        ov.Core().read_model(source), dataset, model_type=nncf.ModelType.TRANSFORMER, subset_size=len(batches)
    )
    save_openvino(quantised, path)


def prepare(model, calibration, out):
    torch.manual_seed(0)
    np.random.seed(0)
    out.mkdir(parents=True, exist_ok=True)

    def make(name, step, *arguments):
        path = out / name
        if not path.exists():
            print(f"making {name}", file=sys.stderr, flush=True)
            # Under its final name only when done: OpenVINO writes NAME.bin beside NAME.xml, so the name is kept.
            half = out / "half" / name
            half.parent.mkdir(exist_ok=True)
            with torch.no_grad():
                step(*arguments, half)
            for part in half.parent.iterdir():
                if part != half:
                    part.replace(out / part.name)
            half.replace(path)
        return path

    plain = make("plain.onnx", export_plain, model)
    make("dynamo.onnx", export_dynamo, model)
    fused = make("fused.onnx", fuse, model, plain)
    for form in [plain, fused]:
        for name, per_channel in [("per-channel", True), ("per-tensor", False)]:
            make(
                f"{form.stem}-{name}.onnx",
                lambda path, form=form, per_channel=per_channel: quantise_dynamically(form, per_channel, path),
            )
    make("torch.xml", convert_torch, model)
    make("onnx.xml", lambda path: save_openvino(ov.convert_model(plain), path))
    batches = [feed for _, feed in Batches(model, read_texts(calibration), CALIBRATION_BATCH)]
    for form in ["torch", "onnx"]:
        make(f"{form}-int8.xml", quantise_by_nncf, out / f"{form}.xml", batches)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["model", "calibration", "out"]:
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    logging.getLogger("nncf").setLevel(logging.WARNING)
    prepare(options.model, options.calibration, options.out)


if __name__ == "__main__":
    main()
