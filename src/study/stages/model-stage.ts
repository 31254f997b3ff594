import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { countText } from "../../util/count-text.ts";
import { UserError } from "../../util/user-error.ts";
import { localModelFolder } from "../model-source.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { Stage } from "../stage.ts";
import { studyPath } from "../study-path.ts";

/**
 * Takes down the files of the study's model with their hashes, so that whatever was computed with it is computed again
 * when it changes. A model on the hub is known by its revision instead.
 */
export function modelStage(config: StudyConfig): Stage {
  return {
    name: "model",
    needs: [],
    config: { model: config.model },
    async run({ study }) {
      const folder = localModelFolder(study);
      const { source, revision } = config.model;
      // Facts, so that a model loaded otherwise counts as another model to the stages that need it.
      const facts = { ...config.model };
      if (folder === null) return { files: [], summary: `${source} at ${revision}`, facts };
      if (!existsSync(path.join(folder, "config.json")))
        throw new UserError(`${folder} has no config.json: give model.source a Hugging Face model folder`, 2);
      const entries = await readdir(folder, { withFileTypes: true });
      const files = entries
        // What is said about a model (its card) is not what it computes.
        .filter((entry) => entry.isFile() && !entry.name.endsWith(".md") && !entry.name.startsWith("."))
        .map(({ name }) => studyPath({ study }, path.join(folder, name)))
        .sort();
      return { files, summary: `${source}: ${countText(files.length, "file")}`, facts };
    },
  };
}
