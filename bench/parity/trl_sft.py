"""TRL's SFTTrainer over the batches that our own run saw: the other half of sft-curve.ts, which starts this.

Same folder of weights, same first LoRA weights, same pictures, same order, float32, no dropout. TRL does the rest by
itself: its collator tokenizes, pads and masks (`DataCollatorForVisionLanguageModeling`), transformers' Trainer makes
the updates (torch's AdamW, cosine schedule, clipping by norm). Asserted: the tokens that TRL's collator leaves unmasked
are the tokens we train on.

    python bench/parity/trl_sft.py WORK    # reads WORK/ours.json, writes WORK/trl.json

The environment is trl_grpo.py's, with peft==0.21.0.
"""

import json
import math
import sys
from pathlib import Path

import torch
import transformers
import trl
from peft import PeftModel
from PIL import Image
from torch.utils.data import SequentialSampler
from transformers import AutoModelForImageTextToText, AutoProcessor
from trl import SFTConfig, SFTTrainer
from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

from datasets import Dataset

MODEL = Path(__file__).parent.parent.parent / "models" / "phantom-gemma3"


class InOrder(SFTTrainer):
    """SFTTrainer that takes the rows as they come and keeps the losses unrounded."""

    losses: list[float]

    def _get_train_sampler(self, *_):
        return SequentialSampler(self.train_dataset)

    def training_step(self, *arguments, **named):
        loss = super().training_step(*arguments, **named)
        self.losses.append(loss.item())
        return loss


def main(work: Path) -> None:
    torch.set_num_threads(1)
    ours = json.loads((work / "ours.json").read_text())
    settings = ours["settings"]
    processor = AutoProcessor.from_pretrained(MODEL)
    base = AutoModelForImageTextToText.from_pretrained(MODEL, dtype=torch.float32)
    model = PeftModel.from_pretrained(base, ours["start"], is_trainable=True)

    turn = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": ours["prompt"]}]}]
    prompt = processor.apply_chat_template(turn, add_generation_prompt=True, tokenize=False)
    rows = {}
    for example in ours["examples"]:
        completion = processor.tokenizer.decode(example["tokens"], skip_special_tokens=False)
        picture = Image.open(work / f"{example['id']}.png").convert("RGB")
        rows[example["id"]] = {"images": [picture], "prompt": prompt, "completion": completion}
    order = [identifier for batch in ours["batches"] for identifier in batch]
    collator = DataCollatorForVisionLanguageModeling(processor=processor, completion_only_loss=True)

    expected = {example["id"]: example["tokens"] for example in ours["examples"]}
    for identifier in sorted(set(order)):
        collated = collator([dict(rows[identifier])])
        labels = collated["labels"][0]
        if labels[labels != -100].tolist() != expected[identifier]:
            raise SystemExit(f"{identifier}: TRL trains on other tokens")

    size = len(ours["batches"][0])
    updates = len(ours["batches"])
    trainer = InOrder(
        model=model,
        args=SFTConfig(
            output_dir=str(work / "trl"),
            max_steps=updates,
            per_device_train_batch_size=size,
            learning_rate=settings["learningRate"],
            lr_scheduler_type="cosine",
            warmup_steps=math.ceil(settings["schedule"]["warmup"] * updates),
            weight_decay=settings["weightDecay"],
            max_grad_norm=settings["clipNorm"],
            optim="adamw_torch",
            completion_only_loss=True,
            dataset_kwargs={"skip_prepare_dataset": True},
            remove_unused_columns=False,
            max_length=None,
            gradient_checkpointing=False,
            logging_steps=1,
            save_strategy="no",
            report_to=[],
            use_cpu=True,
            bf16=False,
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list([rows[identifier] for identifier in order]),
        data_collator=collator,
        processing_class=processor,
    )
    trainer.losses = []
    trainer.train()
    history = [row for row in trainer.state.log_history if "grad_norm" in row]
    result = {
        "versions": {
            "trl": trl.__version__,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        },
        "losses": trainer.losses,
        "gradientNorms": [float(row["grad_norm"]) for row in history],
        "tokenAccuracy": [row.get("mean_token_accuracy") for row in history],
    }
    (work / "trl.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
