import { launchEngine } from "../../src/engine/launch-engine.ts";

/** Stores a trained model in bfloat16. Returns the SHA-256 of its weights' file. */
export async function saveModel(trained: string, out: string): Promise<string> {
  const launched = await launchEngine();
  try {
    await launched.engine.load({ source: trained, dtype: "float32", trainable: "full" });
    const { weightsHash } = await launched.engine.saveState("full", out, {
      optimizer: false,
      dtype: "bfloat16",
    });
    return weightsHash;
  } finally {
    await launched.close();
  }
}
