import path from "node:path";
import { dataFactsSchema } from "../schema/facts.ts";
import type { StageContext } from "../stage.ts";

/** The folder that a hospital's image paths are relative to, as its data stage found it. */
export function radiographRoot(context: StageContext, data: string): string {
  const { root } = dataFactsSchema.parse(context.result(`data ${data}`).facts);
  return path.resolve(context.study.folder, root);
}
