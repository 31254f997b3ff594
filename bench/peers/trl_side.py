"""The peers' side of `npm run bench`: TRL's SFTTrainer and GRPOTrainer, and transformers' generate.

    python bench/peers/trl_side.py JOB.json

Reads one JSON object a line, {"set": index, "options": {...}}, does the job's work on that set of pictures and answers
with one JSON line. What is timed: `on_train_begin` to `on_train_end` (models, trainers and data sets are made before),
or one `generate` with its processor before and its decoding after. `options` are the peer's own settings (`PeerOptions`
in settings.ts). Memory is the process's highest.
"""

import gc
import json
import os
import pathlib
import resource
import sys
import tempfile
import time

import torch
import transformers
import trl
from datasets import Dataset
from peft import PeftModel
from PIL import Image
from torch.utils.data import SequentialSampler
from transformers import AutoModelForImageTextToText, AutoProcessor, TrainerCallback
from trl import GRPOConfig, GRPOTrainer, SFTConfig, SFTTrainer


class Times:
    """The clock on the wall, and the processor's over all threads."""

    def __init__(self):
        self.wall, self.processor = time.perf_counter(), time.process_time()

    def taken(self) -> dict:
        return {
            "seconds": time.perf_counter() - self.wall,
            "processorSeconds": time.process_time() - self.processor,
        }


class Clock(TrainerCallback):
    """Training alone."""

    def on_train_begin(self, *_, **__):
        self.times = Times()

    def on_train_end(self, *_, **__):
        self.took = self.times.taken()


class InOrder(SFTTrainer):
    """Takes the rows as they come: they are in our run's order."""

    def _get_train_sampler(self, *_):
        return SequentialSampler(self.train_dataset)


