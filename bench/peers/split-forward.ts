import type { Engine } from "../../src/engine/engine.ts";

/**
 * The engine without one saving of ours: an objective whose gradient is known beforehand goes backward in a call of its own
 * instead of with its Forward.
 */
export function splitForward(engine: Engine): Engine {
  return {
    ...engine,
    async forward(request) {
      const { gradients, ...plain } = request;
      if (gradients === undefined) return engine.forward(request);
      const result = await engine.forward({ ...plain, keepGraph: true });
      await engine.backward(result.ticket, gradients);
      return { ...result, ticket: "" };
    },
  };
}
