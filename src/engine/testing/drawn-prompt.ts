import type { PixelImage, PromptInput } from "../engine.ts";

/** A grey picture drawn by a formula: another number, another picture. */
export function drawnPicture(number: number, side = 64): PixelImage {
  const pixels = Uint8Array.from(
    { length: side * side },
    (_, i) => (i * (number + 3) + (i % side) ** 2) % 256,
  );
  return { width: side, height: side, channels: 1, pixels };
}

/** One user turn: a drawn picture, then a question. */
export function drawnPrompt(number: number, text = "Which findings does this radiograph show?"): PromptInput {
  return {
    messages: [{ role: "user", parts: [{ image: 0 }, { text }] }],
    images: [drawnPicture(number)],
  };
}
