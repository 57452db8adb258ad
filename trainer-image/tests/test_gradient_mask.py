"""What the mask lets through, what it holds, and what Adam's moments make of it (arXiv 2406.15330)."""

import pytest
import torch
from world import World

from trainer import gradient_mask
from trainer.config import GradientMask

HALF = GradientMask("GMT", 0.5)


def parameter(*gradient: float, dtype: torch.dtype = torch.float32) -> torch.nn.Parameter:
    made = torch.nn.Parameter(torch.ones(len(gradient), dtype=dtype))
    made.grad = torch.tensor(gradient, dtype=dtype)
    return made


def test_the_largest_gradients_of_each_tensor_are_left_and_the_rest_is_zero() -> None:
    large, small = parameter(4.0, -8.0, 1.0, -2.0), parameter(0.1, 0.2, -0.4, 0.3)
    gradient_mask.mask([large, small], HALF)
    assert large.grad.tolist() == [4.0, -8.0, 0.0, 0.0]
    assert small.grad.tolist() == pytest.approx([0.0, 0.0, -0.4, 0.3])


@pytest.mark.parametrize(("keep", "count"), [(0.7, 7), (0.71, 8), (0.01, 1), (1.0, 10)])
def test_the_share_is_rounded_up(keep: float, count: int) -> None:
    made = parameter(*range(1, 11))
    gradient_mask.mask([made], GradientMask("GMT", keep))
    assert made.grad.count_nonzero() == count


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_equal_gradients_are_chosen_in_their_order(dtype: torch.dtype) -> None:
    made = parameter(1.0, 1.0, -1.0, 1.0, 1.0, 1.0, dtype=dtype)
    gradient_mask.mask([made], HALF)
    assert made.grad.tolist() == [1.0, 1.0, -1.0, 0.0, 0.0, 0.0]


def test_a_gradient_that_is_no_number_is_not_hidden() -> None:
    made = parameter(float("nan"), 5.0, 1.0, 2.0)
    gradient_mask.mask([made], GradientMask("GMT", 0.25))
    assert made.grad.isnan().tolist() == [True, False, False, False]


@pytest.mark.parametrize("rule", [None, GradientMask("None", 0.5)])
def test_without_a_mask_nothing_is_touched(rule: GradientMask | None) -> None:
    made = parameter(4.0, 1.0)
    assert gradient_mask.mask([made], rule) == []
    assert made.grad.tolist() == [4.0, 1.0]


def stepped(rule: GradientMask | None, decay: float = 0.1) -> tuple[torch.nn.Parameter, dict]:
    """A step that gives all four coordinates momentum, then one under the rule in which the last two are small."""
    made = parameter(1.0, 1.0, 1.0, 1.0)
    optimizer = torch.optim.AdamW([made], lr=0.1, weight_decay=decay)
    optimizer.step()
    before = made.detach().clone()
    made.grad = torch.tensor([4.0, -8.0, 0.5, -0.5])
    held = gradient_mask.mask([made], rule)
    optimizer.step()
    gradient_mask.hold(held)
    return made.detach() - before, optimizer.state[made]


def test_a_masked_coordinate_does_not_move_by_momentum_or_decay() -> None:
    moved, _ = stepped(HALF)
    assert (moved[:2] != 0).all()
    assert moved[2:].tolist() == [0.0, 0.0]


def test_what_would_move_without_being_held() -> None:
    """The mask alone is not enough: this is what `hold` is for."""
    gradient_mask_only, _ = stepped(None)
    assert (gradient_mask_only != 0).all()


def test_the_moments_of_a_masked_coordinate_see_a_zero_and_decay() -> None:
    _, state = stepped(HALF)
    assert state["exp_avg"][2:].tolist() == pytest.approx([0.9 * 0.1] * 2)
    assert state["exp_avg_sq"][2:].tolist() == pytest.approx([0.999 * 0.001] * 2)
    assert state["exp_avg"][0].item() == pytest.approx(0.9 * 0.1 + 0.1 * 4.0)


def test_the_others_move_as_they_would_have() -> None:
    assert torch.equal(stepped(HALF)[0][:2], stepped(None)[0][:2])


def adapter(world: World, uid: str, keep: float | None) -> torch.Tensor:
    """All B matrices after one step: zero at the beginning, so what is not zero has moved."""
    from safetensors.torch import load_file

    world.config["run"]["uid"] = uid
    world.config["gradientMask"] = {"method": "GMT", "keep": keep} if keep else None
    result = world.optimize(epochs=1, globalBatchSize=40).train(work=uid)
    assert result.reason == (0, "Completed")
    tensors = load_file(f"{world.path}/{uid}/adapter/adapter_model.safetensors")
    return torch.cat([tensor.flatten() for name, tensor in sorted(tensors.items()) if "lora_B" in name])


def test_a_training_step_moves_the_asked_share(world: World) -> None:
    masked, whole = adapter(world, "masked", 0.25), adapter(world, "whole", None)
    assert masked.count_nonzero() / masked.numel() == pytest.approx(0.25, abs=0.001)
    assert whole.count_nonzero() / whole.numel() > 0.99