class Peer:
    """One job's model and data."""

    def __init__(self, job: dict):
        self.job = job
        self.processor = AutoProcessor.from_pretrained(job["model"])
        self.dtype = getattr(torch, job["dtype"])
        self.device = "cuda" if torch.cuda.is_available() else "cpu"

    def base(self):
        model = AutoModelForImageTextToText.from_pretrained(self.job["model"], dtype=self.dtype)
        return model.to(self.device)

    def policy(self):
        return PeftModel.from_pretrained(self.base(), self.job["start"], is_trainable=True)

    def rows(self, index: int) -> list[dict]:
        chosen = self.job["sets"][index]
        return [{**chosen["rows"][number], "image": self.picture(chosen["rows"][number])} for number in chosen["order"]]

    def picture(self, row: dict) -> Image.Image:
        return Image.open(pathlib.Path(self.job["images"]) / row["file"]).convert("RGB")

    def turn(self, image=None) -> list[dict]:
        """The user's turn, the picture where our prompt has it."""
        picture = {"type": "image"} if image is None else {"type": "image", "image": image}
        return [{"role": "user", "content": [picture, {"type": "text", "text": self.job["prompt"]}]}]

    def common(self, work: str) -> dict:
        settings = self.job["settings"]
        return {
            "output_dir": work,
            "learning_rate": settings["learningRate"],
            "lr_scheduler_type": "constant",
            "weight_decay": settings["weightDecay"],
            "max_grad_norm": settings["clipNorm"],
            "gradient_checkpointing": self.job["checkpointing"],
            "logging_steps": 1_000_000,
            "logging_strategy": "steps",
            "save_strategy": "no",
            "report_to": [],
            "use_cpu": self.device == "cpu",
            "bf16": self.job["dtype"] == "bfloat16",
            "disable_tqdm": True,
            "seed": self.job["seed"],
        }

    def sft(self, index: int, options: dict) -> dict:
        prompt = self.processor.apply_chat_template(self.turn(), add_generation_prompt=True, tokenize=False)
        end = self.job["endOfTurn"]
        rows = [
            {"images": [row["image"]], "prompt": prompt, "completion": row["text"] + end} for row in self.rows(index)
        ]
        size = self.job["settings"]["batch"]
        with tempfile.TemporaryDirectory() as work:
            trainer = InOrder(
                model=self.policy(),
                args=SFTConfig(
                    **self.common(work),
                    max_steps=len(rows) // size,
                    per_device_train_batch_size=options["perDevice"],
                    gradient_accumulation_steps=size // options["perDevice"],
                    completion_only_loss=True,
                    dataset_kwargs={"skip_prepare_dataset": True},
                    remove_unused_columns=False,
                    max_length=None,
                    **options.get("more", {}),
                ),
                train_dataset=Dataset.from_list(rows),
                processing_class=self.processor,
                callbacks=[clock := Clock()],
            )
            outcome = trainer.train()
        return {
            **clock.took,
            "updates": trainer.state.global_step,
            "samples": len(rows),
            "loss": outcome.training_loss,
        }

    def grpo(self, index: int, options: dict) -> dict:
        settings = self.job["settings"]
        rows = [{"prompt": self.turn(), "image": row["image"]} for row in self.rows(index)]
        prompts = settings["promptsPerRollout"]
        rollout = prompts * settings["groupSize"]
        lengths: list[int] = []

        def reward(completions, completion_ids, **_):
            lengths.extend(map(len, completion_ids))
            return [share_of_e(completion[0]["content"]) for completion in completions]

        rollouts = len(rows) // prompts
        with tempfile.TemporaryDirectory() as work:
            trainer = GRPOTrainer(
                model=self.policy(),
                reward_funcs=reward,
                args=GRPOConfig(
                    **self.common(work),
                    max_steps=rollouts * settings["updatesPerRollout"],
                    loss_type="dr_grpo",
                    scale_rewards="none",
                    epsilon=settings["clipLow"],
                    epsilon_high=settings["clipHigh"],
                    beta=settings["beta"],
                    use_bias_correction_kl=False,
                    num_generations=settings["groupSize"],
                    num_iterations=settings["updatesPerRollout"],
                    per_device_train_batch_size=min(rollout, options["perDevice"]),
                    gradient_accumulation_steps=max(1, rollout // options["perDevice"]),
                    max_completion_length=settings["maxTokens"],
                    temperature=settings["temperature"],
                    top_p=settings["topP"],
                    top_k=0,
                    shuffle_dataset=False,
                    **options.get("more", {}),
                ),
                train_dataset=Dataset.from_list(rows),
                processing_class=self.processor,
                callbacks=[clock := Clock()],
            )
            trainer.train()
        return {
            **clock.took,
            "updates": trainer.state.global_step,
            "samples": len(lengths),
            "tokens": sum(lengths),
        }

    def generate(self, index: int, options: dict) -> dict:
        settings = self.job["settings"]
        model = self.generator()
        rows = self.rows(index)
        times = Times()
        inputs = self.processor.apply_chat_template(
            [self.turn(row["image"]) for row in rows],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"padding": True, "padding_side": "left"},
        ).to(self.device)
        with torch.inference_mode():
            out = model.generate(
                **inputs,
                do_sample=True,
                temperature=settings["temperature"],
                top_p=settings["topP"],
                top_k=0,
                max_new_tokens=settings["maxTokens"],
                num_return_sequences=settings["groupSize"],
                **options.get("more", {}),
            )
        made = out[:, inputs["input_ids"].shape[1] :]
        self.processor.batch_decode(made, skip_special_tokens=True)
        return {**times.taken(), "samples": made.shape[0], "tokens": made.numel()}

    def generator(self):
        """One model for all sets: generating changes nothing in it."""
        if not hasattr(self, "_generator"):
            self._generator = self.base().eval()
        return self._generator

    def prompt_tokens(self) -> int:
        """Length of the first prompt as the trainers will see it."""
        row = self.job["sets"][0]["rows"][0]
        ids = self.processor.apply_chat_template(
            [self.turn(self.picture(row))], add_generation_prompt=True, tokenize=True, return_dict=True
        )["input_ids"]
        return len(ids[0])


def share_of_e(text: str) -> float:
    """The reward of both sides: it must differ between completions, and cost nothing."""
    return text.count("e") / max(1, len(text))


def peak_bytes() -> int:
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(job: dict) -> None:
    # Trainers print to stdout; the answers have it for themselves.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    torch.set_num_threads(job["threads"] or torch.get_num_threads())
    peer = Peer(job)
    versions = {
        "trl": trl.__version__,
        "transformers": transformers.__version__,
        "torch": torch.__version__,
    }
    ready = {"versions": versions, "promptTokens": peer.prompt_tokens(), "threads": torch.get_num_threads()}
    print(json.dumps(ready), file=answers)
    for line in sys.stdin:
        command = json.loads(line)
        result = getattr(peer, job["kind"])(command["set"], command["options"])
        gc.collect()
        print(json.dumps({**result, "peakBytes": peak_bytes()}), file=answers)


if __name__ == "__main__":
    main(json.loads(pathlib.Path(sys.argv[1]).read_text()))
