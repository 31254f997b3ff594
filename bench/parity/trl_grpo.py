"""TRL's own GRPO loss on given tensors, for grpo.ts to be held against.

A real `GRPOTrainer` is built around a tiny Llama of random weights (its tokenizer is phantom-gemma3's). The trainer
itself samples completions, asks for rewards and makes the advantages (`_generate_and_score_completions`, where
`scale_rewards` acts), and `_compute_loss` is called as it is. One thing is replaced:
`_get_per_token_logps_and_entropies` gives back a leaf tensor of drawn log-probabilities instead of the model's, so that
the gradient with respect to them can be read. Log-probabilities of the rollout policy and of the reference are drawn
around it, far enough for both sides of the clip to act; so are the completions' lengths.

Not covered: TRL's sampling, its optimizer, gradient accumulation (each loss is of one whole batch), its masking of
truncated completions.

A development tool; nothing of chexreason needs it. In an environment of its own:

    pip install trl==1.16.0 torch==2.13.0 transformers==5.18.0 accelerate==1.15.0
    python bench/parity/trl_grpo.py        # writes bench/parity/trl-grpo.json
"""

import json
import os
import random
import tempfile
from pathlib import Path

import torch
import transformers
import trl
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM
from trl import GRPOConfig, GRPOTrainer

from datasets import Dataset

HERE = Path(__file__).parent
TOKENIZER = HERE.parent.parent / "models" / "phantom-gemma3"
GROUP_SIZE, PROMPTS, MAX_TOKENS = 4, 3, 12
LOSS_TYPES = ["dr_grpo", "dapo", "bnpo", "grpo"]
EPSILON, EPSILON_HIGH, BETA = 0.15, 0.22, 0.15
SEED = 20


def reward(completions, **_):
    """One draw a completion; the last group all alike, as happens when every answer is right."""
    draw = random.Random(SEED)
    rewards = [round(draw.uniform(-1, 1), 6) for _ in completions]
    return rewards[:-GROUP_SIZE] + [0.1] * GROUP_SIZE


def make_trainer(model: str, loss_type: str, scale: str, work: str) -> GRPOTrainer:
    config = GRPOConfig(
        output_dir=work,
        loss_type=loss_type,
        scale_rewards=scale,
        epsilon=EPSILON,
        epsilon_high=EPSILON_HIGH,
        beta=BETA,
        # TRL's default multiplies the KL by the ratio (DeepSeek-V3.2); the paper's Equation 2 does not.
        use_bias_correction_kl=False,
        num_generations=GROUP_SIZE,
        per_device_train_batch_size=GROUP_SIZE * PROMPTS,
        max_completion_length=MAX_TOKENS,
        temperature=0.8,
        use_cpu=True,
        bf16=False,
        report_to=[],
        seed=SEED,
    )
    rows = Dataset.from_dict({"prompt": [f"Read image {index}." for index in range(PROMPTS)]})
    tokenizer = AutoTokenizer.from_pretrained(TOKENIZER)
    return GRPOTrainer(model=model, reward_funcs=reward, args=config, train_dataset=rows, processing_class=tokenizer)


def one_case(model: str, loss_type: str, scale: str, work: str) -> dict:
    trainer = make_trainer(model, loss_type, scale, work)
    trainer.model.train()
    trainer.current_gradient_accumulation_steps = 1
    prompts = [{"prompt": f"Read image {index // GROUP_SIZE}."} for index in range(GROUP_SIZE * PROMPTS)]
    batch = trainer._generate_and_score_completions(prompts)
    # The completions' lengths are redrawn, so that they differ: an untrained model seldom ends by itself.
    draw = torch.Generator().manual_seed(SEED)
    size = batch["completion_mask"].shape
    lengths = torch.randint(1, size[1] + 1, (size[0],), generator=draw)
    mask = (torch.arange(size[1])[None] < lengths[:, None]).to(batch["completion_mask"].dtype)
    noise = [torch.randn(size, generator=draw, dtype=torch.float64) for _ in range(3)]
    logprobs = (-0.05 - noise[0].abs()).requires_grad_()
    batch |= {
        "completion_mask": mask,
        "num_items_in_batch": mask.sum(),
        "old_per_token_logps": logprobs.detach() + 0.3 * noise[1],
        "ref_per_token_logps": logprobs.detach() + 0.5 * noise[2],
    }
    batch["advantages"] = batch["advantages"].double()
    entropies = torch.zeros(size, dtype=torch.float64)
    trainer._get_per_token_logps_and_entropies = lambda *_, **__: (logprobs, entropies, None)
    loss = trainer._compute_loss(trainer.model, batch)
    loss.backward()

    def rows(values: torch.Tensor) -> list[list[float]]:
        return [row[:length].tolist() for row, length in zip(values, lengths.tolist(), strict=True)]

    return {
        "lossType": loss_type,
        "scaleRewards": scale,
        "rewards": reward(prompts),
        "advantages": batch["advantages"].tolist(),
        "logprobs": rows(logprobs.detach()),
        "oldLogprobs": rows(batch["old_per_token_logps"]),
        "referenceLogprobs": rows(batch["ref_per_token_logps"]),
        "loss": loss.item(),
        "gradient": rows(logprobs.grad),
        "metrics": kept(trainer._metrics["train"]),
    }


def kept(metrics: dict[str, list[float]]) -> dict[str, float]:
    """What the trainer logs of the loss itself."""
    return {name: values[-1] for name, values in metrics.items() if name == "kl" or name.startswith("clip_ratio")}


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    with tempfile.TemporaryDirectory() as work:
        model = os.path.join(work, "model")
        tokenizer = AutoTokenizer.from_pretrained(TOKENIZER)
        LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(tokenizer),
                hidden_size=16,
                intermediate_size=32,
                num_hidden_layers=1,
                num_attention_heads=2,
                max_position_embeddings=64,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
            )
        ).save_pretrained(model)
        tokenizer.save_pretrained(model)
        cases = [
            one_case(model, loss_type, scale, os.path.join(work, "run"))
            for loss_type in LOSS_TYPES
            for scale in ["none", "group"]
        ]
    result = {
        "schema": "chexreason.parity-trl-grpo/1",
        "versions": {"trl": trl.__version__, "torch": torch.__version__, "transformers": transformers.__version__},
        "settings": {
            "clipLow": EPSILON,
            "clipHigh": EPSILON_HIGH,
            "beta": BETA,
            "groupSize": GROUP_SIZE,
            "maxTokens": MAX_TOKENS,
        },
        "cases": cases,
    }
    (HERE / "trl-grpo.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
