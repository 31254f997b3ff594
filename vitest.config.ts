import { defineConfig } from "vitest/config";

// `unit`: specs beside their file, no engine. `engine`: everything that starts the Python engine or the command
// line; these run one file at a time, since each wants both cores. `rules`: checks on the tree itself.
export default defineConfig({
  test: {
    projects: [
      { test: { name: "rules", include: ["test/rules/**/*.spec.ts"], testTimeout: 60_000 } },
      {
        test: {
          name: "unit",
          include: ["src/**/*.spec.ts", "models/**/*.spec.ts"],
          exclude: ["src/**/*.engine.spec.ts"],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "engine",
          include: ["src/**/*.engine.spec.ts", "test/**/*.spec.ts"],
          exclude: ["test/rules/**"],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
