import path from "node:path";
import { fileURLToPath } from "node:url";

/** chexreason's own folder: a clone's root, or the installed package's. */
export const PACKAGE_ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
