// Worker threads do not inherit the loader that runs TypeScript (tsx's `--import` acts on the main thread alone), so a
// worker begins in this plain file, which registers the loader and then imports the worker proper.
import { register } from "tsx/esm/api";

register();
await import("./picture-worker.ts");
