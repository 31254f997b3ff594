import { describe, expect, it } from "vitest";
import type { Engine, SampledCompletion, SampleRequest } from "./engine.ts";
import { EngineError } from "./engine-error.ts";
import { sampleWithinMemory } from "./sample-within-memory.ts";

const REQUEST: SampleRequest = {
  prompts: [
    { handle: "a", seeds: [1n, 2n, 3n] },
    { handle: "b", seeds: [4n] },
    { handle: "c", seeds: [5n, 6n, 7n, 8n] },
  ],
  adapter: "policy",
  temperature: 1,
  topP: 1,
  maxTokens: 9,
};

/** An engine whose completions are their seeds, with room for `rows`; it fails after `before` completions of a call. */
function engineOf(rows: number, before = 0): { sample: Engine["sample"]; asked: SampleRequest[] } {
  const asked: SampleRequest[] = [];
  const sample: Engine["sample"] = async (request, onCompletion) => {
    asked.push(request);
    const all = request.prompts.flatMap(({ seeds }, prompt) =>
      seeds.map(
        (seed, completion): SampledCompletion => ({
          prompt,
          completion,
          tokens: [Number(seed)],
          text: `${seed}`,
          finish: "stop",
          logprobs: [0],
        }),
      ),
    );
    const tooMany = Math.min(request.maxRows ?? all.length, all.length) > rows;
    for (const [index, one] of all.entries()) {
      if (tooMany && index === before)
        throw new EngineError("out-of-memory", "engine: Sample: out of memory");
      onCompletion?.(one);
    }
    return request.prompts.map((_, prompt) => all.filter((one) => one.prompt === prompt));
  };
  return { sample, asked };
}

const texts = (groups: readonly (readonly SampledCompletion[])[]): string[][] =>
  groups.map((group) => group.map(({ text }) => text));
const WHOLE = [["1", "2", "3"], ["4"], ["5", "6", "7", "8"]];

describe("sampleWithinMemory", () => {
  it("asks as it was asked, where there is room", async () => {
    const { sample, asked } = engineOf(100);
    const said: string[] = [];
    expect(texts(await sampleWithinMemory(sample, (line) => said.push(line))(REQUEST))).toEqual(WHOLE);
    expect(asked).toEqual([REQUEST]);
    expect(said).toEqual([]);
  });

  it("halves the rows until they fit, says so, and stays there", async () => {
    const { sample, asked } = engineOf(3);
    const said: string[] = [];
    const within = sampleWithinMemory(sample, (line) => said.push(line));
    expect(texts(await within(REQUEST))).toEqual(WHOLE);
    expect(asked.map(({ maxRows }) => maxRows)).toEqual([undefined, 4, 2]);
    expect(said).toEqual([
      "out of memory in Sample: from now on at most 4 completions side by side",
      "out of memory in Sample: from now on at most 2 completions side by side",
    ]);
    await within(REQUEST);
    expect(asked.at(-1)?.maxRows).toBe(2);
    await within({ ...REQUEST, maxRows: 1 });
    expect(asked.at(-1)?.maxRows).toBe(1);
  });

  it("does not ask for ever where an engine leaves completions out or names them wrongly", async () => {
    const { sample } = engineOf(100);
    const wrong: Engine["sample"] = (request, onCompletion) =>
      sample(request, (one) => onCompletion?.({ ...one, completion: one.completion + 5 }));
    await expect(sampleWithinMemory(wrong, () => {})(REQUEST)).rejects.toThrow(
      "engine: Sample ended without 8 of its completions",
    );
  });

  it("keeps what was sampled before, and asks for the rest with its own seeds", async () => {
    const { sample, asked } = engineOf(2, 4);
    const heard: string[] = [];
    const done = await sampleWithinMemory(sample, () => {})(REQUEST, ({ prompt, completion, text }) =>
      heard.push(`${prompt}.${completion}=${text}`),
    );
    expect(texts(done)).toEqual(WHOLE);
    expect(asked[1]?.prompts).toEqual([{ handle: "c", seeds: [5n, 6n, 7n, 8n] }]);
    expect(heard).toEqual(["0.0=1", "0.1=2", "0.2=3", "1.0=4", "2.0=5", "2.1=6", "2.2=7", "2.3=8"]);
    expect(done[2]?.map(({ prompt, completion }) => [prompt, completion])).toEqual([
      [2, 0],
      [2, 1],
      [2, 2],
      [2, 3],
    ]);
  });

  it("fails where one alone does not fit, and with any other fault at once", async () => {
    const { sample, asked } = engineOf(0);
    await expect(sampleWithinMemory(sample, () => {})(REQUEST)).rejects.toMatchObject({
      fault: "out-of-memory",
    });
    expect(asked.map(({ maxRows }) => maxRows)).toEqual([undefined, 4, 2, 1]);
    const broken: Engine["sample"] = async () => {
      throw new EngineError("failed", "engine: Sample: a bug");
    };
    await expect(sampleWithinMemory(broken, () => {})(REQUEST)).rejects.toMatchObject({ fault: "failed" });
  });

  it("asks for nothing where nothing is wanted", async () => {
    const { sample, asked } = engineOf(1);
    expect(await sampleWithinMemory(sample, () => {})({ ...REQUEST, prompts: [] })).toEqual([]);
    expect(asked).toEqual([]);
  });
});
