import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { commandsFor } from "./commands.ts";
import { main } from "./main.ts";

const folder = scratchFolder();
const root = path.join(folder, "release");
beforeAll(async () => {
  await mkdir(root);
  const rows = ["image,labels,patient", "a.png,Edema|Fracture,1", "b.png,No Finding,1", "c.png,Oedema,2"];
  await writeFile(path.join(root, "labels.csv"), rows.join("\n"));
});
afterEach(() => {
  process.exitCode = undefined;
});

/** What the command line writes, and its exit code. */
async function run(...args: string[]): Promise<{ out: string; err: string; code: number }> {
  const [out, err]: [string[], string[]] = [[], []];
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => out.push(String(text)) > 0),
    vi.spyOn(process.stderr, "write").mockImplementation((text) => err.push(String(text)) > 0),
  ];
  await main(["node", "chexreason", ...args]).finally(() => {
    for (const spy of spies) spy.mockRestore();
  });
  return { out: out.join(""), err: err.join(""), code: Number(process.exitCode ?? 0) };
}

describe("chexreason data inspect", () => {
  it("gives one object on stdout", async () => {
    const { out, err, code } = await run("data", "inspect", path.join(root, "labels.csv"), "--json");
    expect([code, err]).toEqual([0, ""]);
    expect(JSON.parse(out)).toMatchObject({
      schema: "chexreason.data/1",
      format: "folder",
      images: 2,
      patients: 1,
      frontal: 0,
      setAside: { "unknown label": 1 },
      labels: { Edema: { positive: 1, negative: 1, uncertain: 0, blank: 0 } },
    });
  });

  it("draws on request, and says on stderr where", async () => {
    const figures = path.join(folder, "figures");
    const { out, err } = await run(
      "data",
      "inspect",
      root,
      "--set",
      "images=unchecked",
      "--figures",
      figures,
    );
    expect(out).toContain("3 rows = 2 counted + 1 set aside (unknown label 1)");
    expect(err).toContain("label-shares.svg");
    expect(await readFile(path.join(figures, "co-occurrence.svg"), "utf8")).toMatch(/^<svg /);
  });

  it("ends with 2 and one line where there is nothing to inspect", async () => {
    const { out, err, code } = await run("data", "inspect", path.join(folder, "none"));
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/^chexreason: .*none: there is no such file or folder\n$/);
  });
});

describe("chexreason data import", () => {
  it("writes two tables and prints counts that add up", async () => {
    const out = path.join(folder, "tables");
    const { out: printed, code } = await run(
      ...["data", "import", root, "--kind", "folder", "--name", "mine", "--out", out, "--no-verify"],
      ...["--set", "images=unchecked", "--set", "stated=[Edema, Fracture, No Finding]"],
    );
    expect(code).toBe(0);
    expect(printed).toMatch(
      /^3 rows = 2 in .*mine\.parquet \+ 1 in .*mine\.excluded\.csv\n {2}unknown label: 1\n/,
    );
    const inspected = await run("data", "inspect", path.join(out, "mine.parquet"), "--json");
    // What the source does not state is blank in the table.
    expect(JSON.parse(inspected.out)).toMatchObject({ images: 2, labels: { Pneumonia: { blank: 2 } } });
  });

  it("refuses settings that the hospital's reader has not", async () => {
    const { code, err } = await run(
      "data",
      "import",
      root,
      "--kind",
      "folder",
      "--out",
      folder,
      "--set",
      "colour=1",
    );
    expect(code).toBe(2);
    expect(err).toMatch(/data source, .*colour/);
  });
});

describe("chexreason data labels", () => {
  it("prints a hospital's mapping", async () => {
    const { out } = await run("data", "labels", "--map", "nih");
    expect(out).toMatch(/^Pleural_Thickening +Pleural Other +pleural_other: pleural thickening$/m);
    const { out: json } = await run("data", "labels", "--map", "nih", "--json");
    expect(JSON.parse(json)).toMatchObject({ schema: "chexreason.data-labels/1", kind: "nih" });
    const { code } = await run("data", "labels", "--map", "nowhere");
    expect(code).toBe(2);
  });
});

describe("chexreason data STUDY", () => {
  it("is still there", async () => {
    const { code, err } = await run("data", path.join(folder, "no-study.yaml"), "--set", "seed=1");
    expect(code).toBe(2);
    expect(err).toMatch(/no-study\.yaml cannot be read/);
  });
});

describe("commandsFor", () => {
  it("loads a command with its subcommands, and all of them where none is named", async () => {
    const all = await commandsFor([]);
    expect(await commandsFor(["nonsense"])).toHaveLength(all.length);
    expect(await commandsFor(["data", "inspect"])).toHaveLength(1);
    expect(await commandsFor(["data", "study.yaml"])).toHaveLength(2);
    expect(all.length).toBeGreaterThan(8);
  });
});
