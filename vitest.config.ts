import { defineConfig } from "vitest/config";

// `unit`: specs beside their file, no engine. `engine`: how the Python engine is started and watched, one file at a time,
// since these watch deadlines. `line`: everything else that starts an engine or the command line, two files at a time: their
// models run on one thread. `rules`: checks on the tree itself.
/** Milliseconds; generous, since a busy machine is no failure. */
const PATIENT = { testTimeout: 600_000, hookTimeout: 300_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "rules", include: ["test/rules/**/*.spec.ts"], testTimeout: 60_000 } },
      {
        test: {
          name: "unit",
          include: ["src/**/*.spec.ts", "models/**/*.spec.ts", "bench/**/*.spec.ts"],
          exclude: ["src/**/*.engine.spec.ts"],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "engine",
          include: ["src/engine/**/*.engine.spec.ts"],
          fileParallelism: false,
          ...PATIENT,
        },
      },
      {
        test: {
          name: "line",
          include: ["src/**/*.engine.spec.ts", "test/**/*.spec.ts"],
          exclude: ["src/engine/**", "test/rules/**"],
          ...PATIENT,
        },
      },
    ],
  },
});
