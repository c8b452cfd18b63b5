"""The recipes of docs/how-to/train.md run; those of a peer where it is installed."""

from __future__ import annotations

import copy
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
RECIPES = Path(__file__).resolve().parents[2] / "examples" / "recipes"
of_a_peer = pytest.mark.filterwarnings("ignore")


def load(name):
    spec = spec_from_file_location(name, RECIPES / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.clone
def test_the_page_shows_every_recipe():
    page = RECIPES.parents[1] / "docs" / "how-to" / "train.md"
    text = page.read_text(encoding="utf-8")
    for path in RECIPES.glob("*.py"):
        assert f"{{literalinclude}} ../../examples/recipes/{path.name}" in text


# ---------------------------------------------------------------- plain torch


@pytest.mark.slow
def test_a_plain_loop_learns():
    recipe = load("plain_loop")
    assert recipe.main(epochs=2) > recipe.main(epochs=0) + 0.2


# ---------------------------------------------------------------- MONAI


@of_a_peer
def test_a_monai_trainer_learns():
    pytest.importorskip("monai")
    pytest.importorskip("ignite")
    assert min(load("monai_trainer").main(epochs=3)) > 0.5


@of_a_peer
def test_what_a_monai_loader_yields_has_the_loss_of_monai():
    monai = pytest.importorskip("monai")
    from overlap import nn

    recipe = load("monai_trainer")
    batch = next(iter(recipe.make_loader(recipe.draw_cases(4, seed=0), augmented=True)))
    assert isinstance(batch["label"], monai.data.MetaTensor)
    logits = torch.cat([0 * batch["image"], batch["image"], batch["image"] ** 2], dim=1)
    theirs = monai.losses.DiceCELoss(softmax=True, to_onehot_y=True)(logits, batch["label"])
    ours = nn.DiceCELoss(from_logits="softmax", smooth=1e-5)(logits, batch["label"])
    assert float(ours) == pytest.approx(float(theirs), abs=1e-5)


# ---------------------------------------------------------------- Lightning


@of_a_peer
def test_a_lightning_module_learns():
    pytest.importorskip("pytorch_lightning")
    dice = load("lightning_module").main(epochs=2)
    assert list(dice) == ["dice_0", "dice_1", "dice_2"]
    assert min(dice.values()) > 0.5


# ---------------------------------------------------------------- nnU-Net

UNET = {
    "n_stages": 3,
    "features_per_stage": [4, 8, 8],
    "conv_op": "torch.nn.modules.conv.Conv2d",
    "kernel_sizes": [[3, 3]] * 3,
    "strides": [[1, 1], [2, 2], [2, 2]],
    "n_conv_per_stage": [1, 1, 1],
    "n_conv_per_stage_decoder": [1, 1],
    "conv_bias": True,
    "norm_op": "torch.nn.modules.instancenorm.InstanceNorm2d",
    "norm_op_kwargs": {"eps": 1e-5, "affine": True},
    "dropout_op": None,
    "dropout_op_kwargs": None,
    "nonlin": "torch.nn.LeakyReLU",
    "nonlin_kwargs": {"inplace": True},
}
CONFIGURATION = {
    "data_identifier": "data",
    "preprocessor_name": "DefaultPreprocessor",
    "batch_size": 2,
    "batch_dice": True,
    "patch_size": [16, 16],
    "spacing": [1.0, 1.0],
    "normalization_schemes": ["ZScoreNormalization"],
    "use_mask_for_norm": [False],
    "architecture": {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": UNET,
        "_kw_requires_import": ["conv_op", "norm_op", "nonlin"],
    },
}
PLANS = {
    "dataset_name": "Dataset001_Squares",
    "plans_name": "plans",
    "continue_training": False,
    "configurations": {"2d": CONFIGURATION},
    "label_manager": "LabelManager",
    "transpose_forward": [0, 1],
    "transpose_backward": [0, 1],
}
LABELS = {"background": 0, "organ": 1, "tumour": 2}
REGIONS = {"background": 0, "organ": [1, 2], "tumour": 2}


@pytest.fixture
def make_trainer(tmp_path, monkeypatch):
    for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        monkeypatch.setenv(name, str(tmp_path))
    pytest.importorskip("nnunetv2.training.nnUNetTrainer.nnUNetTrainer")
    recipe = load("nnunet_trainer")

    def make(labels):
        dataset = {"channel_names": {"0": "CT"}, "labels": labels, "regions_class_order": [1, 2], "numTraining": 2}
        trainer = recipe.nnUNetTrainerOverlap(copy.deepcopy(PLANS), "2d", 0, dataset, torch.device("cpu"))
        heads = trainer.label_manager.num_segmentation_heads
        trainer.network = trainer.build_network_architecture(
            trainer.plans_manager, trainer.configuration_manager, 1, heads, trainer.enable_deep_supervision
        )
        trainer.optimizer, trainer.lr_scheduler = trainer.configure_optimizers()
        trainer.loss = trainer._build_loss()
        return trainer

    return make


def draw_batch(labels, regions):
    """Draw images and what nnU-Net's loader yields: labels or regions at two scales, and what to ignore."""
    draw = torch.Generator().manual_seed(0)
    label = torch.randint(len(labels), (2, 1, 16, 16), generator=draw).float()
    target = torch.cat([label >= 1, label == 2], dim=1).float() if regions else label
    if regions and "ignore" in labels:
        target = torch.cat([target * (label < 3), label == 3], dim=1)
    return {"data": torch.randn(2, 1, 16, 16, generator=draw), "target": [target, target[..., ::2, ::2]]}


@of_a_peer
@pytest.mark.parametrize("regions", [False, True])
@pytest.mark.parametrize("ignore", [False, True])
def test_an_nnunet_trainer_has_the_loss_of_nnunet(make_trainer, regions, ignore):
    """Its Dice part is −Dice, ours 1 − Dice: one more."""
    labels = (REGIONS if regions else LABELS) | ({"ignore": 3} if ignore else {})
    trainer = make_trainer(labels)
    batch = draw_batch(labels, regions)
    output = trainer.network(batch["data"])
    theirs = super(type(trainer), trainer)._build_loss()
    if regions and ignore:
        # its cross-entropy is a sum over the two regions then, ours a mean
        theirs.loss.weight_ce = 1 / 2
    ours = trainer.loss(output, batch["target"])
    assert float(ours) == pytest.approx(float(theirs(output, batch["target"])) + 1, abs=1e-5)
    before = trainer.train_step(batch)["loss"]
    after = trainer.train_step(batch)["loss"]
    assert after < before


@of_a_peer
@pytest.mark.parametrize("is_ddp", [False, True])
@pytest.mark.parametrize("compiles", [False, True])
def test_an_nnunet_trainer_weighs_resolutions_as_nnunet(make_trainer, monkeypatch, is_ddp, compiles):
    trainer = make_trainer(LABELS)
    monkeypatch.setattr(trainer, "is_ddp", is_ddp)
    monkeypatch.setattr(trainer, "_do_i_compile", lambda: compiles)
    theirs = super(type(trainer), trainer)._build_loss()
    assert trainer._build_loss().weights == pytest.approx(tuple(theirs.weight_factors), abs=1e-12)
    assert (trainer._build_loss().weights[-1] > 0) == (is_ddp and not compiles)
