import { describe, expect, it } from "vitest";
import type { EngineHost } from "./engine-host.ts";
import type { Study } from "./load-study.ts";
import { studySchema } from "./schema/study.ts";
import { sharedEngines } from "./shared-engines.ts";

const study = (folder: string, source: string): Study => ({
  file: "/study.yaml",
  folder,
  variants: [],
  config: studySchema.parse({
    schema: "chexreason.study/1",
    name: "small",
    model: { source },
    data: {},
    cohort: { source: "here" },
    teacher: { kind: "worded" },
    evaluation: { sets: {} },
  }),
});

describe("sharedEngines", () => {
  it("keeps one host for studies of one model, and closes it before another's", async () => {
    const events: string[] = [];
    const engines = sharedEngines({}, ({ folder }): EngineHost => {
      events.push(`start ${folder}`);
      const unused = (): never => {
        throw new Error("not asked");
      };
      return { model: unused, another: unused, close: async () => void events.push(`close ${folder}`) };
    });
    const first = await engines.of(study("a", "gemma"));
    expect(await engines.of(study("b", "gemma"))).toBe(first);
    expect(await engines.of(study("c", "qwen"))).not.toBe(first);
    await engines.close();
    await engines.close();
    expect(events).toEqual(["start a", "close a", "start c", "close c"]);
  });
});
